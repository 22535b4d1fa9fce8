"""The documentation of a home: dbt docs, the verdicts of the gates, a catalogue of sources, measures and tables, as static pages.

Here: gathering what contracts, receipts and the release say, rendering it, and putting it in place at once. Not here: what
anything means (contracts, dbt's descriptions), the gates' pages (`expectations.engine.data_docs`), dbt
(`orchestration.transform.dbt_runner`). No page loads anything from elsewhere, and none shows a cell of the data. The working
warehouse is not opened.
"""

from orchestration.docs_site.site import write_docs

__all__ = ["write_docs"]

"""Write the documentation of a home as static pages: guides, a catalogue of measures, tables and sources, gate results, dbt docs.

The content comes from contracts, run records and the current release; the working warehouse is not opened. No page loads
anything from elsewhere, and none contains a cell of the data but figures of the public file. See
`expectations.engine.data_docs` for the pages of gates and `orchestration.transform.dbt_runner` for dbt docs.
"""

from orchestration.docs_site.site import write_docs

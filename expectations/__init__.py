"""Whether data is good enough: suites, gates and verdicts.

Here: what is expected of a delivery (derived from its contract), of the marts and of the public file (suites), and Great
Expectations, which judges it. Not here: what happens after a verdict (`orchestration`), how a cell is typed
(`ingest.typing.expressions`), what a value means (`dbt_project`).

A gate is data in, verdict out: it changes nothing in the warehouse. `great_expectations` costs seconds to import and is
imported when the first gate runs, never by importing a module of this package.
"""

"""Check whether data are good enough: suites, gates and results.

This package derives the expectations of a delivery from its contract, reads the suites of the marts and of the public file, and
runs Great Expectations. See `orchestration` for the consequences of a result, `ingest.typing` for typing, and
`dbt_project` for the meaning of a value.

A gate reads data and returns a result: it changes nothing in the warehouse. The import of `great_expectations` takes seconds. The
first gate imports it, never the import of a module of this package.
"""

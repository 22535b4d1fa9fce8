"""Manage a home's files and DuckDB databases: paths, locks, connections, metadata tables, releases and disclosure control.

Only this package calls `duckdb.connect`. See `ingest` for sources and landing, `expectations` for data quality, and
`orchestration` for runs.
"""

"""DuckDB and the disk: where a home's files lie, who may open them, and how a release comes about and is swapped in.

Belongs here: paths, the run lock, every `duckdb.connect` of the project, the SQLAlchemy dialect, releases, disclosure control.
Does not: what a source is (`ingest`), whether data is good (`expectations`), when things run (`orchestration`).
"""

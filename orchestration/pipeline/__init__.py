"""The steps of one run, without Dagster: ingest each source, build, gate, release."""

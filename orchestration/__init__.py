"""Run Levelground: Dagster's definitions, the command line, settings, and a run from its lock to its record.

See `ingest` for reading deliveries, `expectations` for checking them, `dbt_project` for models, `warehouse` for releases.
"""

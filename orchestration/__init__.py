"""When things happen, and who is told.

Here: Dagster's assets, checks, job and schedule, the command line, settings, and the run from lock to receipt. Not here:
how a delivery is read (`ingest`), judged (`expectations`), modelled (`dbt_project`) or released (`warehouse`).
"""

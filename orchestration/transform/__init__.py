"""dbt: running it, fingerprints, build plan, incremental builds, column lineage."""

"""Read the SQL that dbt compiled: the lineage of columns, and of which empty tables it follows that a model has no row."""

"""A pipeline that a good engineer would set up in a day: dlt loads the four event sources into DuckDB, dbt builds facts and
measures there.

`pipeline` runs both; `dbt/` is the project. Stock means: dlt's own readers and loader, views and tables of dbt-duckdb with their
defaults, no setting of ours.

It shows what the two tools do without further code. Unlike the product it has no contracts, gates, rejected rows with their
reasons, exact relaxed matching of addresses, both district maps, the versioned crosswalk and the 1997 standard, denominators and
rates, margins of error, Kaplan-Meier, disclosure, the 33 other sources, releases that readers keep open.
"""

"""The views of a release: `figures` and `analysis`. They store no rows and name no database, so they work under any alias."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from duckdb import DuckDBPyConnection

from warehouse.releases.views.analysis import ANALYSIS_SCHEMA, MAPS_SCHEMA, create_analysis_views
from warehouse.releases.views.figures import FIGURES_SCHEMA, create_figures_views
from warehouse.sql import identifier

VIEW_SCHEMAS = (ANALYSIS_SCHEMA, FIGURES_SCHEMA, MAPS_SCHEMA)
PUBLIC_VIEWS = (FIGURES_SCHEMA,)


def drop_views(con: DuckDBPyConnection, alias: str) -> None:
    """Drop the views of an attached analyst file, before its tables are built again."""
    for schema in VIEW_SCHEMAS:
        con.execute(f"drop schema if exists {identifier(alias)}.{schema} cascade")


def create_analyst_views(
    con: DuckDBPyConnection, alias: str, cannot_have: Mapping[str, Collection[str]] | None = None, *, has_figures: bool = False
) -> None:
    """Create the views of an attached file whose tables are complete; `cannot_have` as in `create_analysis_views`.

    `has_figures`: the file has those of figures from another one, whose 4,000 comments take a second or two to write.
    """
    create_analysis_views(con, alias, cannot_have)
    if not has_figures:
        create_figures_views(con, alias, "marts", "dim_geography")


def create_public_views(con: DuckDBPyConnection, alias: str) -> None:
    """Create the views of an attached public file whose tables are complete."""
    create_figures_views(con, alias, "published", "geographies")

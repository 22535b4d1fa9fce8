"""Create the schema `analysis` of a file, a view per fact with names of places and stand-ins, and `maps`, one per pair of maps.

The names are those of `marts.dim_geography`, which is built from the facts, so that a fact cannot contain them. A name has the
year of its map where its type of place has several. A view stores no rows. It names tables without the alias of the file, so that
it works under any name: DuckDB 1.5 finds them where the file is attached, DuckDB 1.1.3 where it is opened itself or in `use`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.sql import columns_of, identifier, queries

ANALYSIS_SCHEMA, MAPS_SCHEMA, FACTS = "analysis", "maps", "marts"
_QUERIES = Path(__file__).with_suffix(".sql.jinja")
_SEVERAL_MAPS = (
    "select geography_type from marts.dim_geography group by all having count(distinct geography_vintage) > 1 order by all"
)
_PAIRS = """
    select from_type, from_vintage, to_type, to_vintage from marts.bridge_geography
    where 'city' not in (from_type, to_type) group by all order by all
"""


def create_analysis_views(con: DuckDBPyConnection, alias: str, cannot_have: Mapping[str, Collection[str]] | None = None) -> None:
    """Create both schemas in an attached file whose tables are complete; none without the dimension or the bridge of places.

    `cannot_have`: by fact, the columns that its sources cannot fill by their contracts. Its view does not have them.
    """
    tables = {table: columns for (schema, table), columns in columns_of(con, alias).items() if schema == FACTS}
    scripts = ["begin"]
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        if "dim_geography" in tables:
            maps = [kind for (kind,) in own.execute(_SEVERAL_MAPS).fetchall()]
            sql = queries(_QUERIES, maps=maps, has_sources="dim_source" in tables)
            scripts.append(f"create schema {ANALYSIS_SCHEMA}")
            for fact, columns in tables.items():
                left_out = (cannot_have or {}).get(fact, ())
                if fact.startswith("fct_"):
                    scripts.append(
                        sql.views(fact, {name: each.comment for name, each in columns.items() if name not in left_out})
                    )
        if "bridge_geography" in tables:
            sql = queries(_QUERIES, maps=(), has_sources=False)
            scripts += [f"create schema {MAPS_SCHEMA}", *(sql.bridge(*pair) for pair in own.execute(_PAIRS).fetchall())]
        # in one transaction: a commit per comment takes ten seconds
        own.execute(";\n".join([*scripts, "commit"]))


def columns_left_out(con: DuckDBPyConnection, alias: str) -> dict[str, list[str]]:
    """By fact of an attached file with views: the columns that its view does not have, as `create_analysis_views` takes them."""
    return dict(con.execute(queries(_QUERIES, maps=(), has_sources=False).left_out(), [alias]).fetchall())

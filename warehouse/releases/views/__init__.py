"""The views of a release: `analysis`, `figures` and `maps`. They store no rows, and their templates define what they show.

A view names its tables without the alias of the file, so that it works under any name: DuckDB 1.5 finds them where the file is
attached, DuckDB 1.1.3 where it is opened itself or in `use`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.sql import columns_of, identifier, queries

ANALYSIS_SCHEMA, FIGURES_SCHEMA, MAPS_SCHEMA = "analysis", "figures", "maps"
VIEW_SCHEMAS = (ANALYSIS_SCHEMA, FIGURES_SCHEMA, MAPS_SCHEMA)
PUBLIC_VIEWS = (FIGURES_SCHEMA,)
FACTS, SCORECARD = "marts", "scorecard"
_ANALYSIS, _FIGURES = (Path(__file__).with_name(f"{schema}.sql.jinja") for schema in (ANALYSIS_SCHEMA, FIGURES_SCHEMA))
_SEVERAL_MAPS = (
    "select geography_type from marts.dim_geography group by all having count(distinct geography_vintage) > 1 order by all"
)
_PAIRS = """
    select from_type, from_vintage, to_type, to_vintage from marts.bridge_geography
    where 'city' not in (from_type, to_type) group by all order by all
"""
# The kinds of period in the names of views, with the period types of each.
KINDS = {kind: [kind] for kind in ("year", "school_year", "quarter", "month", "snapshot")} | {
    "window": ["3_year", "5_year", "multi_year"]
}
# Not parts of the city. Their figures are in the views without a place where they open the page of a measure.
_WHOLE = {"city", "county", "state"}


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
        _create_figures_views(con, alias, FACTS, "dim_geography")


def create_public_views(con: DuckDBPyConnection, alias: str) -> None:
    """Create the views of an attached public file whose tables are complete."""
    _create_figures_views(con, alias, "published", "geographies")


def create_analysis_views(con: DuckDBPyConnection, alias: str, cannot_have: Mapping[str, Collection[str]] | None = None) -> None:
    """Create `analysis`, a view per fact with names of places and stand-ins, and `maps`, one per pair of maps.

    Neither exists without the dimension or the bridge of places. Names are those of `marts.dim_geography`, which is built from
    the facts, so that a fact cannot contain them. A name has the year of its map where its type of place has several.

    `cannot_have`: by fact, the columns that its sources cannot fill by their contracts. Its view does not have them.
    """
    tables = {table: columns for (schema, table), columns in columns_of(con, alias).items() if schema == FACTS}
    scripts = ["begin"]
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        if "dim_geography" in tables:
            maps = [kind for (kind,) in own.execute(_SEVERAL_MAPS).fetchall()]
            sql = queries(_ANALYSIS, maps=maps, has_sources="dim_source" in tables)
            scripts.append(f"create schema {ANALYSIS_SCHEMA}")
            for fact, columns in tables.items():
                left_out = (cannot_have or {}).get(fact, ())
                if fact.startswith("fct_"):
                    scripts.append(
                        sql.views(fact, {name: each.comment for name, each in columns.items() if name not in left_out})
                    )
        if "bridge_geography" in tables:
            sql = queries(_ANALYSIS, maps=(), has_sources=False)
            scripts += [f"create schema {MAPS_SCHEMA}", *(sql.bridge(*pair) for pair in own.execute(_PAIRS).fetchall())]
        # in one transaction: a commit per comment takes ten seconds
        own.execute(";\n".join([*scripts, "commit"]))


def columns_left_out(con: DuckDBPyConnection, alias: str) -> dict[str, list[str]]:
    """By fact of an attached file with views: the columns that its view does not have, as `create_analysis_views` takes them."""
    return dict(con.execute(queries(_ANALYSIS, maps=(), has_sources=False).left_out(), [alias]).fetchall())


def _create_figures_views(con: DuckDBPyConnection, alias: str, schema: str, places: str) -> None:
    """Create `figures`, a view per kind of place and period of the scorecard of `schema`, in which no row contains another.

    `places` is the table of its places.
    """
    columns = {name: each.comment or "" for name, each in columns_of(con, alias).get((schema, SCORECARD), {}).items()}
    if not columns:
        return
    sql = queries(
        _FIGURES, columns=columns, scorecard=f"{identifier(schema)}.{SCORECARD}", places=f"{identifier(schema)}.{places}"
    )
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        parts = set(own.execute(sql.parts()).fetchall())
        maps = [each for (each,) in own.execute(sql.several_maps()).fetchall()]
        [(district,)] = own.execute(sql.district()).fetchall()
        names = {view: _name(view, district) for view in _views(parts)}
        scripts = [
            sql.view(name, *view, None if view[2] else names.get((*view[:2], True)), KINDS.get(view[1], []), maps)
            for view, name in names.items()
        ]
        # in one transaction: a commit per comment takes ten seconds
        own.execute("\n".join(["begin;", f"create schema {FIGURES_SCHEMA};", *scripts, "commit;"]))


def _views(parts: set[tuple[str, str, bool]]) -> Iterator[tuple[str, str, bool]]:
    """Place, kind of period and whether it has groups, of each view. Those of the whole city exist without rows, too."""
    places = sorted({place for place, _, _ in parts} - _WHOLE)
    for place, with_groups in product(("", *places), (False, True)):
        known = {period for at, period, groups in parts if (at, groups) == (place, with_groups)} if place else {*KINDS}
        if known:
            yield from ((place, kind, with_groups) for kind in ("", *KINDS) if kind in {"", *known})


def _name(view: tuple[str, str, bool], district: str | None) -> str:
    place, kind, with_groups = view
    parts = [part for part in ("district" if place == district else place, kind, "group" if with_groups else "") if part]
    return f"by_{'_and_'.join(parts)}" if parts else "latest"

"""Create the schema `figures` of a file: a view per kind of place and period of its scorecard, in which no row contains another.

`figures.sql.jinja` defines what a view shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.sql import columns_of, identifier, queries

FIGURES_SCHEMA, SCORECARD = "figures", "scorecard"
# The kinds of period in the names of views, with the period types of each.
KINDS = {kind: [kind] for kind in ("year", "school_year", "quarter", "month", "snapshot")} | {
    "window": ["3_year", "5_year", "multi_year"]
}
# Not parts of the city. Their figures are in the views without a place where they open the page of a measure.
_WHOLE = {"city", "county", "state"}


def create_figures_views(con: DuckDBPyConnection, alias: str, schema: str, places: str) -> None:
    """Create the schema in an attached file, over the scorecard of `schema`; `places` is the table of its places."""
    columns = {name: each.comment or "" for name, each in columns_of(con, alias).get((schema, SCORECARD), {}).items()}
    if not columns:
        return
    file = Path(__file__).with_suffix(".sql.jinja")
    sql = queries(file, columns=columns, scorecard=f"{identifier(schema)}.{SCORECARD}", places=f"{identifier(schema)}.{places}")
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

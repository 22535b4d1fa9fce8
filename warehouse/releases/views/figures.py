"""Create the schema `figures` of a file: a view per kind of place and period of its scorecard, in which no row contains another.

`figures.sql.jinja` defines what a view shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from duckdb import DuckDBPyConnection
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from warehouse.sql import identifier

FIGURES_SCHEMA, SCORECARD = "figures", "scorecard"
# The kinds of period in the names of views, with the period types of each.
KINDS = {kind: [kind] for kind in ("year", "school_year", "quarter", "month", "snapshot")} | {
    "window": ["3_year", "5_year", "multi_year"]
}
# Not parts of the city. Their figures are in the views without a place where they open the page of a measure.
_WHOLE = {"city", "county", "state"}
_PARTS = """
    select distinct geography_type, period_type, race_ethnicity_code <> 'all' from {scorecard}
    where not is_stand_in and geoid <> 'outside' order by all
"""
_MAPS = "select geography_type from {places} group by geography_type having count(distinct geography_vintage) > 1 order by 1"
_DISTRICT = "select max(geography_type) from {places} where is_council_district"


def create_figures_views(con: DuckDBPyConnection, alias: str, schema: str, places: str) -> None:
    """Create the schema in an attached file, over the scorecard of `schema`; `places` is the table of its places."""
    listed = (
        "select column_name, coalesce(comment, '') from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? order by column_index"
    )
    columns = dict(con.execute(listed, [alias, schema, SCORECARD]).fetchall())
    if not columns:
        return
    relations = {"scorecard": f"{identifier(schema)}.{SCORECARD}", "places": f"{identifier(schema)}.{identifier(places)}"}
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        parts = {(place, kind, groups) for place, kind, groups in own.execute(_PARTS.format(**relations)).fetchall()}
        maps = [each for (each,) in own.execute(_MAPS.format(**relations)).fetchall()]
        (district,) = own.execute(_DISTRICT.format(**relations)).fetchall()[0]
        names = {view: _name(view, district) for view in _views(parts)}
        scripts = [
            _template().render(
                name=name,
                place=place,
                kind=kind,
                with_groups=with_groups,
                by_group=None if with_groups else names.get((place, kind, True)),
                columns=columns,
                period_types=KINDS.get(kind, []),
                maps=maps,
                **relations,
            )
            for (place, kind, with_groups), name in names.items()
        ]
        # in one transaction: a commit per comment takes ten seconds
        own.execute("\n".join(["begin;", f"create schema {FIGURES_SCHEMA};", *scripts, "commit;"]))


def _views(parts: set[tuple[str, str, bool]]) -> Iterator[tuple[str, str, bool]]:
    """Place, kind of period and whether it has groups, of each view. Those of the whole city exist without rows, too."""
    for with_groups in (False, True):
        yield from (("", kind, with_groups) for kind in ("", *KINDS))
    for place in sorted({place for place, _, _ in parts} - _WHOLE):
        for with_groups in (False, True):
            known = {period for at, period, groups in parts if (at, groups) == (place, with_groups)}
            if known:
                yield place, "", with_groups
            yield from ((place, kind, with_groups) for kind in KINDS if kind in known)


def _name(view: tuple[str, str, bool], district: str | None) -> str:
    place, kind, with_groups = view
    parts = [part for part in ("district" if place == district else place, kind, "group" if with_groups else "") if part]
    return f"by_{'_and_'.join(parts)}" if parts else "latest"


@cache
def _template() -> Template:
    # SQL, not HTML: what it fills in comes from the catalog of the file
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701
    return environment.get_template("figures.sql.jinja")

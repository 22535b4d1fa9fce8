"""Read the places that have a page of their own, with their outlines, and figures of a measure by topic, such as hour.

Figures by topic, and of everyone by where people live, are rows of `published.equity_measures`: a scorecard has a row per group.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, grouped, records
from orchestration.scorecard.release_data.row import OUTSIDE, PERIOD_TYPES, PLACES, Row
from warehouse.fingerprint import bytes_sha256
from warehouse.sql import queries

WIDTH = 300.0  # of a map, in its own units
SMALLEST = 12.0  # parts below this area, in square units, are not drawn unless a place has no other
# Tolerance of the simplification, as a share of the map's width: Visvalingam-Whyatt takes away triangles smaller than its square.
TOLERANCE = 0.006
GRID = 0.1  # of the points of a path, in units of the map
GRID_OF_MANY = 1.0  # of many small places on the map of others, whose paths would make pages too large

_SQL = queries(Path(__file__).with_suffix(".sql.jinja"))


def read_outlines(
    con: DuckDBPyConnection, geography_type: str, vintage: str, within: tuple[str, str] | None = None
) -> Mapping[str, Record]:
    """The outlines of the places of one map, in one coordinate system; empty without outlines.

    Each has its SVG `path`, where its name is written (`label_x`, `label_y`), and its lowest point, `bottom`.

    `within`: type and vintage of places on whose map they are drawn.
    """
    settings = {"tolerance": TOLERANCE, "width": WIDTH, "smallest": SMALLEST, "grid": GRID if within is None else GRID_OF_MANY}
    chosen = {"geography_type": geography_type, "vintage": vintage, "left_out": OUTSIDE}
    if within is not None:
        chosen |= {"framed": within[0], "framed_vintage": within[1]}
    return {row.geoid: row for row in records(con, _SQL.drawn(within is not None), settings | chosen)}


def map_height(outlines: Iterable[Record]) -> float:
    """The height of a map of these places, in its own units."""
    return math.ceil(max((outline.bottom for outline in outlines), default=0))


_SMALL_WORDS = ("And", "At", "Of", "On", "The")


@dataclass(frozen=True)
class Place:
    """A place with the newest figure of each measure and group."""

    geography_type: str
    geoid: str
    name: str
    file: str  # the name of its page
    rows: tuple[Row, ...]

    @property
    def is_shown(self) -> bool:
        """Whether the place has a figure."""
        return any(row.is_shown for row in self.rows)


@dataclass(frozen=True)
class Places:
    """The places of one kind in the order of their names, and their outlines on the map of the council districts."""

    geography_type: str
    listed: tuple[Place, ...]
    outlines: Mapping[str, Record]


def read_places(
    con: DuckDBPyConnection, district_type: str, in_force: str | None
) -> tuple[tuple[Place, ...], tuple[Places, ...]]:
    """Return the districts of the map in force, and the other kinds of places; those without a figure have no page."""
    chosen = {"district_type": district_type, "outside": OUTSIDE, "period_types": PERIOD_TYPES}
    by_type: dict[str, dict[tuple[str, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name, *values in con.execute(_SQL.places(Row._fields), chosen).fetchall():
        row = Row(*values)
        by_type[row.geography_type][row.geoid, name].append(row)
    districts = _listed(by_type.pop(district_type, {}), is_named=False)
    kinds = []
    for kind in sorted(by_type):
        listed = tuple(place for place in _listed(by_type[kind]) if place.is_shown)
        vintage = listed[0].rows[0].geography_vintage if listed else ""
        outlines = read_outlines(con, kind, vintage, within=(district_type, in_force)) if in_force and listed else {}
        kinds += [Places(kind, listed, outlines)] if listed else []
    return districts, tuple(kinds)


def _listed(rows: Mapping[tuple[str, str], list[Row]], *, is_named: bool = True) -> tuple[Place, ...]:
    names = {place: place[1] for place in rows}
    if is_named and sum(name == name.upper() for name in names.values()) > len(names) / 2:  # the source writes in capitals
        names = {place: _in_lower_case(name) for place, name in names.items()}
    often = Counter(names.values())
    found = []
    for (geoid, written), own in rows.items():
        name = names[geoid, written]
        if often[name] > 1 and (more := geoid.removesuffix(written.upper()).strip(" /")) and more != geoid:
            name = f"{name} ({_in_lower_case(more)})"
        found.append(Place(own[0].geography_type, geoid, name, file_name(geoid) if is_named else geoid, tuple(own)))
    return tuple(sorted(found, key=lambda place: (place.name.casefold(), place.geoid)))


def _in_lower_case(name: str) -> str:
    words = re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)?", lambda word: word[0].capitalize(), name)
    return re.sub(rf"(?<=\w )({'|'.join(_SMALL_WORDS)})(?= )", lambda word: word[0].lower(), words)


def file_name(geoid: str) -> str:
    """Return the name of a page, which follows from the code of its place alone, so that links to it are permanent."""
    plain = re.sub(r"[^a-z0-9]+", "-", geoid.lower()).strip("-")
    is_plain = re.fullmatch(r"[A-Z0-9 ]+", geoid) is not None and len(plain) <= 60
    return plain if is_plain else f"{plain[:60].strip('-')}-{bytes_sha256(geoid.encode())[:6]}"


def by_letter(places: Iterable[Place]) -> dict[str, list[Place]]:
    """Return places by the first letter of their names; those that begin with a digit first."""
    return grouped(places, lambda place: "0\u20139" if place.name[:1].isdigit() else place.name[:1].upper())


# Everyone is no group and is compared with none.
_OF_EVERYONE: dict[str, Any] = {"group_kind": "total", "group_order": 0, "is_featured": False}
_OF_EVERYONE |= dict.fromkeys(("rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "reference_code"))


def read_strata(con: DuckDBPyConnection) -> Mapping[str, Sequence[Record]]:
    """Return the figures by topic of each measure: the first place and newest period that has them, in the order of the topic.

    Each has its `row`, and as `whole` that of everyone in the same place and period, where it is known.
    """
    wholes = read_everyone(con, is_by_place=False)
    found = [Record(values, row=_row(values)) for values in records(con, _SQL.strata(), {"period_types": PERIOD_TYPES})]
    return grouped((Record(one, whole=wholes.get(slice_of(one.row))) for one in found), attrgetter("measure_id"))


def slice_of(row: Row) -> tuple[Any, ...]:
    """Return the measure, place and period of a row."""
    return (row.measure_id, row.geography_type, row.geoid, row.period_type, row.period_start)


def read_everyone(con: DuckDBPyConnection, *, is_by_place: bool) -> Mapping[tuple[Any, ...], Row]:
    """Return the figures for everyone by measure, place and period. `is_by_place`: the denominator of place-weighted groups."""
    basis = PLACES if is_by_place else "no_race"
    found = (_row(values, basis) for values in records(con, _SQL.everyone(), {"is_by_place": is_by_place}))
    return {slice_of(row): row for row in found}


def _row(values: Mapping[str, Any], basis: str = "no_race") -> Row:
    return Row._make(map({**values, **_OF_EVERYONE, "basis": basis}.get, Row._fields))

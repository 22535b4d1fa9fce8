"""Read the places that have a page of their own: council districts, and places that readers call by a name, such as schools."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.outlines import Outline, read_outlines
from warehouse.fingerprint import bytes_sha256

if TYPE_CHECKING:
    from orchestration.scorecard.release_data.read_release import Row

# A place that is called by its kind and its code, such as a tract, is looked up by no name.
_NAMED = """
    geography_type not in ('city', 'county', 'state', 'school_district', $district_type) and geoid <> $outside
    and not ends_with(name, ' ' || geoid) and regexp_matches(name, '[[:alpha:]]')
"""
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
    outlines: Mapping[str, Outline]


def read_places(
    con: DuckDBPyConnection, make: type[Row], period_types: Sequence[str], district_type: str, outside: str, in_force: str | None
) -> tuple[tuple[Place, ...], tuple[Places, ...]]:
    """Return the districts of the map in force, and the other kinds of places; those without a figure have no page."""
    chosen = {"district_type": district_type, "outside": outside}
    found = con.execute(
        f"""
        with places as (
            select geography_type, geoid, any_value(name) as name from geographies where {_NAMED} group by all
            union all by name
            select geography_type, geoid, any_value(name) as name from geographies
            where geography_type = $district_type and geoid <> $outside group by all
        )

        select places.name, {", ".join(f"rows.{name}" for name in make._fields)}
        from scorecard as rows
        inner join places using (geography_type, geoid)
        left join (select distinct measure_id, period_type from scorecard where is_featured) as featured
            on rows.measure_id = featured.measure_id
        where not rows.is_stand_in and rows.group_kind <> 'missing'
            and (rows.is_latest or rows.geography_type <> $district_type)
        window place as (
            partition by rows.geography_type, rows.geography_vintage, rows.geoid, rows.measure_id, rows.period_type
        )
        qualify dense_rank() over (
            partition by rows.geography_type, rows.measure_id
            order by rows.period_type = featured.period_type desc, list_position({list(period_types)}, rows.period_type)
        ) = 1
        -- the newest period with a figure, so that a place that is no more, such as a closed school, keeps its last ones
        and rows.period_start = coalesce(
            max(rows.period_start) filter (rows.value is not null) over place, max(rows.period_start) over place
        )
        order by rows.measure_id, rows.group_order
        """,
        chosen,
    ).fetchall()
    by_type: dict[str, dict[tuple[str, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name, *values in found:
        row = make(*values)
        by_type[row.geography_type][row.geoid, name].append(row)
    districts = _listed(by_type.pop(district_type, {}), is_named=False)
    kinds = []
    for kind in sorted(by_type):
        listed = tuple(place for place in _listed(by_type[kind]) if place.is_shown)
        vintage = listed[0].rows[0].geography_vintage if listed else ""
        outlines = read_outlines(con, kind, vintage, outside, within=(district_type, in_force)) if in_force and listed else {}
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
    found: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        first = place.name[:1].upper()
        found["0\u20139" if first.isdigit() else first].append(place)
    return dict(found)

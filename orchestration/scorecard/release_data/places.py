"""Read the places that have a page of their own, with their outlines, and figures of a measure by topic, such as hour.

Figures by topic, and of everyone by where people live, are rows of `published.equity_measures`: a scorecard has a row per group.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, records
from warehouse.fingerprint import bytes_sha256

if TYPE_CHECKING:
    from orchestration.scorecard.release_data.read_release import Row

WIDTH = 300.0  # of a map, in its own units
SMALLEST = 12.0  # parts below this area, in square units, are not drawn unless a place has no other
# Tolerance of the simplification, as a share of the map's width: Visvalingam-Whyatt takes away triangles smaller than its square.
TOLERANCE = 0.006
GRID = 0.1  # of the points of a path, in units of the map
GRID_OF_MANY = 1.0  # of many small places on the map of others, whose paths would make pages too large

_DRAWN = """
    with places as (
        select geoid, ST_GeomFromWKB(geometry_wkb) as outline
        from geographies
        where geography_type = $geography_type and geography_vintage = $vintage
            and geometry_wkb is not null and geoid <> $left_out
    ),

    extent as (
        select max(ST_XMax(outline)) - min(ST_XMin(outline)) as width from places
    ),

    simplified as (
        select list(geoid order by geoid) as geoids,
            ST_CoverageSimplify(list(outline order by geoid), (select width from extent) * $tolerance) as outlines
        from places
    ),

    -- the collection keeps the order of the list: the first index of the dump path is the place
    parts as (
        select simplified.geoids[part.path[1]] as geoid, part.geom as outline
        from simplified, unnest(ST_Dump(simplified.outlines)) as dumped(part)
    ),

    -- a degree of longitude is shorter than one of latitude by the cosine of the latitude
    frame as (
        select min(ST_XMin(outline)) as west, max(ST_YMax(outline)) as north,
            cos(radians((max(ST_YMax(outline)) + min(ST_YMin(outline))) / 2)) as shorter,
            $width / ((max(ST_XMax(outline)) - min(ST_XMin(outline))) * shorter) as scale
        from {frame}
    ),

    -- units of the map, from its upper left corner; SVG counts downwards, which ST_AsSVG does itself
    drawn as (
        select parts.geoid,
            ST_ReducePrecision(
                ST_Affine(
                    parts.outline, frame.shorter * frame.scale, 0.0, 0.0, frame.scale,
                    -frame.west * frame.shorter * frame.scale, -frame.north * frame.scale
                ),
                $grid
            ) as part,
            ST_Area(part) as area,
            row_number() over (partition by parts.geoid order by area desc) as nth
        from parts, frame
    )

    select geoid,
        string_agg(ST_AsSVG(part, false, 15), ' ' order by nth) filter (area >= $smallest or nth = 1),
        any_value(ST_PointOnSurface(part)) filter (nth = 1) as inside,
        round(ST_X(inside), 1), round(-ST_Y(inside), 1), max(-ST_YMin(part))
    from drawn group by geoid having inside is not null order by try_cast(geoid as integer), geoid
"""
# of a map of other places, on which these are drawn
_OF_OTHERS = """(
            select ST_GeomFromWKB(geometry_wkb) as outline from geographies
            where geography_type = $framed and geography_vintage = $framed_vintage and geoid <> $left_out
        )"""


@dataclass(frozen=True)
class Outline:
    """A place on a map: its SVG path, where its name is written, and its lowest point."""

    path: str
    label_x: float
    label_y: float
    bottom: float


def read_outlines(
    con: DuckDBPyConnection, geography_type: str, vintage: str, left_out: str, within: tuple[str, str] | None = None
) -> Mapping[str, Outline]:
    """The outlines of the places of one map but `left_out`, in one coordinate system; empty without outlines.

    `within`: type and vintage of places on whose map they are drawn.
    """
    settings = {"tolerance": TOLERANCE, "width": WIDTH, "smallest": SMALLEST, "grid": GRID if within is None else GRID_OF_MANY}
    chosen = {"geography_type": geography_type, "vintage": vintage, "left_out": left_out}
    if within is not None:
        chosen |= {"framed": within[0], "framed_vintage": within[1]}
    drawn = _DRAWN.format(frame="parts" if within is None else _OF_OTHERS)
    found = con.execute(drawn, settings | chosen).fetchall()
    return {geoid: Outline(path, x, y, bottom) for geoid, path, _, x, y, bottom in found}


def map_height(outlines: Iterable[Outline]) -> float:
    """The height of a map of these places, in its own units."""
    return math.ceil(max((outline.bottom for outline in outlines), default=0))


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


# One version, map and standard per figure; places in the order in which they open a page.
_FIGURES = """
    select figures.*, places.scorecard_order, sources.is_stand_in as is_elsewhere,
        case
            when figures.publication_status = 'bounded' then 'range_only' when figures.value = 0 then 'zero' else 'shown'
        end as status_code
    from equity_measures as figures
    inner join geographies as places
        on figures.geography_type = places.geography_type and figures.geography_vintage = places.geography_vintage
        and figures.geoid = places.geoid and places.scorecard_order is not null
    inner join measures
        on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version and measures.is_current
    left join sources on measures.source = sources.source
    where figures.race_ethnicity_code = 'all' and figures.tabulation = 'exclusive' and not coalesce(sources.is_stand_in, false)
        and (figures.publication_status = 'bounded' or (figures.publication_status = 'published' and figures.value is not null))
    qualify row_number() over (
        partition by figures.measure_id, figures.stratum_type, figures.stratum_code, figures.geography_type, figures.geoid,
            figures.period_type, figures.period_start, figures.method = 'place_weighted'
        order by figures.race_standard
    ) = 1
"""
# Everyone is compared with no group.
_COMPARED = dict.fromkeys(("rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "reference_code"))


def read_strata(con: DuckDBPyConnection, make: type[Row], period_types: Sequence[str]) -> Mapping[str, tuple[Record, ...]]:
    """Return the figures by topic of each measure: the first place and newest period that has them, in the order of the topic.

    Each has its `row`, and as `whole` that of everyone in the same place and period, where it is known.
    """
    wholes = _everyone(con, make, is_by_place=False)
    rows = records(
        con,
        f"""
        with shown as ({_FIGURES}), featured as (select distinct measure_id, period_type from scorecard where is_featured)
        select shown.*, coalesce(strata.label, shown.stratum_code) as label
        from shown
        left join strata using (stratum_type, stratum_code)
        left join featured on shown.measure_id = featured.measure_id
        where shown.stratum_type not in ('all', 'adjustment') and shown.method <> 'place_weighted'
        qualify dense_rank() over (
            partition by shown.measure_id, shown.stratum_type
            order by shown.scorecard_order, shown.period_type = featured.period_type desc nulls last,
                list_position($period_types, shown.period_type), shown.period_start desc
        ) = 1
        order by shown.measure_id, shown.stratum_type, strata.sort_order, shown.stratum_code
        """,
        {"period_types": list(period_types)},
    )
    found: dict[str, list[Record]] = defaultdict(list)
    for values in rows:
        row = _row(values, make)
        whole = wholes.get(_slice(values))
        found[row.measure_id].append(Record(values, row=row, whole=whole))
    return {code: tuple(strata) for code, strata in found.items()}


def read_everyone_by_place(con: DuckDBPyConnection, make: type[Row]) -> Mapping[tuple[Any, ...], Row]:
    """Return the figures for everyone with the denominator of place-weighted groups, by measure, place and period."""
    return _everyone(con, make, is_by_place=True)


def slice_of(row: Row) -> tuple[Any, ...]:
    """Return the measure, place and period of a row."""
    return (row.measure_id, row.geography_type, row.geoid, row.period_type, row.period_start)


def _everyone(con: DuckDBPyConnection, make: type[Row], is_by_place: bool) -> Mapping[tuple[Any, ...], Row]:
    query = f"with shown as ({_FIGURES}) from shown where stratum_type = 'all' and (method = 'place_weighted') = ?"
    basis = "where_people_live" if is_by_place else "no_race"
    return {_slice(row): _row(row, make, basis) for row in records(con, query, [is_by_place])}


def _slice(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in ("measure_id", "geography_type", "geoid", "period_type", "period_start"))


def _row(values: Mapping[str, Any], make: type[Row], basis: str = "no_race") -> Row:
    described: dict[str, Any] = {
        **values,
        "group_kind": "total",
        "group_order": 0,
        "basis": basis,
        "is_featured": False,
    } | _COMPARED
    return make._make(described.get(name) for name in make._fields)

"""Draw the outlines of places as SVG paths, simplified together so that neighbors keep a common border."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

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

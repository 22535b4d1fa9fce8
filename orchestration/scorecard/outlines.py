"""Draw the outlines of places as SVG paths, simplified together so that neighbors keep a common border."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from duckdb import DuckDBPyConnection

WIDTH = 300.0  # of a map, in its own units
SMALLEST = 12.0  # rings below this area, in square units, are not drawn unless a place has no other
# Tolerance of the simplification, as a share of the map's width: Visvalingam-Whyatt takes away triangles smaller than its square.
TOLERANCE = 0.006


@dataclass(frozen=True)
class Outline:
    """A place on a map: its SVG path, and where its name is written."""

    path: str
    label_x: float
    label_y: float


Ring = Sequence[tuple[float, float]]


def read_outlines(con: DuckDBPyConnection, geography_type: str, vintage: str, left_out: str) -> Mapping[str, Outline]:
    """The outlines of the places of one map but `left_out`, in one coordinate system; empty without outlines."""
    found = con.execute(
        """
        with places as (
            select geoid, ST_GeomFromWKB(geometry_wkb) as outline
            from geographies
            where geography_type = ? and geography_vintage = ? and geometry_wkb is not null and geoid <> ?
            order by try_cast(geoid as integer), geoid
        ),

        extent as (
            select max(ST_XMax(outline)) - min(ST_XMin(outline)) as width from places
        ),

        simplified as (
            select list(geoid order by try_cast(geoid as integer), geoid) as geoids,
                ST_CoverageSimplify(
                    list(outline order by try_cast(geoid as integer), geoid), (select width from extent) * ?
                ) as outlines
            from places
        ),

        -- the collection keeps the order of the list: the first index of the dump path is the place
        parts as (
            select simplified.geoids[part.path[1]] as geoid, part.geom
            from simplified, unnest(ST_Dump(simplified.outlines)) as dumped(part)
        )

        select geoid, ST_AsGeoJSON(geom) from parts order by try_cast(geoid as integer), geoid
        """,
        [geography_type, vintage, left_out, TOLERANCE],
    ).fetchall()
    places: dict[str, list[Ring]] = {}
    for geoid, geometry in found:
        shape = json.loads(geometry)
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        places.setdefault(geoid, []).extend(ring for polygon in polygons for ring in polygon)
    return _drawn(places)


def map_height(outlines: Iterable[Outline]) -> float:
    """The height of a map of these places, in its own units."""
    numbers = [float(found) for outline in outlines for found in re.findall(r"[\d.]+", outline.path)]
    return math.ceil(max(numbers[1::2], default=0))


def _drawn(places: Mapping[str, list[Ring]]) -> dict[str, Outline]:
    points = [point for rings in places.values() for ring in rings for point in ring]
    if not points:
        return {}
    west, north = min(x for x, _ in points), max(y for _, y in points)
    east, south = max(x for x, _ in points), min(y for _, y in points)
    # a degree of longitude is shorter than one of latitude by the cosine of the latitude
    shorter = math.cos(math.radians((north + south) / 2))
    scale = WIDTH / ((east - west) * shorter)
    drawn = {}
    for geoid, rings in places.items():
        flat = [[(round((x - west) * shorter * scale, 1), round((north - y) * scale, 1)) for x, y in ring] for ring in rings]
        large = sorted(flat, key=lambda ring: -abs(_area(ring)))
        kept = [ring for ring in flat if abs(_area(ring)) >= SMALLEST] or large[:1]
        x, y = _inner_point(large[0])
        drawn[geoid] = Outline("".join(map(_path, kept)), x, y)
    return drawn


def _path(ring: Ring) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in ring[:-1]) + "Z"


def _area(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _inner_point(ring: Ring) -> tuple[float, float]:
    """A point inside the ring: on the level at which it is widest, the middle of its widest part."""
    levels = [y for _, y in ring]
    low, high = min(levels), max(levels)
    best = (-1.0, ring[0][0], ring[0][1])
    for step in range(1, 24):
        y = low + (high - low) * step / 24
        crossings = sorted(
            a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) for a, b in pairwise(ring) if (a[1] > y) != (b[1] > y)
        )
        centered = 1 - abs(step / 24 - 0.5)  # near the middle rather than at an end
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            best = max(best, ((right - left) * centered, (left + right) / 2, y))
    return round(best[1], 1), round(best[2], 1)

"""The eight maps as delivered: GeoJSON, each in the coordinate system of its real counterpart, declared or not as there.

Irregularities: tracts, neighborhoods and police districts are in state plane feet, and the police file does not declare it, nor a
name (its district is a number where the others have text); ZIP code areas are in degrees without a declaration; names of
neighborhoods are in upper case; both maps of aldermanic districts use the codes 1 to 15; tracts share ids and not shapes, and
reach beyond the city.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ingest.sample.city import COUNTY_GEOID, NEIGHBORHOODS, TITLE
from ingest.sample.places import ground
from ingest.sample.places.ground import BLOCK_FEET, SOUTH, WEST, Grid
from ingest.sample.places.outlines import outline
from ingest.sample.places.projection import to_degrees
from ingest.sample.sample_folder import PlantedCounts

_FEET, _DEGREES = "urn:ogc:def:crs:EPSG::32054", "urn:ogc:def:crs:OGC:1.3:CRS84"
_SQUARE_FOOT = 0.3048**2


def _feature(grid: Grid, label: int, properties: Mapping[str, Any], *, in_degrees: bool) -> str:
    corners = np.array(outline(grid, label), dtype=np.float64) * BLOCK_FEET + (WEST, SOUTH)
    points = np.stack(to_degrees(corners[:, 0], corners[:, 1]), axis=1) if in_degrees else corners
    geometry = {"type": "Polygon", "coordinates": [points.tolist()]}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": geometry})


def _write(
    folder: Path, name: str, grid: Grid, properties: Mapping[int, Mapping[str, Any]], *, in_degrees: bool, crs: str | None
) -> PlantedCounts:
    features = [_feature(grid, label, values, in_degrees=in_degrees) for label, values in properties.items()]
    head = f'"name": "{name}",\n' + (f'"crs": {{ "type": "name", "properties": {{ "name": "{crs}" }} }},\n' if crs else "")
    text = '{\n"type": "FeatureCollection",\n' + head + '"features": [\n' + ",\n".join(features) + "\n]\n}\n"
    (folder / f"{name}.geojson").write_text(text, encoding="utf-8", newline="")
    return PlantedCounts(delivered=len(features))


def _labels(grid: Grid) -> list[int]:
    labels: list[int] = np.unique(grid[grid > 0]).tolist()
    return labels


def write_limits(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """`city__limits`: the city in one piece."""
    return _write(folder, "CityLimits", ground.city(), {1: {"city": TITLE}}, in_degrees=True, crs=_DEGREES)


def write_tracts(folder: Path, vintage: int, _: np.random.Generator) -> PlantedCounts:
    """`census__tracts_2010` and `census__tracts_2020`: the whole county."""
    grid = ground.tracts(vintage)
    properties = {label: {f"tract_{vintage}": f"{COUNTY_GEOID}{label:06d}"} for label in _labels(grid)}
    return _write(folder, f"tracts{vintage}", grid, properties, in_degrees=False, crs=_FEET)


def write_aldermanic_districts(folder: Path, map_year: int, _: np.random.Generator) -> PlantedCounts:
    """`city__aldermanic_districts_2012` and `…_2022`."""
    grid = ground.aldermanic_districts(map_year)
    properties = {label: {f"aldermanic_{map_year}": str(label)} for label in _labels(grid)}
    return _write(folder, f"CityofSampletonAldermanicDistrict{map_year}", grid, properties, in_degrees=True, crs=_DEGREES)


def write_police_districts(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """`city__police_districts`: feet that look like nothing, since the file does not declare its CRS."""
    grid = ground.police_districts()
    properties = {label: {"OBJECTID": 8 + label, "POLICE": label} for label in _labels(grid)}
    return _write(folder, "spd", grid, properties, in_degrees=False, crs=None)


def write_neighborhoods(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """`city__neighborhoods`: by name only."""
    grid = ground.neighborhoods()
    properties = {label: {"neighborhood": NEIGHBORHOODS[label - 1].upper()} for label in _labels(grid)}
    return _write(folder, "CityNeighborhoods", grid, properties, in_degrees=False, crs=_FEET)


def write_zip_areas(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """`census__zcta_2010`: with the census's own columns."""
    grid = ground.zip_areas()
    properties = {}
    for label in _labels(grid):
        blocks = np.argwhere(grid == label)
        middle = (blocks.mean(axis=0) + 0.5) * BLOCK_FEET + (WEST, SOUTH)
        longitude, latitude = to_degrees(middle[0], middle[1])
        properties[label] = {
            "STATEFP10": COUNTY_GEOID[:2], "ZCTA5CE10": f"{label:05d}", "GEOID10": f"{COUNTY_GEOID[:2]}{label:05d}",
            "CLASSFP10": "B5", "MTFCC10": "G6350", "FUNCSTAT10": "S",
            "ALAND10": round(len(blocks) * BLOCK_FEET**2 * _SQUARE_FOOT), "AWATER10": 0,
            "INTPTLAT10": f"{latitude:+.7f}", "INTPTLON10": f"{longitude:+012.7f}", "PARTFLG10": "N",
        }  # fmt: skip
    return _write(folder, "ZIPCODES", grid, properties, in_degrees=True, crs=None)

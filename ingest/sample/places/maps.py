"""The maps and the address index as delivered: GeoJSON, each in the coordinate system of its real counterpart, declared or not.

Irregularities of the maps: tracts, neighborhoods and police districts are in state plane feet, and the police file does not
declare it, nor a name (its district is a number where the others have text); ZIP code areas are in degrees without a
declaration; names of neighborhoods are in upper case; both maps of aldermanic districts use the codes 1 to 15; tracts share ids
and not shapes, and reach beyond the city.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from ingest.sample.city import COUNTY_GEOID, NEIGHBORHOODS, SAMPLETON, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, Source, csv_text, source
from ingest.sample.places import ground
from ingest.sample.places.ground import BLOCK_FEET, SOUTH, WEST, Grid
from ingest.sample.places.houses import addresses, houses, outline, to_degrees

_FEET, _DEGREES = "urn:ogc:def:crs:EPSG::32054", "urn:ogc:def:crs:OGC:1.3:CRS84"
_SQUARE_FOOT = 0.3048**2
UNITS_EVERY, UNITS = 12, ("#A", "#B", "#CCA")
NO_POINT_EVERY = 211

Properties = Callable[[int, Profile], Mapping[str, Any]]


def _map(
    name: str, file: str, grid: Callable[[Profile], Grid], properties: Properties, crs: str = _DEGREES, *, declared: bool = True,
    **keys: Any,
) -> Source:  # fmt: skip
    """A map with a feature, and properties, per label of the grid."""

    def make(delivery: Delivery) -> PlantedCounts:
        places, city = grid(delivery.city), delivery.city
        labels = np.unique(places[places > 0]).tolist()
        features = [_feature(places, label, properties(label, city), in_degrees=crs == _DEGREES) for label in labels]
        named = file.replace(SAMPLETON.name, "".join(char for char in city.name if char.isalnum()))
        head = f'"name": "{named}",\n'
        head += f'"crs": {{ "type": "name", "properties": {{ "name": "{crs}" }} }},\n' if declared else ""
        text = '{\n"type": "FeatureCollection",\n' + head + '"features": [\n' + ",\n".join(features) + "\n]\n}\n"
        delivery.text(f"{named}.geojson", text, rows=len(features))
        return delivery.planted()

    return Source(name, make, keys=keys)


def _feature(grid: Grid, label: int, properties: Mapping[str, Any], *, in_degrees: bool) -> str:
    corners = np.array(outline(grid, label), dtype=np.float64) * BLOCK_FEET + (WEST, SOUTH)
    points = np.stack(to_degrees(corners[:, 0], corners[:, 1]), axis=1) if in_degrees else corners
    geometry = {"type": "Polygon", "coordinates": [points.tolist()]}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": geometry})


def _zip_area(label: int, city: Profile) -> dict[str, Any]:
    """The census's own columns."""
    blocks = np.argwhere(ground.zip_areas() == label)
    middle = (blocks.mean(axis=0) + 0.5) * BLOCK_FEET + (WEST, SOUTH)
    longitude, latitude = to_degrees(middle[0], middle[1])
    return {
        "STATEFP10": city.county_geoid[:2], "ZCTA5CE10": f"{label:05d}", "GEOID10": f"{city.county_geoid[:2]}{label:05d}",
        "CLASSFP10": "B5", "MTFCC10": "G6350", "FUNCSTAT10": "S",
        "ALAND10": round(len(blocks) * BLOCK_FEET**2 * _SQUARE_FOOT), "AWATER10": 0,
        "INTPTLAT10": f"{latitude:+.7f}", "INTPTLON10": f"{longitude:+012.7f}", "PARTFLG10": "N",
    }  # fmt: skip


def _tracts(vintage: int) -> Source:
    return _map(
        f"census__tracts_{vintage}", f"tracts{vintage}", lambda _: ground.tracts(vintage),
        lambda label, city: {f"tract_{vintage}": f"{city.county_geoid}{label:06d}"}, _FEET, jurisdiction=COUNTY_GEOID,
    )  # fmt: skip


def _aldermanic_districts(map_year: int) -> Source:
    return _map(
        f"city__aldermanic_districts_{map_year}", f"CityofSampletonAldermanicDistrict{map_year}",
        lambda city: ground.aldermanic_districts(map_year, city.districts),
        lambda label, _: {f"aldermanic_{map_year}": str(label)},
    )  # fmt: skip


tracts_2010, tracts_2020 = _tracts(2010), _tracts(2020)
zip_areas = _map(
    "census__zcta_2010", "ZIPCODES", lambda _: ground.zip_areas(), _zip_area, declared=False, jurisdiction=COUNTY_GEOID
)
limits = _map("city__limits", "CityLimits", lambda _: ground.city(), lambda _, city: {"city": city.title})
districts_2012, districts_2022 = _aldermanic_districts(2012), _aldermanic_districts(2022)
police_districts = _map(
    "city__police_districts", "spd", lambda _: ground.police_districts(),
    lambda label, _: {"OBJECTID": 8 + label, "POLICE": label}, _FEET, declared=False,
)  # fmt: skip
neighborhoods = _map(
    "city__neighborhoods", "CityNeighborhoods", lambda _: ground.neighborhoods(),
    lambda label, _: {"neighborhood": NEIGHBORHOODS[label - 1].upper()}, _FEET,
)  # fmt: skip


@source("city__addresses", as_of=date(2025, 12, 1))
def address_index(delivery: Delivery) -> PlantedCounts:
    """The city's address index, gzipped, in feet.

    Irregularities: one row for a house and more for its units (`#A`), all at the same point; a few houses without a point; no key
    but the text.
    """
    points = houses()
    rows: list[tuple[object, ...]] = [("x", "y", "address_string")]
    for at, (address, x, y) in enumerate(zip(addresses(), points.x.tolist(), points.y.tolist(), strict=True)):
        point = (x, y) if at % NO_POINT_EVERY else ("NA", "NA")
        units = ("", *(f" {unit}" for unit in UNITS)) if at % UNITS_EVERY == 0 else ("",)
        rows += [(*point, f"{address}{unit}") for unit in units]
    # no file name and no time in the archive, so that its bytes depend on neither time nor place
    packed = gzip.compress(csv_text(rows).encode("ascii"), compresslevel=1, mtime=0)
    (delivery.folder / "addresses-with-coords.csv.gz").write_bytes(packed)
    delivery.delivered = len(rows) - 1
    return delivery.planted(houses=len(points), without_point=sum(row[0] == "NA" for row in rows))

"""Read GeoJSON: one row per feature, with its properties as text and its geometry as GeoJSON text.

The file is read whole: a map has some hundred features, and its CRS may be declared anywhere. Numbers keep their digits, so that
441072.149619607836939 is not rounded. See `ingest.readers.formats.crs` for the choice of the coordinate reference system.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import pyarrow as pa

from ingest.contract import Format
from ingest.readers.formats.crs import GEOMETRY, SAME_AS, choose_crs
from ingest.readers.formats.json_text import Number, UnsupportedJson, as_text, decoder
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, read_whole

CRS_NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(EPSG|ESRI|OGC)[:/](?:[\d.]*[:/])?(\w+)", re.IGNORECASE
)


def open_geojson(how: Format, stream: IO[bytes], fail: Fail) -> OpenTable:
    """Read a stream of GeoJSON. The columns: `id` if a feature has one, the properties in order of appearance, `geometry`."""
    collection = _collection(read_whole(stream, fail).decode(how.encoding).removeprefix("\ufeff"), fail)
    features = _features(collection, fail)
    crs = choose_crs(_declared(collection.get("crs"), fail), how.crs, _positions(features, fail), fail)
    records = [({"id": feature["id"]} if "id" in feature else {}) | (feature["properties"] or {}) for feature in features]
    names = tuple(dict.fromkeys(name for record in records for name in record))
    geometries = [as_text(feature[GEOMETRY]) for feature in features]
    return OpenTable((*names, GEOMETRY), (), _batches(records, names, geometries), crs)


def _collection(text: str, fail: Fail) -> dict[str, Any]:
    try:
        value = decoder().decode(text)
    except json.JSONDecodeError as error:
        raise fail(f"line {error.lineno} is not JSON; is the file cut off?", "deliver it again") from None
    except (UnsupportedJson, RecursionError) as error:
        raise fail(str(error) if isinstance(error, UnsupportedJson) else "it is nested too deeply", "export it again") from None
    if not isinstance(value, dict) or value.get("type") != "FeatureCollection":
        raise fail(
            "this is not a GeoJSON feature collection", "export the layer as GeoJSON, not as Esri JSON or a single geometry"
        )
    # a portal that limits the number of features reports it only here
    places = (value, value.get("properties"))
    if any(isinstance(place, dict) and place.get("exceededTransferLimit") is True for place in places):
        raise fail("the portal cut it off at its transfer limit", "export it in pages, or with a higher limit")
    return value


def _features(collection: Mapping[str, Any], fail: Fail) -> list[dict[str, Any]]:
    features = collection.get("features")
    if not isinstance(features, list):
        raise fail("the feature collection has no list of features", "export it again")
    for number, feature in enumerate(features, 1):
        if not (isinstance(feature, dict) and {"properties", GEOMETRY} <= set(feature)):
            raise fail(f"feature {number} lacks properties or geometry", "export it again; either may be null, but must be there")
        if not all(isinstance(feature[part], dict | None) for part in ("properties", GEOMETRY)):
            raise fail(f"properties or geometry of feature {number} is no object", "export it again")
    return features


def _positions(features: Sequence[Mapping[str, Any]], fail: Fail) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for number, feature in enumerate(features, 1):
        geometries = [feature[GEOMETRY]] if feature[GEOMETRY] else []
        while geometries:
            geometry = geometries.pop()
            try:
                if geometry["type"] == "GeometryCollection":
                    geometries += geometry["geometries"]
                else:
                    found += _pairs(geometry["coordinates"])
            except (KeyError, TypeError, ValueError):
                raise fail(f"the geometry of feature {number} is not a GeoJSON geometry", "export it again") from None
    return found


def _pairs(coordinates: Any) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list):
        raise TypeError("coordinates are lists, down to the numbers")
    if coordinates and all(isinstance(part, Number) for part in coordinates):
        x, y, *_ = coordinates
        yield float(x), float(y)
        return
    for part in coordinates:
        yield from _pairs(part)


def _declared(member: Any, fail: Fail) -> str | None:
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    found = CRS_NAME.fullmatch(name.strip()) if isinstance(name, str) else None
    if found is None:
        raise fail(
            "its crs member names no coordinate reference system that is known",
            "export it with one by authority and code, like urn:ogc:def:crs:EPSG::32054, or without one in degrees",
        )
    crs = f"{found[1]}:{found[2]}".upper()
    return SAME_AS.get(crs, crs)


def _batches(
    records: Sequence[Mapping[str, Any]], names: Sequence[str], geometries: Sequence[str | None]
) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(records), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        columns = [[as_text(record.get(name)) for record in records[rows]] for name in names] + [list(geometries[rows])]
        arrays = [pa.array(column, pa.string()) for column in columns]
        yield pa.RecordBatch.from_arrays(arrays, names=[f"f{position}" for position in range(len(arrays))])

"""GeoJSON: one row a feature, its properties as text under their names, its geometry as GeoJSON text.

Here: features to columns without touching a digit, and the coordinate reference system (CRS) that the numbers are in. Not
here: opening files (`archives`), moving coordinates into another CRS (dbt does, from the CRS in the receipt).

The file is read whole: a map has some hundred features, and says its CRS where it likes. A number stays as it is written,
so that 441072.149619607836939 is not rounded on the way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import pyarrow as pa

from ingest.connectors.opened import BATCH_ROWS, Fail, Opened
from ingest.contract import Format

GEOMETRY = "geometry"
# RFC 7946: longitude and latitude on WGS 84, where nothing else is said.
WGS84 = "EPSG:4326"
# What is in degrees of what a file of a city in the United States may declare: WGS 84 and the four realisations of NAD.
IN_DEGREES = frozenset({WGS84, "EPSG:4269", "EPSG:4267", "EPSG:4759", "EPSG:6318"})
# The same systems under OGC's names; in GeoJSON x always comes before y, so that the order of axes makes no difference.
SAME_AS = {"OGC:CRS84": WGS84, "OGC:CRS83": "EPSG:4269", "OGC:CRS27": "EPSG:4267"}
CRS_NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(EPSG|ESRI|OGC)[:/](?:[\d.]*[:/])?(\w+)", re.IGNORECASE
)


class _Number(str):
    """A number as it is written in the file."""

    __slots__ = ()


def open_geojson(how: Format, stream: IO[bytes], fail: Fail) -> Opened:
    """Read a stream of GeoJSON. The columns: `id` where features have one, their properties as they come up, `geometry`."""
    collection = _collection(stream.read().decode(how.encoding).removeprefix("\ufeff"), fail)
    features = _features(collection, fail)
    crs = _crs(collection.get("crs"), how.crs, _positions(features, fail), fail)
    records = [({"id": feature["id"]} if "id" in feature else {}) | (feature["properties"] or {}) for feature in features]
    names = tuple(dict.fromkeys(name for record in records for name in record))
    geometries = [_text(feature[GEOMETRY]) for feature in features]
    return Opened((*names, GEOMETRY), (), _batches(records, names, geometries), crs)


def _collection(text: str, fail: Fail) -> dict[str, Any]:
    try:
        value = json.loads(
            text, parse_float=_Number, parse_int=_Number, parse_constant=_no_number, object_pairs_hook=_without_repeats
        )
    except json.JSONDecodeError as error:
        raise fail(f"line {error.lineno} is no JSON; is the file cut off?", "deliver it again") from None
    except (_Unusable, RecursionError) as error:
        raise fail(str(error) if isinstance(error, _Unusable) else "it is nested too deeply", "export it again") from None
    if not isinstance(value, dict) or value.get("type") != "FeatureCollection":
        raise fail("this is no GeoJSON feature collection", "export the layer as GeoJSON, not as Esri JSON or a single geometry")
    # a portal that stops at so many features says so here, and nowhere else
    places = (value, value.get("properties"))
    if any(isinstance(place, dict) and place.get("exceededTransferLimit") is True for place in places):
        raise fail("the portal cut it off at its transfer limit", "export it in pages, or with a higher limit")
    return value


class _Unusable(Exception):
    """JSON that Python would read, and lose something of."""


def _no_number(word: str) -> _Number:
    raise _Unusable(f"it holds {word} where a number should stand")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Unusable("a name stands twice in one object, and only one of the two could be kept")
    return members


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
                raise fail(f"the geometry of feature {number} is no GeoJSON geometry", "export it again") from None
    return found


def _pairs(coordinates: Any) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list):
        raise TypeError("coordinates are lists, down to the numbers")
    if coordinates and all(isinstance(part, _Number) for part in coordinates):
        x, y, *_ = coordinates
        yield float(x), float(y)
        return
    for part in coordinates:
        yield from _pairs(part)


def _crs(member: Any, named: str | None, positions: Sequence[tuple[float, float]], fail: Fail) -> str:
    """The CRS that the numbers are in; a declaration that they contradict counts for nothing."""
    declared, contract = _declared(member, fail), SAME_AS.get(named or "", named)
    could_be_degrees = all(abs(x) <= 180 and abs(y) <= 90 for x, y in positions)
    if declared in IN_DEGREES and not could_be_degrees:
        declared = None
    if declared and contract and declared != contract:
        raise fail(
            f"it declares {declared}, the contract says {contract}",
            "ask the steward which is right; mend format.crs if it changed",
        )
    if declared:
        return declared
    if not could_be_degrees and (contract is None or contract in IN_DEGREES):
        problem = "its coordinates are no degrees, and it does not say what else they are"
        raise fail(problem, "ask the steward for the coordinate reference system, and name it in format.crs, like EPSG:32054")
    if positions and could_be_degrees and contract and contract not in IN_DEGREES:
        problem = f"the contract says {contract}, but its coordinates read like degrees"
        raise fail(problem, f"ask the steward whether it is now in {WGS84}, and mend format.crs")
    return contract or WGS84


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
        columns = [[_text(record.get(name)) for record in records[rows]] for name in names] + [list(geometries[rows])]
        arrays = [pa.array(column, pa.string()) for column in columns]
        yield pa.RecordBatch.from_arrays(arrays, names=[f"f{position}" for position in range(len(arrays))])


def _text(value: Any) -> str | None:
    """A property as text: itself if it is one, else as JSON."""
    return None if value is None else str(value) if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(_compact, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_compact(name)}:{_compact(member)}' for name, member in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)

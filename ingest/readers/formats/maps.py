"""Read maps: GeoJSON with its properties, and shapefiles with the records of their .dbf; geometry is GeoJSON text.

GeoJSON is read whole: a map has some hundred features, and its CRS may be declared anywhere. Numbers keep their digits, so that
441072.149619607836939 is not rounded. The coordinate reference system (CRS) is chosen from the file and its contract, and checked
against the coordinates; dbt transforms coordinates into another CRS, from the CRS in the delivery record.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from typing import IO, Any

import pyarrow as pa
import shapefile

from ingest.contract import Format
from ingest.readers.formats import dbf
from ingest.readers.formats.json_text import Number, UnsupportedJson, decoder, text_batch, unusable
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, Stream, check_column_count, read_whole

GEOMETRY = "geometry"
# RFC 7946: longitude and latitude on WGS 84 if nothing else is declared.
WGS84 = "EPSG:4326"
# The CRS in degrees that a file of a city in the United States may declare: WGS 84 and four realisations of NAD.
IN_DEGREES = frozenset({WGS84, "EPSG:4269", "EPSG:4267", "EPSG:4759", "EPSG:6318"})
# The same systems under OGC's names; in GeoJSON x always precedes y, so that the order of axes makes no difference.
SAME_AS = {"OGC:CRS84": WGS84, "OGC:CRS83": "EPSG:4269", "OGC:CRS27": "EPSG:4267"}
CRS_NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(EPSG|ESRI|OGC)[:/](?:[\d.]*[:/])?(\w+)", re.IGNORECASE
)
HEADER_BYTES, MAGIC = 100, 9994
# Names of common systems in the United States that ArcGIS writes without a code; a local system has its code at the end, or the
# contract names it.
NAMED = {
    "GCS_WGS_1984": "EPSG:4326",
    "GCS_North_American_1983": "EPSG:4269",
    "GCS_North_American_1927": "EPSG:4267",
    "WGS_1984_Web_Mercator_Auxiliary_Sphere": "EPSG:3857",
}
PROJECTION = re.compile(r'^\s*(?:PROJCS|GEOGCS|PROJCRS|GEOGCRS|COMPD_CS)\["([^"]*)"')
CODE = re.compile(r'(?:AUTHORITY\["(EPSG|ESRI)","?(\d+)"?\]|ID\["(EPSG|ESRI)",(\d+)\])\s*\]\s*$')
_BROKEN = (
    struct.error, KeyError, IndexError, ValueError, TypeError, AssertionError, OverflowError, MemoryError,
    shapefile.ShapefileException, shapefile.RingSamplingError,
)  # fmt: skip


def choose_crs(declared: str | None, named: str | None, positions: Sequence[tuple[float, float]], fail: Fail) -> str:
    """The CRS of the coordinates: the file's, else the contract's; a declaration that the coordinates contradict is ignored."""
    contract = SAME_AS.get(named or "", named)
    could_be_degrees = all(abs(x) <= 180 and abs(y) <= 90 for x, y in positions)
    if declared in IN_DEGREES and not could_be_degrees:
        declared = None
    if declared and contract and declared != contract:
        raise fail(
            f"it declares {declared}, but the contract has {contract}",
            "ask the steward which is right; correct format.crs if it changed",
        )
    if declared:
        return declared
    if not could_be_degrees and (contract is None or contract in IN_DEGREES):
        problem = "its coordinates are not degrees, and it declares no coordinate reference system"
        raise fail(problem, "ask the steward for the coordinate reference system, and name it in format.crs, like EPSG:32054")
    if positions and could_be_degrees and contract and contract not in IN_DEGREES:
        problem = f"the contract has {contract}, but its coordinates look like degrees"
        raise fail(problem, f"ask the steward whether it is now in {WGS84}, and correct format.crs")
    return contract or WGS84


def open_geojson(how: Format, stream: IO[bytes], fail: Fail) -> OpenTable:
    """Read a stream of GeoJSON. The columns: `id` if a feature has one, the properties in order of appearance, `geometry`."""
    collection = _collection(read_whole(stream, fail).decode(how.encoding).removeprefix("\ufeff"), fail)
    features = _features(collection, fail)
    crs = choose_crs(_declared_by_geojson(collection.get("crs"), fail), how.crs, _positions(features, fail), fail)
    records = [({"id": feature["id"]} if "id" in feature else {}) | (feature["properties"] or {}) for feature in features]
    header = (*dict.fromkeys(name for record in records for name in record), GEOMETRY)
    check_column_count(len(header), fail)  # before a table of so many features by so many columns is made
    rows = [(*map(record.get, header[:-1]), feature[GEOMETRY]) for record, feature in zip(records, features, strict=True)]
    batches = (text_batch(rows[at : at + BATCH_ROWS], header, by_position=True) for at in range(0, len(rows), BATCH_ROWS))
    return OpenTable(header, (), batches, crs)


def _collection(text: str, fail: Fail) -> dict[str, Any]:
    try:
        value = decoder().decode(text)
    except json.JSONDecodeError as error:
        raise fail(f"line {error.lineno} is not JSON; is the file cut off?", "deliver it again") from None
    except (UnsupportedJson, RecursionError) as error:
        raise unusable(error, fail) from None
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


def _declared_by_geojson(member: Any, fail: Fail) -> str | None:
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


def open_shapefile(how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    """Read the shapes of a stream with the records next to it; both stay open as long as the stack."""
    stream = stack.enter_context(given.open())
    sibling = given.sibling(".dbf")
    if sibling is None:
        raise fail("there is no .dbf next to it", "deliver .shp, .dbf, .shx and .prj together, all of one name")
    shp: Any = BytesIO(read_whole(stream, fail)) if given.packed else stream
    lengths, bounds = _read_shape_headers(shp, fail)
    dbf.check_encoding(given, how, fail)
    records = stack.enter_context(sibling())
    layout = dbf.read_layout(records, how, fail)
    if layout.records != len(lengths):
        raise fail(f"it has {len(lengths):,} shapes, and the .dbf next to it {layout.records:,} records", "export it again")
    named = tuple(field.name for field in layout.fields)
    crs = choose_crs(_declared_by_prj(given, how, fail), how.crs, [bounds[:2], bounds[2:]] if lengths else [], fail)
    shapes = _shapes(shp, lengths, bounds, fail)
    rows = _with_shapes(dbf.batches(records, layout, how, fail), shapes)
    return OpenTable((*named, GEOMETRY), (), rows, crs)


def _read_shape_headers(shp: Any, fail: Fail) -> tuple[list[int], tuple[float, float, float, float]]:
    """The length of each shape and the bounds of all, from the headers; a damaged header cannot point elsewhere in the file."""
    head = shp.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or struct.unpack(">i", head[:4])[0] != MAGIC:
        raise fail("this is not a shapefile", "deliver .shp, .dbf, .shx and .prj together, or change format.kind in the contract")
    size = shp.seek(0, 2)
    if struct.unpack(">i", head[24:28])[0] * 2 != size:
        raise fail("it is cut off, or longer than its header declares", "deliver it again")
    lengths: list[int] = []
    at = HEADER_BYTES
    while at < size:
        shp.seek(at)
        header = shp.read(8)
        number, words = struct.unpack(">ii", header) if len(header) == 8 else (0, 0)
        if number != len(lengths) + 1 or words < 2 or at + 8 + 2 * words > size:
            raise fail(f"the header of shape {len(lengths) + 1} is damaged", "export it again")
        lengths.append(2 * words)
        at += 8 + 2 * words
    return lengths, struct.unpack("<4d", head[36:68])


def _shapes(shp: Any, lengths: list[int], bounds: tuple[float, float, float, float], fail: Fail) -> Iterator[str | None]:
    left, bottom, right, top = bounds
    at = 0
    try:
        for at, shape in enumerate(shapefile.ShpReader(shp).iterShapes(shape_lengths_B=lengths), 1):
            if shape is None or shape.shapeType == shapefile.NULL:
                yield None
                continue
            geometry = shape.__geo_interface__
            points = shape.points
            if not all(math.isfinite(ordinate) for point in points for ordinate in point[:2]):
                raise fail(f"shape {at} has a coordinate that is no number", "export it again")
            if not all(left <= point[0] <= right and bottom <= point[1] <= top for point in points):
                raise fail(f"shape {at} is outside the bounds in its header", "export it again")
            yield json.dumps(geometry, separators=(",", ":"), allow_nan=False) if points else None
    except _BROKEN:
        raise fail(f"shape {at + 1} is damaged", "export it again") from None


def _with_shapes(records: Iterator[pa.RecordBatch], shapes: Iterator[str | None]) -> Iterator[pa.RecordBatch]:
    for batch in records:
        geometries = pa.array(list(itertools.islice(shapes, batch.num_rows)), pa.string())
        names = [*batch.schema.names, f"f{batch.num_columns}"]
        yield pa.RecordBatch.from_arrays([*batch.columns, geometries], names=names)


def _declared_by_prj(given: Stream, how: Format, fail: Fail) -> str | None:
    """The CRS of the .prj; a name without a known code must be named in the contract."""
    sibling = given.sibling(".prj")
    if sibling is None:
        return None
    with sibling() as stream:
        text = stream.read(1 << 16).decode("utf-8", "replace").strip()
    code, name = CODE.search(text), PROJECTION.match(text)
    if code:
        return f"{code[1] or code[3]}:{code[2] or code[4]}"
    known = NAMED.get(name[1]) if name else None
    if known is None and how.crs is None:
        problem = f"its .prj names the coordinate reference system {name[1]!r}, without a code" if name else "its .prj is none"
        raise fail(problem, "look its code up at epsg.io, and write it into format.crs, like EPSG:32054")
    return known

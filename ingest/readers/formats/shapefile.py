"""Read shapefiles: one row per record of the .dbf, with its shape from the .shp as GeoJSON text and the CRS of the .prj."""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from typing import IO, Any

import pyarrow as pa
import shapefile

from ingest.contract import Format
from ingest.readers.formats import dbf
from ingest.readers.formats.crs import GEOMETRY, choose_crs
from ingest.readers.reader_types import Fail, OpenTable, Stream, read_whole

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


def open_shapefile(how: Format, given: Stream, stack: ExitStack, stream: IO[bytes], fail: Fail) -> OpenTable:
    """Read the shapes of a stream with the records next to it; both stay open as long as the stack."""
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
    crs = choose_crs(_declared(given, how, fail), how.crs, [bounds[:2], bounds[2:]] if lengths else [], fail)
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


def _declared(given: Stream, how: Format, fail: Fail) -> str | None:
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

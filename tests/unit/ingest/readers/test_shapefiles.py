"""Shapefiles: several files make one table, and geometries become WKT with all their digits."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import shapefile

from tests.support.file_formats import form, refused, zipped


def shapes(*points: tuple[float, float], names: tuple[str, ...] = ("Ann", "Bob", "Cy")) -> dict[str, bytes]:
    shp, shx, table = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=table) as writer:
        writer.field("A", "C", 10)
        writer.field("B", "N", 12, 3)
        for number, (point, name) in enumerate(zip(points, names, strict=False)):
            writer.point(*point)
            writer.record(name, number)
    return {"visits.shp": shp.getvalue(), "visits.shx": shx.getvalue(), "visits.dbf": table.getvalue()}


SHAPE = form("shapefile") | {"columns": [{"name": "a", "from": "A"}, {"name": "g", "from": "geometry", "type": "geometry"}]}


PLACES = ((-87.9, 43.038902512345), (-88.0, 43.1))


FOUND = [
    ("Ann", '{"type":"Point","coordinates":[-87.9,43.038902512345]}'),
    ("Bob", '{"type":"Point","coordinates":[-88.0,43.1]}'),
]


def test_a_shapefile_is_its_files_together(read_file: Any, tmp_path: Any) -> None:
    for name, data in shapes(*PLACES).items():
        (tmp_path / name).write_bytes(data)
    (table,) = read_file(b'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]', name="visits.prj", **SHAPE)
    assert (table.name, table.rows) == ("visits.shp", FOUND)


def test_a_shapefile_in_a_zip_among_others(read_file: Any) -> None:
    files = {f"gis/{name}": data for name, data in shapes(*PLACES).items()}
    data = zipped(**{name.replace(".", "__"): data for name, data in files.items()}, **{"gis/visits__shp.xml": b"<x/>"})
    (table,) = read_file(data, name="visits.zip", **SHAPE)
    assert (table.name, table.rows) == ("visits.zip/gis/visits.shp", FOUND)


def test_polygons_with_holes_and_empty_shapes(read_file: Any, tmp_path: Any) -> None:
    shp, table = io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, dbf=table, shapeType=shapefile.POLYGON) as writer:
        writer.field("A", "C", 10)
        writer.poly([[[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]], [[2, 2], [3, 2], [3, 3], [2, 3], [2, 2]]])
        writer.record("ring")
        writer.null()
        writer.record("none")
    (tmp_path / "visits.dbf").write_bytes(table.getvalue())
    (read,) = read_file(shp.getvalue(), name="visits.shp", **SHAPE)
    polygon = json.loads(read.rows[0][1])
    assert (polygon["type"], [len(ring) for ring in polygon["coordinates"]]) == ("Polygon", [5, 5])
    assert read.rows[1] == ("none", None)


GOOD = shapes(*PLACES)


@pytest.mark.parametrize(
    ("files", "keys", "message"),
    [
        (
            {"visits.shp": GOOD["visits.shp"]},
            {},
            "visits.shp: there is no .dbf next to it; deliver .shp, .dbf, .shx and .prj together",
        ),
        ({"visits.dbf": GOOD["visits.dbf"]}, {}, "visits.dbf: this is not a shapefile, and belongs to none"),
        (GOOD | {"readme.txt": b"x"}, {}, "readme.txt: this is not a shapefile, and belongs to none"),
        (GOOD | {"visits.shp": GOOD["visits.shp"][:-9]}, {}, "it is cut off, or longer than its header declares"),
        (GOOD | {"visits.dbf": shapes(PLACES[0])["visits.dbf"]}, {}, "it has 2 shapes, and the .dbf next to it 1 records"),
        (GOOD | {"visits.cpg": b"ISO-8859-1"}, {}, "its .cpg names the encoding ISO-8859-1, but the contract has utf-8"),
        (
            GOOD | {"visits.prj": b'PROJCS["Local_Feet",GEOGCS["x"]]'},
            {},
            "the coordinate reference system 'Local_Feet', without a code",
        ),
        (
            GOOD | {"visits.prj": b'GEOGCS["x",AUTHORITY["EPSG","4269"]]'},
            {"crs": "EPSG:4326"},
            "it declares EPSG:4269, but the contract",
        ),
        (shapes((2500000.0, 390000.0)), {}, "its coordinates are not degrees, and it declares no coordinate reference system"),
        (GOOD | {"visits.shp": b"x" * 200}, {}, "this is not a shapefile"),
    ],
)
def test_a_shapefile_that_does_not_fit_is_reported(
    read_file: Any, tmp_path: Any, files: dict[str, bytes], keys: dict[str, Any], message: str
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    reported = refused(read_file, next(iter(files.values())), next(iter(files)), SHAPE | form("shapefile", **keys))
    assert message in reported

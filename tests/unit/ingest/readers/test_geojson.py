"""GeoJSON to rows: no digit lost, and never in an undeclared coordinate reference system."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.delivery import DeliveryRecord, DeliveryStore, deliver
from ingest.errors import DeliveryError
from ingest.readers import delivered_files
from ingest.readers.formats import maps
from ingest.readers.reader_types import OpenTable

FEET = "EPSG:32054"
IN_FEET, IN_DEGREES = [2534833.13439559424296, 441072.149619607836939], [-87.9, 43.04]
SECRET = "Jane Doe"
CONTRACT: dict[str, Any] = {
    "source": "gis__wards",
    "title": "Wards",
    "department": "gis",
    "policy_area": "city_services",
    "jurisdiction": "5553000",
    "grain": "one row per ward",
    "steward": {"team": "GIS", "contact": "gis@example"},
    "agreement": {"basis": "open_data", "classification": "public"},
    "statistical_unit": "aggregate",
    "platform": "City GIS",
    "connector": {"kind": "file"},
    "load": {"mode": "replace"},
    "cadence": "once",
    "freshness": None,
    "columns": [{"name": "ward", "from": "WARD", "required": True}, {"name": "geometry", "type": "geometry", "role": "geometry"}],
}


def contract(**form: Any) -> Contract:
    return Contract.model_validate(CONTRACT | {"format": {"kind": "geojson"} | form}, context=load_vocabulary())


def feature(at: list[float] | None = None, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": at or IN_DEGREES}
    return {"type": "Feature", "properties": properties or {"WARD": "1"}, "geometry": geometry}


def collection(*features: dict[str, Any], **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **members, "features": list(features)})


def named(crs: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": crs}}


def opened(folder: Path, data: str | bytes, name: str = "wards.geojson", **form: Any) -> tuple[OpenTable, list[dict[str, Any]]]:
    """The table of one file, and its rows under the delivered names."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (part,) = open_folder(contract(**form), (path,), folder).tables
    with part.read() as table:
        rows = [tuple(row.values()) for batch in table.batches for row in batch.to_pylist()]
    return table, [dict(zip(table.header, row, strict=True)) for row in rows]


def refusal(folder: Path, data: str | bytes, **form: Any) -> str:
    with pytest.raises(DeliveryError) as error:
        opened(folder, data, **form)
    assert str(error.value).startswith("gis__wards: wards.geojson: ")
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None and (error.value.__context__ is None or error.value.__suppress_context__)
    return str(error.value)


def test_a_feature_is_a_row_and_a_property_is_text_as_it_is_written(tmp_path: Path) -> None:
    text = """{"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"WARD": "007", "area": 1.10, "people": 23848404, "open": true, "note": null},
         "geometry": {"type": "Point", "coordinates": [-87.90, 43.0400000000000000001]}},
        {"type": "Feature", "properties": {"WARD": 7, "parts": [1, {"a": "é"}]}, "geometry": null},
        {"type": "Feature", "properties": null, "geometry": {"coordinates": [], "type": "Polygon"}}]}"""
    table, rows = opened(tmp_path, text)
    assert table.header == ("WARD", "area", "people", "open", "note", "parts", "geometry")
    assert table.second_header == ()
    nothing = dict.fromkeys(table.header)
    point = '{"type":"Point","coordinates":[-87.90,43.0400000000000000001]}'
    assert rows == [
        nothing | {"WARD": "007", "area": "1.10", "people": "23848404", "open": "true", "geometry": point},
        nothing | {"WARD": "7", "parts": '[1,{"a":"é"}]'},
        nothing | {"geometry": '{"coordinates":[],"type":"Polygon"}'},
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_no_text_reads_back_as_it_was(tmp_path: Path, value: Any) -> None:
    _, (row,) = opened(tmp_path, collection(feature(WARD="1", value=value)))
    cell = row["value"]
    assert cell == value if value is None or isinstance(value, str) else json.loads(cell) == value


def test_the_id_of_a_feature_is_a_column_unless_a_property_is_called_so(tmp_path: Path) -> None:
    table, rows = opened(tmp_path, collection(feature(WARD="1") | {"id": 9}, feature(WARD="2")))
    assert table.header == ("id", "WARD", "geometry")
    assert [row["id"] for row in rows] == ["9", None]
    _, rows = opened(tmp_path, collection(feature(id="mine", WARD="1") | {"id": 9}))
    assert rows[0]["id"] == "mine"


def test_rows_keep_their_order_over_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "BATCH_ROWS", 2)
    _, rows = opened(tmp_path, collection(*(feature([-87.0 - n, 43.0], WARD=n) for n in range(5))))
    assert [row["WARD"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [json.loads(row["geometry"])["coordinates"][0] for row in rows] == [-87.0, -88.0, -89.0, -90.0, -91.0]


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("wards.geojson", b"\xef\xbb\xbf" + collection(feature()).encode(), {}),
        ("wards.geojson", collection(feature()).encode("utf-16"), {"encoding": "utf-16"}),
        ("wards.geojson.gz", gzip.compress(collection(feature()).encode()), {}),
    ],
    ids=["byte order mark", "utf-16", "gz"],
)
def test_however_it_is_packed(tmp_path: Path, name: str, data: bytes, form: dict[str, Any]) -> None:
    _, rows = opened(tmp_path, data, name, **form)
    assert [row["WARD"] for row in rows] == ["1"]


def test_a_member_of_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wards.zip", "w") as archive:
        archive.writestr("readme.txt", "see wards.geojson")
        archive.writestr("wards.geojson", collection(feature()))
    (part,) = open_folder(contract(member="*.geojson"), delivered_files(tmp_path), tmp_path).tables
    assert part.name == "wards.zip/wards.geojson"
    with part.read() as table:
        assert sum(batch.num_rows for batch in table.batches) == 1


@pytest.mark.parametrize(
    "crs",
    [
        "urn:ogc:def:crs:EPSG::32054",
        "urn:ogc:def:crs:EPSG:9.8.6:32054",
        "urn:x-ogc:def:crs:EPSG:32054",
        "EPSG:32054",
        "epsg:32054",
        "http://www.opengis.net/def/crs/EPSG/0/32054",
    ],
)
def test_a_declared_crs_is_recognized_in_every_spelling(tmp_path: Path, crs: str) -> None:
    table, _ = opened(tmp_path, collection(feature(IN_FEET), crs=named(crs)))
    assert table.crs == FEET


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "OGC:CRS84"])
def test_longitude_and_latitude_have_one_name(tmp_path: Path, crs: str) -> None:
    table, _ = opened(tmp_path, collection(feature(IN_DEGREES), crs=named(crs)))
    assert table.crs == "EPSG:4326"


@pytest.mark.parametrize("members", [{}, {"crs": None}], ids=["no member", "null"])
def test_degrees_without_a_word_are_longitude_and_latitude(tmp_path: Path, members: dict[str, None]) -> None:
    table, _ = opened(tmp_path, collection(feature(IN_DEGREES), **members))
    assert table.crs == "EPSG:4326"


def test_feet_without_a_word_are_refused_until_the_contract_names_them(tmp_path: Path) -> None:
    message = refusal(tmp_path, collection(feature(IN_FEET)))
    assert "not degrees" in message and "format.crs" in message
    assert "not degrees" in refusal(tmp_path, collection(feature(IN_FEET)), crs="EPSG:4326")
    table, _ = opened(tmp_path, collection(feature(IN_FEET)), crs=FEET)
    assert table.crs == FEET


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "MultiPolygon", "coordinates": [[[IN_DEGREES, IN_DEGREES]], [[IN_DEGREES, IN_FEET]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [*IN_FEET, 0]}]},
        {"type": "Point", "coordinates": [43.04, -187.9]},
        {"type": "Point", "coordinates": [-187.9, 43.04]},
    ],
    ids=["the last corner", "in a collection", "beyond a pole", "beyond the date line"],
)
def test_every_position_is_looked_at(tmp_path: Path, geometry: dict[str, Any]) -> None:
    assert "not degrees" in refusal(tmp_path, collection(feature(), feature() | {"geometry": geometry}))


def test_a_declaration_that_the_numbers_contradict_counts_for_nothing(tmp_path: Path) -> None:
    """The output of an unconfigured tool: CRS84, over state plane feet."""
    data = collection(feature(IN_FEET), crs=named("urn:ogc:def:crs:OGC:1.3:CRS84"))
    assert "not degrees" in refusal(tmp_path, data)
    table, _ = opened(tmp_path, data, crs=FEET)
    assert table.crs == FEET


def test_a_file_that_has_moved_to_another_crs_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, collection(feature(IN_FEET), crs=named("EPSG:2289")), crs=FEET)
    assert "declares EPSG:2289" in message and FEET in message
    assert "look like degrees" in refusal(tmp_path, collection(feature(IN_DEGREES)), crs=FEET)


def test_a_contract_names_a_crs_by_authority_and_code() -> None:
    with pytest.raises(ValueError, match="authority and code"):
        contract(crs="state plane")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (collection(feature(WARD=SECRET))[:-20], "line 1 is not JSON"),
        ("", "line 1 is not JSON"),
        (json.dumps([SECRET]), "not a GeoJSON feature collection"),
        (json.dumps(feature(WARD=SECRET)), "not a GeoJSON feature collection"),
        (json.dumps({"type": "FeatureCollection", "features": {SECRET: 1}}), "no list of features"),
        (collection({"type": "Feature", "geometry": None, SECRET: 1}), "feature 1 lacks properties or geometry"),
        (collection(feature(), feature() | {"properties": [SECRET]}), "properties or geometry of feature 2 is no object"),
        (collection(feature() | {"geometry": {"type": "Point", "coordinates": ["43", SECRET]}}), "geometry of feature 1"),
        (collection(feature() | {"geometry": {"type": "Point", "coordinates": SECRET}}), "geometry of feature 1"),
        (collection(feature() | {"geometry": {"type": "Point", "coordinates": [-87.9, "43.04"]}}), "geometry of feature 1"),
        (collection(feature() | {"geometry": {"coordinates": [1, 2]}}), "geometry of feature 1"),
        (collection(feature() | {"geometry": {"type": "Point"}}), "geometry of feature 1"),
        (collection(feature([-87.9])), "geometry of feature 1"),
        (collection(feature(WARD=float("nan"), name=SECRET)), "has NaN"),
        (collection(feature(WARD=SECRET)).replace('"WARD"', f'"WARD": "{SECRET}", "WARD"'), "a name is repeated"),
        (collection(feature(), exceededTransferLimit=True), "transfer limit"),
        (collection(feature(), properties={"exceededTransferLimit": True}), "transfer limit"),
        (collection(feature(), crs=named(f"GIS of {SECRET}")), "crs member names no"),
        (collection(feature(), crs={"type": "link", "properties": {"href": SECRET}}), "crs member names no"),
        (collection(feature(), crs=SECRET), "crs member names no"),
        (collection(feature(WARD=SECRET)).encode("utf-16"), "its bytes are not utf-8"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "bytes",
)
def test_what_cannot_be_read_whole_is_refused_and_not_quoted(tmp_path: Path, data: str | bytes, problem: str) -> None:
    assert problem in refusal(tmp_path, data)


def test_the_receipt_keeps_the_crs(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "wards.geojson").write_text(collection(feature(IN_FEET, WARD="1"), crs=named(FEET)), encoding="utf-8")
    wards = contract()
    store = DeliveryStore(tmp_path / "deliveries", wards.source)
    origin = open_folder(wards, delivered_files(tmp_path / "in"), tmp_path / "in")
    receipt = deliver(wards, origin, store, None, dt.datetime(2025, 12, 1))
    assert [file.crs for file in receipt.files] == [FEET]
    assert DeliveryRecord.model_validate_json(receipt.model_dump_json()) == receipt
    (row,) = pq.read_table(store.batch(receipt.load_id)).to_pylist()
    assert (row["ward"], row["_source_row"], json.loads(row["geometry"])["coordinates"]) == ("1", 1, IN_FEET)


def test_coordinates_in_columns_are_in_the_crs_of_the_contract(tmp_path: Path) -> None:
    table, rows = opened(tmp_path, "WARD,x,y\n1,2534833.13,441072.14\n", "wards.csv", kind="csv", crs=FEET)
    assert table.crs == FEET
    assert rows == [{"WARD": "1", "x": "2534833.13", "y": "441072.14"}]

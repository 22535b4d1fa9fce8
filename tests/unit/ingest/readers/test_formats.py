"""Every kind of file gives the same: text under the contract's names, counted records, a clear error where it does not fit."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import struct
import traceback
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import shapefile
import xlwt

from ingest.connectors import DeliveryError

CANARY = "Jane Q. Canary"
THREE = {"columns": [{"name": "day", "from": "DAY"}, {"name": "n", "from": "N"}, {"name": "who", "from": "WHO"}]}
BY_POSITION = {"columns": [{"name": "day", "from": 1}, {"name": "n", "from": 2}, {"name": "who", "from": 3}]}
ROWS = [("2025-03-01", "1.10", "Ann"), ("2025-03-02", "20", "Zoë"), ("2025-03-03", "-0.000000000123", "")]
HEADER = ("DAY", "N", "WHO")


def form(kind: str, **keys: Any) -> dict[str, Any]:
    return {"format": {"kind": kind, **keys}}


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    fill(book)
    book.save(buffer)
    return buffer.getvalue()


def sheet(*rows: Any, at: tuple[int, int] = (1, 1), title: str = "Data") -> bytes:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = title
        for down, row in enumerate(rows):
            for right, cell in enumerate(row):
                book.active.cell(at[0] + down, at[1] + right, cell)

    return workbook(fill)


def xls(*rows: Any) -> bytes:
    book, buffer = xlwt.Workbook(), io.BytesIO()
    made = book.add_sheet("Data")
    for down, row in enumerate(rows):
        for right, cell in enumerate(row):
            made.write(down, right, cell)
    book.save(buffer)
    return buffer.getvalue()


def dbf(
    fields: list[tuple[str, str, int]], records: list[bytes], deleted: tuple[int, ...] = (), said: int | None = None
) -> bytes:
    length = 1 + sum(size for _, _, size in fields)
    described = b"".join(
        name.encode().ljust(11, b"\x00") + kind.encode() + b"\x00" * 4 + bytes([size]) + b"\x00" * 15
        for name, kind, size in fields
    )
    head = struct.pack("<B3xIHH20x", 3, len(records) if said is None else said, 32 + len(described) + 1, length)
    body = b"".join((b"*" if at in deleted else b" ") + record for at, record in enumerate(records))
    return head + described + b"\x0d" + body + b"\x1a"


DBF = dbf(
    [("DAY", "D", 8), ("N", "N", 20), ("WHO", "C", 6)],
    [
        b"20250301" + b"1.10".rjust(20) + b"Ann   ",
        b"20250302" + b"20".rjust(20) + "Zoë".encode().ljust(6),
        b"20250303" + b"-0.000000000123".rjust(20) + b"      ",
    ],
)
JSON = (
    '[{"DAY":"2025-03-01","N":1.10,"WHO":"Ann"},{"DAY":"2025-03-02","N":20,"WHO":"Zoë"},'
    '{"WHO":"","N":-0.000000000123,"DAY":"2025-03-03"}]'
).encode()
JSONL = b"\n".join(line.strip(b",") for line in JSON.strip(b"[]").replace(b"},{", b"}\n{").split(b"\n"))
FIXED = (
    "DAY       N               WHO\n2025-03-01            1.10Ann \n2025-03-02              20Zoë\n2025-03-03 -0.000000000123\n"
).encode()
CSV = "DAY,N,WHO\n2025-03-01,1.10,Ann\n2025-03-02,20,Zoë\n2025-03-03,-0.000000000123,\n".encode()
SAME = {
    "csv": (CSV, {}),
    "json": (JSON, {}),
    "jsonl": (JSONL, {}),
    "dbf": (DBF, {}),
    "fixed_width": (FIXED, {"widths": [10, 16, 5]}),
}


@pytest.mark.parametrize("packing", ["plain", "gz", "zip"])
@pytest.mark.parametrize("kind", SAME)
def test_the_same_table_in_every_kind_of_file(read_file: Any, kind: str, packing: str) -> None:
    data, keys = SAME[kind]
    packed = {"plain": data, "gz": gzip.compress(data, mtime=0), "zip": zipped(a__txt=data)}[packing]
    (table,) = read_file(packed, name=f"visits.{kind}.{packing}", **form(kind, **keys), **THREE)
    assert (table.header, table.rows, table.numbers) == (HEADER, ROWS, [1, 2, 3])


def test_the_same_table_in_excel(read_file: Any) -> None:
    data = sheet(HEADER, *(((dt.date.fromisoformat(day)), float(n), who or None) for day, n, who in ROWS))
    for name, packed in (
        ("a.xlsx", data),
        ("a.xlsm", data),
        ("a.xlsx.gz", gzip.compress(data, mtime=0)),
        ("a.zip", zipped(a__xlsx=data)),
    ):
        *_, table = read_file(packed, name=name, **form("excel"), **THREE)
        assert [row[0] for row in table.rows] == [f"{day} 00:00:00" for day, _, _ in ROWS]
        assert [float(row[1]) for row in table.rows] == [1.1, 20, -0.000000000123]
        assert [row[2] for row in table.rows] == ["Ann", "Zoë", None]
        assert table.numbers == [1, 2, 3]


def test_an_old_workbook(read_file: Any) -> None:
    (table,) = read_file(xls(("A", "B"), ("007", 5.25), ("x", 0.1234567890123)), name="a.xls", **form("excel"))
    assert table.rows == [("007", "5.25"), ("x", "0.1234567890123")]


def test_excel_cells_keep_their_digits_errors_and_zeros(read_file: Any) -> None:
    cells = [
        0.123456789012345,
        1e-12,
        12345678901234,
        True,
        "#DIV/0!",
        "#N/A",
        "0",
        0,
        -43.0389025123,
        "0.123456789",
        1e20,
        None,
        " x ",
    ]
    (table,) = read_file(sheet(("A", "B"), *((cell, "y") for cell in cells)), name="a.xlsx", **form("excel"))
    assert [row[0] for row in table.rows] == [
        "0.123456789012345", "1e-12", "12345678901234", "true", "#DIV/0!", "#N/A", "0", "0", "-43.0389025123", "0.123456789",
        "100000000000000000000", None, " x ",
    ]  # fmt: skip


def test_dates_of_a_workbook_that_counts_from_1904(read_file: Any) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["A", "B"])
        book.active.append([dt.datetime(2025, 3, 1, 13, 5), "x"])

    (table,) = read_file(workbook(fill), name="a.xlsx", **form("excel"))
    assert table.rows == [("2025-03-01 13:05:00", "x")]


TITLED = sheet(
    ("Department of Visits", None, None),
    (None, None, None),
    ("A", "B", None),
    ("1", "2", None),
    (None, None, None),
    ("3", "4", None),
    ("Total", "6", "as of today"),
)


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ({"header": {"skip": 2}}, [("1", "2"), (None, None), ("3", "4"), ("Total", "6")]),
        ({"range": "A3:B6"}, [("1", "2"), (None, None), ("3", "4")]),
        ({"range": "A3:B", "sheet": 1}, [("1", "2"), (None, None), ("3", "4"), ("Total", "6")]),
        ({"range": "A:B", "sheet": "Data", "header": {"skip": 2}}, [("1", "2"), (None, None), ("3", "4"), ("Total", "6")]),
    ],
)
def test_a_table_below_a_title_block(read_file: Any, keys: dict[str, Any], rows: list[Any]) -> None:
    (table,) = read_file(TITLED, name="a.xlsx", **form("excel", **keys))
    assert table.rows == rows
    assert table.numbers == list(range(1, len(rows) + 1))


def test_a_range_in_the_middle_of_a_sheet(read_file: Any) -> None:
    data = sheet(("A", "B", "other"), ("1", "2", "x"), at=(4, 3))
    (table,) = read_file(data, name="a.xlsx", **form("excel", range="C4:D9"))
    assert (table.header, table.rows) == (("A", "B"), [("1", "2")])


def test_positions_of_a_sheet_without_header_count_from_its_column_a(read_file: Any) -> None:
    data = sheet(("1", "2", "3"), at=(1, 2))
    (table,) = read_file(data, name="a.xlsx", **form("excel", header={"rows": "none"}), **BY_POSITION)
    assert table.rows == [(None, "1", "2")]


MERGED = {"columns": [{"name": "a", "from": "Area"}, {"name": "b", "from": "2024 open"}, {"name": "c", "from": "2025 closed"}]}


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("a.xlsx", "excel", sheet(("Area", "2024", None, "2025", None), (None, "open", "closed", "open", "closed"), range(5))),
        ("a.csv", "csv", b"Area,2024,,2025,\n,open,closed,open,closed\n0,1,2,3,4\n"),
    ],
)
def test_a_merged_header_names_columns_by_both_rows(read_file: Any, name: str, kind: str, data: bytes) -> None:
    (table,) = read_file(data, name=name, **form(kind, header={"rows": 2, "merged": True}), **MERGED)
    assert table.header == ("Area", "2024 open", "2024 closed", "2025 open", "2025 closed")
    assert table.rows == [("0", "1", "4")]


def two_sheets(book: openpyxl.Workbook) -> None:
    book.active.append(["A", "B"])
    book.active.append(["=1+1", "x"])
    book.create_sheet("Later").append(["A", "B"])
    book["Later"].append(["1", "2"])


def test_a_sheet_is_chosen_by_the_contract(read_file: Any) -> None:
    (table,) = read_file(workbook(two_sheets), name="a.xlsx", **form("excel", sheet="Later"))
    assert table.rows == [("1", "2")]


@pytest.mark.parametrize(
    ("data", "keys", "said"),
    [
        (workbook(two_sheets), {}, "it has several sheets; there are Sheet, Later; name the one that is meant in format.sheet"),
        (workbook(two_sheets), {"sheet": "Old"}, "it has no sheet Old; there are Sheet, Later; name the one"),
        (workbook(two_sheets), {"sheet": 3}, "it has no sheet 3; there are Sheet, Later; name the one"),
        (
            workbook(two_sheets),
            {"sheet": 1},
            "1 cells hold a formula without its value, the first at A2; open it in Excel, save it, and deliver it again",
        ),
        (sheet(("A", "B"), (CANARY, "1"))[:900], {}, "this is no Excel workbook, or it is damaged; deliver it again"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 99 + "EncryptedPackage".encode("utf-16-le"), {}, "the workbook has a password"),
        (b"A,B\n1,2\n", {}, "this is no Excel workbook, or it is damaged"),
        (b"", {}, "the file is empty"),
        (sheet(("A", "B")), {"header": {"skip": 4}}, "sheet Data has nothing where the contract expects the table"),
        (sheet(("A", "B")), {"range": "D2:E9"}, "sheet Data has nothing where the contract expects the table"),
    ],
)
def test_a_workbook_that_does_not_fit_is_told(read_file: Any, data: bytes, keys: dict[str, Any], said: str) -> None:
    told = refused(read_file, data, "a.xls", form("excel", **keys))
    assert said in told


def test_a_formula_counts_by_the_value_saved_with_it(read_file: Any) -> None:
    """Excel writes the value beside the formula; an empty text is a value, too."""
    data = sheet(("A", "B"), ("=1+1", '=""'))
    opened = zipfile.ZipFile(io.BytesIO(data))
    members = {info.filename: opened.read(info) for info in opened.infolist()}
    body = members["xl/worksheets/sheet1.xml"]
    body = body.replace(b'<c r="A2"><f>1+1</f><v></v></c>', b'<c r="A2"><f>1+1</f><v>2</v></c>').replace(
        b'<c r="A2"><f>1+1</f><v /></c>', b'<c r="A2"><f>1+1</f><v>2</v></c>'
    )
    body = body.replace(b'<c r="B2"><f>', b'<c r="B2" t="str"><f>')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in (members | {"xl/worksheets/sheet1.xml": body}).items():
            archive.writestr(name, part)
    (table,) = read_file(buffer.getvalue(), name="a.xlsx", **form("excel"))
    assert table.rows in ([("2", "")], [("2", None)])


def refused(read_file: Any, data: bytes, name: str, keys: dict[str, Any]) -> str:
    with pytest.raises(DeliveryError) as told:
        read_file(data, name=name, **keys)
    assert "Canary" not in "".join(traceback.format_exception(told.value))
    assert told.value.__context__ is None or told.value.__suppress_context__
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "keys", "rows"),
    [
        (
            '{"meta": {"n": 2}, "result": {"more": [1, {"x": 2}], "records": [{"A": 1, "B": "x"}]}, "end": 5}',
            "result.records",
            [("1", "x")],
        ),
        ('{"A": [{"A": [1, {"z": 1.50}], "B": {"y": null, "t": true}}]}', "A", [('[1,{"z":1.50}]', '{"y":null,"t":true}')]),
        ('[{"A": true, "B": null}, {"B": "ü\\n"}]', None, [("true", None), (None, "ü\n")]),
        ('\ufeff [ {"A":1e5,"B":12345678901234567890123} ] ', None, [("1e5", "12345678901234567890123")]),
    ],
)
def test_json_records_where_the_contract_says(read_file: Any, text: str, keys: str | None, rows: list[Any]) -> None:
    (table,) = read_file(text.encode(), name="a.json", **form("json", records=keys))
    assert table.rows == rows


def test_a_number_may_go_on_in_the_next_piece(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.text_stream.CHUNK_BYTES", 1)
    (table,) = read_file(b'{"n":1234,"r":[{"A":5678,"B":true}],"m":-9.25}', name="a.json", **form("json", records="r"))
    assert table.rows == [("5678", "true")]


def test_json_records_that_are_lists_go_by_position(read_file: Any) -> None:
    text = b'{"data": [["2025-03-01", 1.10, "Ann"], ["2025-03-02", 20, null]]}'
    (table,) = read_file(text, name="a.json", **form("json", records="data", header={"rows": "none"}), **BY_POSITION)
    assert table.rows == [("2025-03-01", "1.10", "Ann"), ("2025-03-02", "20", None)]


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_a_long_json_file_is_read_as_a_stream(read_file: Any, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A column may come up only in the last record; nothing but the record at hand is held."""
    monkeypatch.setattr("ingest.readers.json_records.BATCH_ROWS", 10)
    monkeypatch.setattr("ingest.readers.text_stream.CHUNK_BYTES", 7)
    records = [{"A": n, "pad": f"{{[\"'\\{n}"} for n in range(95)] + [{"A": 95, "B": "late"}]
    text = json.dumps(records) if kind == "json" else "\n".join(map(json.dumps, records))
    (table,) = read_file(text.encode(), name="a.json", **form(kind))
    assert table.header == ("A", "pad", "B")
    assert table.rows == [(str(n), None) for n in range(95)] + [("95", "late")]


def test_blank_lines_of_json_are_records(read_file: Any) -> None:
    (table,) = read_file(b'{"A":1,"B":2}\n\n{"A":3}\r\n', name="a.jsonl", **form("jsonl"))
    assert (table.rows, table.numbers) == ([("1", "2"), (None, None), ("3", None)], [1, 2, 3])


@pytest.mark.parametrize(
    ("kind", "text", "keys", "said"),
    [
        ("json", f'[{{"A":"{CANARY}"}},{{"A":', {}, "it is no JSON; is the file cut off, or a record longer than 16 MB"),
        ("json", f'[{{"A":"{CANARY}"}}', {}, "it is no JSON; is the file cut off"),
        ("json", f'{{"r":[{{"A":"{CANARY}"}}]', {"records": "r"}, "it is no JSON; is the file cut off"),
        ("json", f'[{{"A":"{CANARY}"}} {{"A":1}}]', {}, "it is no JSON; is the file cut off"),
        ("json", f'{{"A":"{CANARY}"}}', {}, "there is no list of records where the contract expects it; name in format.records"),
        ("json", f'{{"A":"{CANARY}"}}', {"records": "r"}, "there is no member r in it; mend format.records"),
        ("json", f'[{{"A":"{CANARY}"}}]', {"records": "r"}, "there is no member r in it"),
        ("json", f'[{{"A":"{CANARY}"}}]\n[]', {}, "it goes on behind its end; are these JSON lines?"),
        ("json", '{"r":[{"A":1}],"r":[]}', {"records": "r"}, "a name stands twice in one object"),
        ("json", f'["{CANARY}"]', {}, "record 1 is not an object; say so in the contract: header: {rows: none}"),
        ("json", f'[{{"A":"{CANARY}","A":1}}]', {}, "a name stands twice in one object"),
        ("json", f'[{{"A":NaN,"B":"{CANARY}"}}]', {}, "it holds NaN where a number should stand"),
        ("json", '[{"A":"\\ud800"}]', {}, "it holds half a character"),
        ("json", "[[1]]", {}, "record 1 is not an object"),
        ("json", '[{"A":' + "[" * 100_000, {}, "it is nested too deeply"),
        ("json", "[]", {}, "it holds no record; deliver it again"),
        ("json", " ", {}, "the file is empty"),
        ("json", "<html>", {}, "this is a web page or XML, and the contract says json"),
        ("jsonl", f'{{"A":"{CANARY}"}}\n{{"A":', {}, "line 2 is no JSON; is the file cut off?"),
        ("jsonl", '[{"A":1}]\n', {}, "record 1 is not an object"),
        ("jsonl", '[{"A":1},\n{"A":2}]\n', {}, "line 1 is no JSON"),
        ("jsonl", "", {}, "it holds no record"),
    ],
)
def test_json_that_does_not_fit_is_told(read_file: Any, kind: str, text: str, keys: dict[str, Any], said: str) -> None:
    assert said in refused(read_file, text.encode(), "a.json", form(kind, **keys))


def test_a_line_without_end_is_told(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.json_records.LONGEST_RECORD", 1000)
    assert "a line is longer than 16 MB" in refused(read_file, b'{"A":"' + b"x" * 3000, "a.jsonl", form("jsonl"))
    monkeypatch.setattr("ingest.readers.text_stream.CHUNK_BYTES", 100)
    assert "longer than 16 MB" in refused(read_file, b'[{"A":"' + b"x" * 3000, "a.json", form("json"))


def test_fixed_width_counts_characters_and_pads_short_lines(read_file: Any) -> None:
    data = "äöü 12\n\nx\nyyyy  34    \n".encode("utf-16")
    keys = form("fixed_width", widths=[4, 4], encoding="utf-16", header={"rows": "none"})
    (table,) = read_file(data, name="a.txt", **keys, columns=[{"name": "a", "from": 1}, {"name": "b", "from": 2}])
    assert table.rows == [("äöü", "12"), ("", ""), ("x", ""), ("yyyy", "34")]


def test_quotes_and_delimiters_mean_nothing_in_fixed_width(read_file: Any) -> None:
    (table,) = read_file(b'A   B\n",", "x"\n', name="a.txt", **form("fixed_width", widths=[4, 4]))
    assert table.rows == [('",",', '"x"')]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"A   B\n" + CANARY.encode() + b"\n", "line 2 is 14 characters long, and the widths in the contract add up to 7"),
        (b"A   B\nx\x1fy\n", "a line is longer than 4 MB, or holds a control character"),
        (b"", "the file is empty"),
    ],
)
def test_fixed_width_that_does_not_fit_is_told(read_file: Any, data: bytes, said: str) -> None:
    assert said in refused(read_file, data, "a.txt", form("fixed_width", widths=[4, 3]))


def test_deleted_records_of_dbase_are_counted_and_blank(read_file: Any) -> None:
    data = dbf([("A", "C", 3), ("B", "L", 1)], [b"1  T", b"2  ?", b"3  F"], deleted=(0,))
    (table,) = read_file(data, name="a.dbf", **form("dbf"))
    assert (table.rows, table.numbers) == ([(None, None), ("2", ""), ("3", "F")], [1, 2, 3])


def test_dbase_in_another_encoding(read_file: Any) -> None:
    data = dbf([("A", "C", 4), ("B", "I", 4)], ["é  x".encode("cp1252") + struct.pack("<i", -70000)])
    (table,) = read_file(data, name="a.dbf", **form("dbf", encoding="windows-1252"))
    assert table.rows == [("é  x", "-70000")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            dbf([("A", "C", 9), ("B", "C", 9)], [CANARY.encode().ljust(18)], said=3),
            "its header says 3 records, and 2 are not there",
        ),
        (dbf([("A", "C", 9), ("B", "C", 9)], [b" " * 18] * 3, said=1), "it holds more records than the 1 that its header says"),
        (DBF[:40], "its header is damaged or cut off"),
        (DBF[:10], "this is no dBase file"),
        (b"DAY,N\n" * 9, "this is no dBase file"),
        (b"", "the file is empty"),
        (dbf([("A", "C", 4), ("B", "C", 1)], ["é".encode("cp1252").ljust(5)]), "its bytes are not utf-8"),
        (dbf([("A", "M", 10), ("B", "C", 1)], [b"         1x"]), "a is of type struct<dbase_M: null> and cannot be read as text"),
        (b"\x04" + DBF[1:], "this is a dBase file of level 7"),
    ],
)
def test_dbase_that_does_not_fit_is_told(read_file: Any, data: bytes, said: str) -> None:
    assert said in refused(read_file, data, "a.dbf", form("dbf"))


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
    ("files", "keys", "said"),
    [
        (
            {"visits.shp": GOOD["visits.shp"]},
            {},
            "visits.shp: there is no .dbf beside it; deliver .shp, .dbf, .shx and .prj together",
        ),
        ({"visits.dbf": GOOD["visits.dbf"]}, {}, "visits.dbf: this is no shapefile and belongs to none"),
        (GOOD | {"readme.txt": b"x"}, {}, "readme.txt: this is no shapefile and belongs to none"),
        (GOOD | {"visits.shp": GOOD["visits.shp"][:-9]}, {}, "it is cut off, or longer than its header says"),
        (GOOD | {"visits.dbf": shapes(PLACES[0])["visits.dbf"]}, {}, "it has 2 shapes, and the .dbf beside it 1 records"),
        (GOOD | {"visits.cpg": b"ISO-8859-1"}, {}, "its .cpg says that it is in ISO-8859-1, and the contract utf-8"),
        (
            GOOD | {"visits.prj": b'PROJCS["Local_Feet",GEOGCS["x"]]'},
            {},
            "the coordinate reference system 'Local_Feet', without a code",
        ),
        (
            GOOD | {"visits.prj": b'GEOGCS["x",AUTHORITY["EPSG","4269"]]'},
            {"crs": "EPSG:4326"},
            "it declares EPSG:4269, the contract",
        ),
        (shapes((2500000.0, 390000.0)), {}, "its coordinates are no degrees, and it does not say what else they are"),
        (GOOD | {"visits.shp": b"x" * 200}, {}, "this is no shapefile"),
    ],
)
def test_a_shapefile_that_does_not_fit_is_told(
    read_file: Any, tmp_path: Any, files: dict[str, bytes], keys: dict[str, Any], said: str
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    told = refused(read_file, next(iter(files.values())), next(iter(files)), SHAPE | form("shapefile", **keys))
    assert said in told


def test_layouts_of_another_kind_by_year_also_inside_an_archive(read_file: Any) -> None:
    layouts = [
        {"files": "*2019*", "kind": "excel", "header": {"skip": 1}},
        {"files": "*2020*", "delimiter": ";", "encoding": "windows-1252"},
        {"files": "*2021*", "kind": "json"},
    ]
    keys = form("csv", layouts=layouts) | {"columns": [{"name": "a", "from": ["A", "Alpha"]}, {"name": "b", "from": "B"}]}
    old = sheet(("Visits 2019", None), ("Alpha", "B"), ("1", "x"))
    archive = zipped(
        v2019__xlsx=old, v2020__csv="A;B\n2;é\n".encode("cp1252"), v2021__json=b'[{"A":3,"B":"z"}]', v2022__csv=b"A,B\n4,w\n"
    )
    tables = read_file(archive, name="all.zip", **keys)
    assert [table.rows for table in tables] == [[("1", "x")], [("2", "é")], [("3", "z")], [("4", "w")]]


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        (b"%PDF-1.7 x", "this is a PDF, and the contract says csv; deliver what was agreed, or change format.kind"),
        (sheet(("A", "B")), "this is an Excel workbook or another Office file, and the contract says csv"),
        (b"PAR1xxxx", "this is a Parquet file, and the contract says csv"),
        (b"\n<!DOCTYPE html><p>Please log in", "this is a web page or XML, and the contract says csv"),
        (gzip.compress(gzip.compress(b"A,B\n", mtime=0), mtime=0), "this is packed twice, and the contract says csv"),
    ],
)
def test_something_else_than_agreed_is_called_by_its_name(read_file: Any, begins: bytes, said: str) -> None:
    assert said in refused(read_file, begins, "visits.csv", {})


def test_utf_16_without_a_mark_is_not_guessed(read_file: Any) -> None:
    data = "A,B\n1,2\n".encode("utf-16-be")
    told = refused(read_file, data, "a.csv", form("csv", encoding="utf-16"))
    assert (
        "it has no byte order mark, and utf-16 without one may be either; write format.encoding: utf-16-le in the contract"
        in told
    )
    (table,) = read_file(data, name="a.csv", **form("csv", encoding="utf-16-be"))
    assert table.rows == [("1", "2")]


def test_a_long_json_file_is_not_held_in_memory(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """30 MB of records of which the contract takes little: the reader holds a batch of them at a time."""
    monkeypatch.setattr("ingest.readers.json_records.BATCH_ROWS", 500)
    data = b"\n".join(b'{"A":%d,"pad":"%s"}' % (number, b"x" * 3000) for number in range(10_000))
    read_file(data[:3000] + b'"}', name="first.jsonl", **form("jsonl"))  # what is imported once does not count
    tracemalloc.start()
    try:
        _, table = sorted(read_file(data, name="a.jsonl", **form("jsonl")), key=lambda table: len(table.rows))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(table.rows) == 10_000
    assert most < 18e6, f"{most / 1e6:.0f} MB"

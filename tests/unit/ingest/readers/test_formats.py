"""Every kind of file gives the same: text under the contract's names, counted records, a clear error where it does not fit."""

from __future__ import annotations

import gzip
import struct
from typing import Any

import pytest

from tests.support.file_formats import CANARY, HEADER, ROWS, THREE, dbf, form, refused, sheet, zipped

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


def test_fixed_width_counts_characters_and_pads_short_lines(read_file: Any) -> None:
    data = "äöü 12\n\nx\nyyyy  34    \n".encode("utf-16")
    keys = form("fixed_width", widths=[4, 4], encoding="utf-16", header={"rows": "none"})
    (table,) = read_file(data, name="a.txt", **keys, columns=[{"name": "a", "from": 1}, {"name": "b", "from": 2}])
    assert table.rows == [("äöü", "12"), ("", ""), ("x", ""), ("yyyy", "34")]


def test_quotes_and_delimiters_mean_nothing_in_fixed_width(read_file: Any) -> None:
    (table,) = read_file(b'A   B\n",", "x"\n', name="a.txt", **form("fixed_width", widths=[4, 4]))
    assert table.rows == [('",",', '"x"')]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"A   B\n" + CANARY.encode() + b"\n", "line 2 is 14 characters long, and the widths in the contract add up to 7"),
        (b"A   B\nx\x1fy\n", "a line is longer than 4 MB, or contains a control character"),
        (b"", "the file is empty"),
    ],
)
def test_fixed_width_that_does_not_fit_is_reported(read_file: Any, data: bytes, message: str) -> None:
    assert message in refused(read_file, data, "a.txt", form("fixed_width", widths=[4, 3]))


def test_deleted_records_of_dbase_are_counted_and_blank(read_file: Any) -> None:
    data = dbf([("A", "C", 3), ("B", "L", 1)], [b"1  T", b"2  ?", b"3  F"], deleted=(0,))
    (table,) = read_file(data, name="a.dbf", **form("dbf"))
    assert (table.rows, table.numbers) == ([(None, None), ("2", ""), ("3", "F")], [1, 2, 3])


def test_dbase_in_another_encoding(read_file: Any) -> None:
    data = dbf([("A", "C", 4), ("B", "I", 4)], ["é  x".encode("cp1252") + struct.pack("<i", -70000)])
    (table,) = read_file(data, name="a.dbf", **form("dbf", encoding="windows-1252"))
    assert table.rows == [("é  x", "-70000")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            dbf([("A", "C", 9), ("B", "C", 9)], [CANARY.encode().ljust(18)], declared_records=3),
            "its header declares 3 records, and 2 are missing",
        ),
        (
            dbf([("A", "C", 9), ("B", "C", 9)], [b" " * 18] * 3, declared_records=1),
            "it has more records than the 1 that its header declares",
        ),
        (DBF[:40], "its header is damaged or cut off"),
        (DBF[:10], "this is not a dBase file"),
        (b"DAY,N\n" * 9, "this is not a dBase file"),
        (b"", "the file is empty"),
        (dbf([("A", "C", 4), ("B", "C", 1)], ["é".encode("cp1252").ljust(5)]), "its bytes are not utf-8"),
        (dbf([("A", "M", 10), ("B", "C", 1)], [b"         1x"]), "a is of type struct<dbase_M: null> and cannot be read as text"),
        (b"\x04" + DBF[1:], "this is a dBase file of level 7"),
    ],
)
def test_dbase_that_does_not_fit_is_reported(read_file: Any, data: bytes, message: str) -> None:
    assert message in refused(read_file, data, "a.dbf", form("dbf"))


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
    ("begins", "message"),
    [
        (b"%PDF-1.7 x", "this is a PDF, but the contract has csv; deliver what was agreed, or change format.kind"),
        (sheet(("A", "B")), "this is an Excel workbook or another Office file, but the contract has csv"),
        (b"PAR1xxxx", "this is a Parquet file, but the contract has csv"),
        (b"\x00" * 8 + b"DUCK\x40\x00\x00", "this is a DuckDB database, but the contract has csv"),
        (b"BZh91AY&SY\x00\x01", "this is a bzip2 archive, but the contract has csv"),
        (b"\xfd7zXZ\x00", "this is an xz archive, but the contract has csv"),
        (b"visits.csv".ljust(257, b"\x00") + b"ustar\x0000", "this is a tar archive, but the contract has csv"),
        (b"Obj\x01\x02", "this is an Avro file, but the contract has csv"),
        (b"\x00\x01\x00\x00Standard ACE DB\x00", "this is an Access database, but the contract has csv"),
        (b' [ {"A": 1, "B": 2}]', "this is JSON, but the contract has csv"),
        (b"\n<!DOCTYPE html><p>Please log in", "this is a web page or XML, but the contract has csv"),
        (gzip.compress(gzip.compress(b"A,B\n", mtime=0), mtime=0), "this is packed twice, but the contract has csv"),
    ],
)
def test_something_else_than_agreed_is_called_by_its_name(read_file: Any, begins: bytes, message: str) -> None:
    assert message in refused(read_file, begins, "visits.csv", {})


def test_utf_16_without_a_mark_is_not_guessed(read_file: Any) -> None:
    data = "A,B\n1,2\n".encode("utf-16-be")
    message = refused(read_file, data, "a.csv", form("csv", encoding="utf-16"))
    assert (
        "it has no byte order mark, and utf-16 without one may be either; write format.encoding: utf-16-le in the contract"
        in message
    )
    (table,) = read_file(data, name="a.csv", **form("csv", encoding="utf-16-be"))
    assert table.rows == [("1", "2")]


@pytest.mark.parametrize("header", ["ORC,B", "BZh,B", "COLOR,A,DUCK", "[A],B"])
def test_a_header_may_begin_like_another_kind(read_file: Any, header: str) -> None:
    data = f"{header}\n{','.join('1' for _ in header.split(','))}\n"
    (table,) = read_file(data.encode(), columns=[{"name": "a", "from": header.split(",", maxsplit=1)[0]}])
    assert table.rows == [("1",)]

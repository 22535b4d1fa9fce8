"""Excel workbooks: cells keep their digits, the contract chooses sheet, range and header rows, and errors name the cell."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from typing import Any

import openpyxl
import pytest

from tests.support.file_formats import BY_POSITION, CANARY, HEADER, ROWS, THREE, form, refused, sheet, workbook, xls, zipped


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
    ("data", "keys", "message"),
    [
        (workbook(two_sheets), {}, "it has several sheets; there are Sheet, Later; name the one that is meant in format.sheet"),
        (workbook(two_sheets), {"sheet": "Old"}, "it has no sheet Old; there are Sheet, Later; name the one"),
        (workbook(two_sheets), {"sheet": 3}, "it has no sheet 3; there are Sheet, Later; name the one"),
        (
            workbook(two_sheets),
            {"sheet": 1},
            "1 cells have a formula without its value, the first at A2; open it in Excel, save it, and deliver it again",
        ),
        (sheet(("A", "B"), (CANARY, "1"))[:900], {}, "this is not an Excel workbook, or it is damaged; deliver it again"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 99 + "EncryptedPackage".encode("utf-16-le"), {}, "the workbook has a password"),
        (b"A,B\n1,2\n", {}, "this is not an Excel workbook, or it is damaged"),
        (b"", {}, "the file is empty"),
        (sheet(("A", "B")), {"header": {"skip": 4}}, "sheet Data has nothing where the contract expects the table"),
        (sheet(("A", "B")), {"range": "D2:E9"}, "sheet Data has nothing where the contract expects the table"),
    ],
)
def test_a_workbook_that_does_not_fit_is_reported(read_file: Any, data: bytes, keys: dict[str, Any], message: str) -> None:
    reported = refused(read_file, data, "a.xls", form("excel", **keys))
    assert message in reported


def test_a_formula_counts_by_the_value_saved_with_it(read_file: Any) -> None:
    """Excel writes the value next to the formula; an empty text is a value, too."""
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

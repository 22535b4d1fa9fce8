"""Small files that ask for more time or memory than there is: each is refused at once, with what to do."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from ingest.errors import DeliveryError
from ingest.readers.reader_types import MOST_COLUMNS

COLUMNS = [{"name": "a", "from": "A"}, {"name": "b", "from": "B"}]
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER = '<c r="A1" t="inlineStr"><is><t>A</t></is></c><c r="B1" t="inlineStr"><is><t>B</t></is></c>'


def workbook(rows: str, before: str = "") -> bytes:
    """A workbook whose sheet is written by hand."""
    ordinary, buffer = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(ordinary)
    sheet = f'{before}<worksheet xmlns="{NAMESPACE}"><sheetData><row r="1">{HEADER}</row>{rows}</sheetData></worksheet>'
    with zipfile.ZipFile(ordinary) as read, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            written.writestr(name, sheet if name == SHEET else read.read(name))
    return buffer.getvalue()


def refused(read_file: Any, data: bytes, kind: str) -> str:
    began = time.process_time()
    with pytest.raises(DeliveryError) as raised:
        read_file(data, name="a.bin", format={"kind": kind}, columns=COLUMNS)
    assert time.process_time() - began < 5
    return f"{raised.value.problem}; {raised.value.remedy}"


def test_a_sheet_of_two_corners_is_refused(read_file: Any) -> None:
    """The library would make room for 17 billion cells, and the process would end without memory."""
    message = refused(read_file, workbook('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "excel")
    assert message == (
        "its 3 cells are far apart, over 1,048,576 rows and 16,384 columns; "
        "delete the cells far outside the table, save it, and deliver it again"
    )


def test_a_sheet_with_formatted_emptiness_is_read(read_file: Any) -> None:
    """A formatted whole column: cells without a value do not show where the table ends."""
    rows = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    (table,) = read_file(workbook(rows), name="a.bin", format={"kind": "excel"}, columns=COLUMNS)
    assert table.rows == [("1", "2")]


@pytest.mark.parametrize("place", ['r="{}1" ', ""], ids=["with positions", "without"])
def test_a_sheet_with_a_row_beyond_sense_is_refused_before_it_is_read(read_file: Any, place: str) -> None:
    """A million header cells hung the run, which could not be ended: the library reads in one call."""
    cells = "".join(f'<c {place.format("A" * (1 + n % 5))}t="inlineStr"><is><t>c{n}</t></is></c>' for n in range(1_000_000))
    message = refused(read_file, workbook(f'<row r="2">{cells}</row>'), "excel")
    assert message.startswith("it has more than 4,096 columns; export it again")


def test_entities_of_a_sheet_are_not_unfolded(read_file: Any) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>&b;&b;</t></is></c></row>'
    assert "not an Excel workbook, or it is damaged" in refused(read_file, workbook(row, entities), "excel")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("csv", ",".join(map(str, range(300_000))).encode()),
        ("csv", b'"a\n,",' * 300_000),
        ("json", json.dumps([{f"c{n}": 1} for n in range(6_000)]).encode()),
        ("jsonl", b"\n".join(b'{"c%d": 1}' % n for n in range(6_000))),
        ("geojson", json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "geometry": None, "properties": {f"c{n}": 1}} for n in range(6_000)]}).encode()),
    ],
    ids=["csv", "csv with quotes", "json", "jsonl", "geojson"],
)  # fmt: skip
def test_a_table_that_is_wide_beyond_sense_is_refused(read_file: Any, kind: str, data: bytes) -> None:
    assert "it has more than 4,096 columns; export it again" in refused(read_file, data, kind)


def test_separators_below_the_first_record_and_inside_quotes_are_no_columns(read_file: Any) -> None:
    commas = "," * MOST_COLUMNS
    (table,) = read_file(f'A,B\n1,"{commas}"\n'.encode(), columns=COLUMNS)
    assert table.rows == [("1", commas)]
    (table,) = read_file(f"{commas}\nA,B\n1,2\n".encode(), format={"kind": "csv", "header": {"skip": 1}}, columns=COLUMNS)
    assert table.rows == [("1", "2")]


def parquet(texts: pa.Array, **how: Any) -> bytes:
    buffer = io.BytesIO()
    table = pa.table({"A": texts, "B": pa.nulls(len(texts), pa.string())})
    pyarrow.parquet.write_table(table, buffer, store_schema=False, **how)
    return buffer.getvalue()


LONG = "x" * 100_000
REPEATED = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array([LONG]))
FOLDED = {
    "a dictionary": (REPEATED, {"compression": "zstd"}),
    "prefixes": (pa.array([LONG] * 400), {"use_dictionary": False, "column_encoding": {"A": "DELTA_BYTE_ARRAY", "B": "PLAIN"}}),
}


@pytest.mark.parametrize("folded", FOLDED)
def test_a_text_that_every_row_means_is_unfolded_a_few_rows_at_once(
    read_file: Any, monkeypatch: pytest.MonkeyPatch, folded: str
) -> None:
    monkeypatch.setattr("ingest.readers.formats.parquet.NEVER_A_BOMB_UNFOLDED", 20 << 20)
    monkeypatch.setattr("ingest.readers.formats.parquet.MOST_TIMES_UNFOLDED", 1)
    monkeypatch.setattr("ingest.readers.formats.parquet.MOST_AT_ONCE", 4 << 20)
    texts, how = FOLDED[folded]
    data, most = parquet(texts, **how), pa.default_memory_pool().max_memory() + (64 << 20)
    assert "it unpacks to more than 1 times its size" in refused(read_file, data, "parquet")
    assert pa.default_memory_pool().max_memory() < most, "unfolded at once it would take gigabytes"


def test_pages_that_unfold_are_refused_before_they_do(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.formats.parquet.NEVER_A_BOMB", 20 << 20)
    data = parquet(pa.array([LONG] * 400), use_dictionary=False, compression="zstd")
    assert "it unpacks to more than 300 times its size" in refused(read_file, data, "parquet")


def test_few_rows_at_once_come_out_together_and_in_order(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.formats.parquet.MOST_AT_ONCE", 4000)
    texts = pa.array([f"row {number:05}" for number in range(3_000)])
    (table,) = read_file(parquet(texts), name="a.bin", format={"kind": "parquet"}, columns=COLUMNS)
    assert [row[0] for row in table.rows] == texts.to_pylist()
    assert table.numbers == list(range(1, 3_001))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("json", b"[" * 200_000),
        ("json", b'[{"A":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"),
        ("jsonl", b'{"A":' * 100_000),
        ("geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
         + b"[" * 100_000 + b"]" * 100_000 + b"}]}"),
    ],
    ids=["json", "json value", "jsonl", "geojson"],
)  # fmt: skip
def test_what_is_nested_without_end_is_refused(read_file: Any, kind: str, data: bytes) -> None:
    assert "it is nested too deeply; export it again" in refused(read_file, data, kind)

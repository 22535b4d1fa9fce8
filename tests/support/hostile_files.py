"""Files that a department, or an attacker in its name, may deliver: each asks for more than there is, or is something else."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet

GOOD = b"A,B\n1,2\n3,4\n"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>A</t></is></c><c r="B1" t="inlineStr"><is><t>B</t></is></c></row>'
ROW = '<row r="2"><c r="A2" t="inlineStr"><is><t>1</t></is></c><c r="B2" t="inlineStr"><is><t>2</t></is></c></row>'
PASSWORD = "EncryptedPackage".encode("utf-16-le")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Hostile:
    """A delivered file: its name, its format in the contract, its bytes, and how many of its rows land; None: it is held back."""

    name: str
    format: dict[str, Any]
    make: Callable[[], bytes]
    landed: int | None = None


def zipped(members: dict[str, bytes], flags: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    data = buffer.getvalue()
    # the flags of each member, in its own header and in the directory
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while flags and start >= 0:
            data = data[: start + at] + struct.pack("<H", flags) + data[start + at + 2 :]
            start = data.find(mark, start + 4)
    return data


def workbook(parts: dict[str, str | bytes], before: str = "") -> bytes:
    """A workbook with parts written by hand; without a sheet among them, that of `GOOD`'s first row."""
    ordinary, buffer = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(ordinary)
    sheet = f'{before}<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{ROW}</sheetData></worksheet>'
    written: dict[str, str | bytes] = {SHEET: sheet} | parts
    with zipfile.ZipFile(ordinary) as read, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in {**dict.fromkeys(read.namelist()), **dict.fromkeys(written)}:
            archive.writestr(name, written[name] if name in written else read.read(name))
    return buffer.getvalue()


def sheet(rows: str, before: str = "") -> bytes:
    return workbook({SHEET: f'{before}<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{rows}</sheetData></worksheet>'})


def wide_sheet() -> bytes:
    cells = "".join(f'<c r="{"A" * (1 + n % 5)}2" t="inlineStr"><is><t>c{n}</t></is></c>' for n in range(1_000_000))
    return sheet(f'<row r="2">{cells}</row>')


def deep_sheet() -> bytes:
    return sheet(f'<row r="2">{"<is>" * 200_000}{"</is>" * 200_000}</row>')


def many_strings() -> bytes:
    strings = f'<sst xmlns="{MAIN}" count="2147483647" uniqueCount="2147483647">{"<si><t>x</t></si>" * 2_000_000}</sst>'
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="rId9" Target="sharedStrings.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>'
    )
    row = '<row r="2"><c r="A2" t="s"><v>2147483646</v></c><c r="B2" t="s"><v>-1</v></c></row>'
    body = f'<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{row}</sheetData></worksheet>'
    return workbook({STRINGS: strings, "xl/_rels/workbook.xml.rels": relation, SHEET: body})


def many_sheets() -> bytes:
    entries = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 2_000_001))
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return workbook({BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{relations}"><sheets>{entries}</sheets></workbook>'})


def entities() -> bytes:
    names = "abcdefghij"
    chain = "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in pairwise(names))
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>&j;</t></is></c></row>'
    return sheet(row, f'<!DOCTYPE x [<!ENTITY a "{"a" * 100}">{chain}]>')


def parquet() -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"A": ["1"] * 1000, "B": ["2"] * 1000}), buffer)
    return buffer.getvalue()


def broken_footer() -> bytes:
    data = parquet()
    return data[:-200] + bytes(byte ^ 0x5A for byte in data[-200:-8]) + data[-8:]


def shape_of_one_record() -> bytes:
    """A main file whose only record has a length of 4 GB."""
    header = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 2**31 - 1) + struct.pack("<2i8d", 1000, 5, *[0.0] * 8)
    return header + struct.pack(">2i", 1, 2**31 - 1) + b"\x05\x00\x00\x00"


def dbf_of_many_records() -> bytes:
    field = b"A\0\0\0\0\0\0\0\0\0\0C\0\0\0\0\xfe" + bytes(15)
    return b"\x03\x19\x01\x01" + struct.pack("<IHH", 2**32 - 1, 65, 255) + bytes(20) + field + b"\r" + b" 1"


CSV, EXCEL, JSON = {"kind": "csv"}, {"kind": "excel"}, {"kind": "json"}
HOSTILE: dict[str, Hostile] = {
    "a zip bomb": Hostile("bomb.zip", CSV, lambda: zipped({"a.csv": b"A,B\n" + b"1,2\n" * (64 << 20)})),
    "a gzip bomb of one line": Hostile("bomb.csv.gz", CSV, lambda: gzip.compress(b"A,B\n" + bytes(256 << 20), 1)),
    "an archive in an archive": Hostile("in.zip", CSV, lambda: zipped({"b.zip": zipped({"a.csv": GOOD})})),
    "a member outside its folder": Hostile("out.zip", CSV, lambda: zipped({"../../etc/passwd": GOOD})),
    "an encrypted archive": Hostile("locked.zip", CSV, lambda: zipped({"a.csv": GOOD}, flags=1)),
    "many members": Hostile("many.zip", CSV, lambda: zipped({f"m{n}.csv": b"" for n in range(100_000)})),
    "a workbook with a row of a million cells": Hostile("wide.xlsx", EXCEL, wide_sheet),
    "a workbook of two corners": Hostile(
        "corners.xlsx", EXCEL, lambda: sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    ),
    "a workbook of deep elements": Hostile("deep.xlsx", EXCEL, deep_sheet),
    "a workbook of two billion strings": Hostile("strings.xlsx", EXCEL, many_strings),
    "a workbook of two million sheets": Hostile("sheets.xlsx", EXCEL, many_sheets),
    "a workbook of entities": Hostile("entities.xlsx", EXCEL, entities),
    "a workbook with a password": Hostile("locked.xlsx", EXCEL, lambda: OLE + bytes(4096) + PASSWORD),
    "an old workbook of noise": Hostile("old.xls", EXCEL, lambda: OLE + bytes(range(256)) * 400),
    "a workbook with macros": Hostile("macros.xlsm", EXCEL, lambda: workbook({"xl/vbaProject.bin": OLE + b"Shell"}), landed=1),
    "cells that are formulas": Hostile("formulas.csv", CSV, lambda: b"A,B\n=cmd|'/c calc'!A0,@SUM(1)\n", landed=1),
    "a Parquet file with a broken footer": Hostile("broken.parquet", {"kind": "parquet"}, broken_footer),
    "a Parquet file with an endless footer": Hostile(
        "endless.parquet", {"kind": "parquet"}, lambda: parquet()[:-8] + struct.pack("<I", 2**32 - 1) + b"PAR1"
    ),
    "NUL bytes": Hostile("nul.csv", CSV, lambda: b"A,B\n\0\0\0,2\n\0" + bytes(1000)),
    "a line without end": Hostile("line.csv", CSV, lambda: b"A,B\n" + b"x" * (64 << 20)),
    "a quote that is left open": Hostile("quote.csv", CSV, lambda: b'A,B\n1,"' + b"y\n" * (16 << 20)),
    "a fixed width without lines": Hostile(
        "line.txt", {"kind": "fixed_width", "header": {"rows": "none"}, "widths": [1, 1]}, lambda: b"x" * (64 << 20)
    ),
    "nested JSON": Hostile("deep.json", JSON, lambda: b'[{"A":' + b"[" * 500_000 + b"]" * 500_000 + b"}]"),
    "JSON that refers to itself": Hostile("cycle.json", JSON, lambda: json.dumps({"$ref": "#", "A": {"$ref": "#/A"}}).encode()),
    "a number of a million digits": Hostile(
        "digits.json", JSON, lambda: b'[{"A":' + b"9" * 1_000_000 + b',"B":1e999999999}]', landed=1
    ),
    "GeoJSON that is cut off": Hostile(
        "cut.geojson", {"kind": "geojson"}, lambda: b'{"type":"FeatureCollection","features":[' + b"[" * 4_000_000
    ),
    "a shape of four gigabytes": Hostile("shape.shp", {"kind": "shapefile"}, shape_of_one_record),
    "a dBase file of four billion records": Hostile("records.dbf", {"kind": "dbf"}, dbf_of_many_records),
    "no bytes": Hostile("empty.csv", CSV, lambda: b""),
    "a picture with another suffix": Hostile("picture.csv", CSV, lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "bytes of no encoding": Hostile("latin.csv", CSV, lambda: b"A,B\n\xff\xfe\xf1,2\n"),
    "a name that controls the terminal": Hostile("x..%2f\x1b[2J\nadmin.csv", CSV, lambda: GOOD, landed=2),
}  # fmt: skip

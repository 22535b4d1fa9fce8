"""Bytes of small files in each format that a contract can name, for the tests of readers."""

from __future__ import annotations

import io
import struct
import traceback
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlwt

from ingest.errors import DeliveryError

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
    sheet = book.add_sheet("Data")
    for down, row in enumerate(rows):
        for right, cell in enumerate(row):
            sheet.write(down, right, cell)
    book.save(buffer)
    return buffer.getvalue()


def dbf(
    fields: list[tuple[str, str, int]], records: list[bytes], deleted: tuple[int, ...] = (), declared_records: int | None = None
) -> bytes:
    length = 1 + sum(size for _, _, size in fields)
    described = b"".join(
        name.encode().ljust(11, b"\x00") + kind.encode() + b"\x00" * 4 + bytes([size]) + b"\x00" * 15
        for name, kind, size in fields
    )
    head = struct.pack(
        "<B3xIHH20x", 3, len(records) if declared_records is None else declared_records, 32 + len(described) + 1, length
    )
    body = b"".join((b"*" if at in deleted else b" ") + record for at, record in enumerate(records))
    return head + described + b"\x0d" + body + b"\x1a"


def refused(read_file: Any, data: bytes, name: str, keys: dict[str, Any]) -> str:
    with pytest.raises(DeliveryError) as error:
        read_file(data, name=name, **keys)
    assert "Canary" not in "".join(traceback.format_exception(error.value))
    assert error.value.__context__ is None or error.value.__suppress_context__
    return str(error.value)

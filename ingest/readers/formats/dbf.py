"""Read dBase tables (.dbf), alone or next to a shapefile: one row per record, its fields as text.

Libraries for this format turn digits into floats; here 1.10 stays 1.10. A record that is marked as deleted is counted as blank. A
memo is in another file: a contract that takes a memo column gets an error, not the number of the memo's page.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import Format
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, Stream
from ingest.readers.refusals import DBASE_VERSIONS

HEADER_BYTES, FIELD_BYTES, END_OF_FIELDS, END_OF_FILE = 32, 32, b"\x0d", b"\x1a"
DBASE_7 = frozenset({0x04, 0x8C})
TEXT_TYPES = "CNFDL"
DELETED = ord("*")
DATE = r"^(\d{4})(\d\d)(\d\d)$"
AGAIN = "export it again"


@dataclass(frozen=True)
class Field:
    """A field of the header: its name, type and position in the record."""

    name: str
    type: str
    start: int
    length: int


@dataclass(frozen=True)
class Layout:
    """The content of the header: the number of records, the bytes of each, and their fields."""

    records: int
    record_bytes: int
    fields: tuple[Field, ...]


def open_dbf(how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    """Read a stream of dBase; raises `EOFError` for an empty one."""
    stream = stack.enter_context(given.open())
    layout = read_layout(stream, how, fail)
    check_encoding(given, how, fail)
    return OpenTable(tuple(field.name for field in layout.fields), (), batches(stream, layout, how, fail))


def read_layout(stream: IO[bytes], how: Format, fail: Fail) -> Layout:
    """Read the header of a stream, which is at its first record afterwards."""
    head = stream.read(HEADER_BYTES)
    if not head:
        raise EOFError("Empty CSV")
    if len(head) < HEADER_BYTES or head[0] not in DBASE_VERSIONS:
        raise fail("this is not a dBase file", "deliver it as .dbf, or change format.kind in the contract")
    if head[0] in DBASE_7:
        raise fail("this is a dBase file of level 7, which Levelground cannot read", "save it as dBase IV or III")
    records, header_bytes, record_bytes = struct.unpack("<IHH", head[4:12])
    described = stream.read(max(0, header_bytes - HEADER_BYTES))
    end = described.find(END_OF_FIELDS)
    while end > 0 and end % FIELD_BYTES:  # the byte may occur inside a description
        end = described.find(END_OF_FIELDS, end + 1)
    if len(described) < header_bytes - HEADER_BYTES or end < FIELD_BYTES:
        raise fail("its header is damaged or cut off", "deliver it again")
    fields, start = [], 1
    for at in range(0, end, FIELD_BYTES):
        name = described[at : at + 11].split(b"\x00")[0].decode(how.encoding)
        kind, length = chr(described[at + 11]), described[at + 16]
        if kind == "C":  # long texts store their upper byte where numbers store their decimals
            length += described[at + 17] << 8
        fields.append(Field(name, kind, start, length))
        start += length
    if start > record_bytes:
        raise fail("its header is damaged: the fields are longer than a record", "deliver it again")
    return Layout(records, record_bytes, tuple(fields))


def batches(stream: IO[bytes], layout: Layout, how: Format, fail: Fail) -> Iterator[pa.RecordBatch]:
    """The records; raises an error if there are fewer or more than the header declares."""
    record = np.dtype(
        {
            "names": ["deleted", *(f"f{at}" for at in range(len(layout.fields)))],
            "formats": ["u1", *(f"S{field.length}" if field.length else "S1" for field in layout.fields)],
            "offsets": [0, *(field.start if field.length else 0 for field in layout.fields)],
            "itemsize": layout.record_bytes,
        }
    )
    left = layout.records
    while left:
        rows = min(left, BATCH_ROWS)
        data = stream.read(rows * layout.record_bytes)
        if len(data) < rows * layout.record_bytes:
            short = left - len(data) // layout.record_bytes
            problem = f"it is cut off: its header declares {layout.records:,} records, and {short:,} are missing"
            raise fail(problem, "deliver it again")
        table = np.frombuffer(data, record)
        deleted = pa.array(table["deleted"] == DELETED)
        columns = [_column(field, table[f"f{at}"], deleted, how) for at, field in enumerate(layout.fields)]
        yield pa.RecordBatch.from_arrays(columns, names=[f"f{at}" for at in range(len(columns))])
        left -= rows
    rest = stream.read(layout.record_bytes + 1)
    if len(rest) >= layout.record_bytes and not rest.startswith(END_OF_FILE):
        raise fail(f"it has more records than the {layout.records:,} that its header declares", AGAIN)


def _column(field: Field, cells: np.ndarray, deleted: pa.Array, how: Format) -> pa.Array:
    if field.type in TEXT_TYPES:
        text = _decoded(pa.array(cells.tolist() if field.length else [b""] * len(cells), pa.binary()), how)
        # the blanks, or the zero bytes of some programs, that fill a field
        text = pc.utf8_trim(text, " \x00") if field.type != "C" else pc.utf8_rtrim(text, " \x00")
        if field.type == "D":
            text = pc.replace_substring_regex(text, DATE, r"\1-\2-\3")
            text = pc.if_else(pc.equal(text, "0000-00-00"), "", text)
        if field.type == "L":
            text = pc.if_else(pc.equal(text, "?"), "", text)
    elif field.type in "I+" and field.length == 4:
        text = pc.cast(pa.array(np.frombuffer(cells.astype("S4").tobytes(), "<i4")), pa.string())
    else:
        # it has no text form: a contract that takes the column gets an error
        text = pa.nulls(len(cells), pa.struct([(f"dbase_{field.type}", pa.null())]))
    return pc.if_else(deleted, pa.scalar(None, text.type), text)


def _decoded(cells: pa.Array, how: Format) -> pa.Array:
    if codecs.lookup(how.encoding).name in ("utf-8", "ascii"):
        return pc.cast(cells, pa.string())
    return pa.array([cell.decode(how.encoding) for cell in cells.to_pylist()], pa.string())


def check_encoding(given: Stream, how: Format, fail: Fail) -> None:
    """Raise an error if a .cpg next to the table names another encoding than the contract: one of them is wrong."""
    sibling = given.sibling(".cpg")
    if sibling is None:
        return
    with sibling() as stream:
        page = stream.read(64)
    declared = page.decode("ascii", "replace").strip().removeprefix("ANSI ").strip()
    try:
        named = codecs.lookup({"1252": "cp1252", "65001": "utf-8", "88591": "iso8859-1"}.get(declared, declared)).name
    except LookupError:
        return
    if named != codecs.lookup(how.encoding).name:
        raise fail(
            f"its .cpg names the encoding {declared}, but the contract has {how.encoding}",
            "correct format.encoding in the contract",
        )

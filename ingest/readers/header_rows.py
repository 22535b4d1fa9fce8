"""Split the header off a stream of records: one row of names, two rows, merged rows, or none."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa

from ingest.contract import Format
from ingest.readers.reader_types import OpenTable

# A number, an amount, a date or a time: no column is called like that.
A_VALUE = re.compile(r"[-+$(]?\d[\d,./:\s$%)-]*(AM|PM)?|\d{4}-\d\d-\d\d.*", re.IGNORECASE)


def letters(name: str) -> str:
    """The letters and digits of a name, by which names of columns are compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def position_names(columns: int) -> tuple[str, ...]:
    """The names of columns without a header: their positions from 1."""
    return tuple(str(position) for position in range(1, columns + 1))


def split_header(records: Iterator[pa.RecordBatch], how: Format) -> OpenTable:
    """The table whose first records are its header; without one, columns have their positions as names."""
    first = next(records, None)
    while first is not None and first.num_rows == 0:
        first = next(records, None)
    if first is None:
        raise EOFError("Empty CSV")
    rows = how.header.count
    lines = [tuple(column[row].as_py() or "" for column in first.columns) for row in range(min(rows, first.num_rows))]
    header = lines[0] if lines else position_names(first.num_columns)
    second = lines[1] if len(lines) > 1 else ()
    if how.header.merged and second:
        header, second = merged_names(header, second), ()

    def rest() -> Iterator[pa.RecordBatch]:
        yield first.slice(rows)
        yield from records

    return OpenTable(header, second, rest())


def optional_header(opened: OpenTable, names: Collection[str]) -> OpenTable:
    """The table of a file that may have a header, opened without: its first record is one if it contains `names` of columns."""
    batches = opened.batches
    first = next(batches, None)
    while first is not None and first.num_rows == 0:
        first = next(batches, None)
    if first is None:
        return dataclasses.replace(opened, batches=iter(()))
    cells = tuple(str(column[0].as_py() or "").strip() for column in first.columns)
    is_header = sum(cell in names for cell in cells) >= min(2, len(names))

    def records() -> Iterator[pa.RecordBatch]:
        yield first.slice(1 if is_header else 0)
        yield from batches

    return dataclasses.replace(opened, header=cells if is_header else opened.header, batches=records())


def merged_names(above: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """Join both rows: a name above applies to the empty cells to its right, like a merged cell."""
    names, current = [], ""
    for over, under in zip(above, below, strict=True):
        current = over.strip() or current
        names.append(" ".join(part for part in (current, under.strip()) if part))
    return tuple(names)

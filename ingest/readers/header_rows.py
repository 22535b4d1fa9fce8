"""Split the header off a stream of records (one row of names, two, or none), and turn columns of a wide table into rows.

With `format.unpivot` a contract names a few columns and not hundreds: each record becomes as many records as it has such columns,
in their order. `expectations.delivery.concepts` compares the delivered names with the seed that defines them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import Format, Unpivot
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


def unpivoted_columns(header: Sequence[str], how: Unpivot, ignore: Collection[str]) -> tuple[int, ...]:
    """The positions of the columns that become rows: those that the pattern fits, without the ignored ones."""
    names = [name.strip() for name in header]
    return tuple(at for at, name in enumerate(names) if name not in ignore and re.fullmatch(how.columns, name))


def unpivoted(opened: OpenTable, how: Unpivot, ignore: Collection[str]) -> OpenTable:
    """The table with the other columns, and the name and the value of each of these."""
    turned = unpivoted_columns(opened.header, how, ignore)
    repeated = tuple(at for at in range(len(opened.header)) if at not in turned)
    return dataclasses.replace(
        opened,
        header=(*(opened.header[at] for at in repeated), how.names, how.values),
        batches=_rows(opened.batches, opened.header, repeated, turned),
        delivered_header=opened.header,
    )


def _rows(
    batches: Iterator[pa.RecordBatch], header: Sequence[str], repeated: Sequence[int], turned: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    names = pa.array([header[at].strip() for at in turned], pa.string())
    for batch in batches:
        rows, times = batch.num_rows, len(turned)
        record = pa.array(np.repeat(np.arange(rows), times))
        columns = [batch.column(at).take(record) for at in repeated]
        # column after column, and then record by record
        cells = pa.concat_arrays([pc.cast(batch.column(at), pa.string()) for at in turned] or [pa.array([], pa.string())])
        order = pa.array(np.arange(rows * times).reshape(times, rows).T.ravel())
        named = names.take(pa.array(np.tile(np.arange(times), rows)))
        fields = [str(at) for at in range(len(repeated) + 2)]
        yield pa.RecordBatch.from_arrays([*columns, named, cells.take(order)], names=fields)

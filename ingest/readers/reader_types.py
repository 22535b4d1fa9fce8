"""What all readers share: types, memory limits, streams with random access, header rows, and columns that become rows.

With `format.unpivot` a contract names a few columns and not hundreds: each record becomes as many records as it has such columns,
in their order. `expectations.delivery.concepts` compares the delivered names with the seed that defines them.
"""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import Format, Layout, Unpivot
from ingest.errors import DeliveryError

BATCH_ROWS = 65_536
# A format that cannot be streamed is read whole. The largest file seen is a map of 45 MB; a gigabyte takes about five in memory.
MOST_IN_MEMORY = 1 << 30
# The widest delivered table has 620 columns. The cost of names grows faster than their number: Arrow takes minutes for a header
# of 300,000, and JSON in which every record has a name of its own took 5 GB and 73 s for 290 kB (2026-11-25).
MOST_COLUMNS = 4096
Opener = Callable[[], AbstractContextManager[IO[bytes]]]
Fail = Callable[[str, str], DeliveryError]
"""Makes the error of a file from a problem and its remedy, neither of which quotes a cell."""
# A number, an amount, a date or a time: no column is called like that.
A_VALUE = re.compile(r"[-+$(]?\d[\d,./:\s$%)-]*(AM|PM)?|\d{4}-\d\d-\d\d.*", re.IGNORECASE)


@dataclass(frozen=True)
class Stream:
    """The bytes of one table: a file, the content of a gz, or a member of an archive.

    `open` reads them from the start, any number of times. `sibling` finds the file of the same name with another suffix (.dbf
    next to .shp), or None. `packed` is true for a stream in an archive.
    """

    name: str
    open: Opener
    sibling: Callable[[str], Opener | None] = lambda _suffix: None
    packed: bool = False


@dataclass(frozen=True)
class OpenTable:
    """An open table: its header, the second header row if there are two, its records, and for maps the CRS.

    `batches` are columns in the order of `header`, readable while the table is open. `crs` is the coordinate reference system of
    the coordinates, like EPSG:32054, as the file declares it or else the contract; None if neither does. `footer`: the cells of
    the contract's footer rows, once all batches have been read. `delivered_header`: the header as sent, if columns became rows.
    `layout`: the layout of the contract that the file has, if any.
    """

    header: tuple[str, ...]
    second_header: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    crs: str | None = None
    footer: list[str] = field(default_factory=list)
    delivered_header: tuple[str, ...] = ()
    layout: Layout | None = None


Reader = Callable[[], AbstractContextManager[OpenTable]]


def check_column_count(columns: int, fail: Fail) -> None:
    """Raise an error for more columns than a table has."""
    if columns > MOST_COLUMNS:
        problem = f"it has more than {MOST_COLUMNS:,} columns"
        raise fail(problem, "export it again, one column per attribute of a record; does a column name contain a value?")


def read_whole(stream: IO[bytes], fail: Fail) -> bytes:
    """All bytes of a stream; raises an error if they do not fit into memory."""
    data = stream.read(MOST_IN_MEMORY + 1)
    if len(data) > MOST_IN_MEMORY:
        problem = f"it is larger than {MOST_IN_MEMORY >> 20:,} MB, and a file of this kind is read whole"
        raise fail(problem, "deliver it in several files, or as csv, jsonl or parquet, which are read as streams")
    return data


def random_access(read_at: Callable[[int, int], bytes], size: int, buffer_bytes: int) -> IO[bytes]:
    """The `size` bytes that `read_at` reads, from a position so many, fewer at the end."""
    return cast("IO[bytes]", io.BufferedReader(_RandomAccess(read_at, size), buffer_bytes))


class _RandomAccess(io.RawIOBase):
    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at, self._size, self._at = read_at, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._read_at(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # as a file of the disk does
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at


def letters(name: str) -> str:
    """The letters and digits of a name, by which names of columns are compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def position_names(columns: int) -> tuple[str, ...]:
    """The names of columns without a header: their positions from 1."""
    return tuple(str(position) for position in range(1, columns + 1))


def split_header(records: Iterator[pa.RecordBatch], how: Format) -> OpenTable:
    """The table whose first records are its header; without one, columns have their positions as names."""
    first = next((batch for batch in records if batch.num_rows), None)
    if first is None:
        raise EOFError("Empty CSV")
    rows = how.header.count
    lines = [tuple(column[row].as_py() or "" for column in first.columns) for row in range(min(rows, first.num_rows))]
    header = lines[0] if lines else position_names(first.num_columns)
    second = lines[1] if len(lines) > 1 else ()
    if how.header.merged and second:
        header, second = merged_names(header, second), ()
    return OpenTable(header, second, chain((first.slice(rows),), records))


def optional_header(opened: OpenTable, names: Collection[str]) -> OpenTable:
    """The table of a file that may have a header, opened without: its first record is one if it contains `names` of columns."""
    first = next((batch for batch in opened.batches if batch.num_rows), None)
    if first is None:
        return dataclasses.replace(opened, batches=iter(()))
    cells = tuple(str(column[0].as_py() or "").strip() for column in first.columns)
    if sum(cell in names for cell in cells) < min(2, len(names)):
        return dataclasses.replace(opened, batches=chain((first,), opened.batches))
    return dataclasses.replace(opened, header=cells, batches=chain((first.slice(1),), opened.batches))


def merged_names(above: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """Join both rows: a name above applies to the empty cells to its right, like a merged cell."""
    filled: Iterator[str] = accumulate(map(str.strip, above), lambda current, over: over or current)
    return tuple(f"{over} {under.strip()}".strip() for over, under in zip(filled, below, strict=True))


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

"""The types that all readers share: the byte stream of a table, the open table, and the error function; and the memory limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO

import pyarrow as pa

from ingest.contract import Layout
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

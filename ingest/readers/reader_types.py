"""What every reader is given and gives: bytes that hold a table, the opened table, and how it says that it cannot.

Here: `Stream`, `OpenTable`, the types around them, the size of a batch, and how much of a file may lie in memory. Not here: any
reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO

import pyarrow as pa

from ingest.errors import DeliveryError

BATCH_ROWS = 65_536
# What cannot be streamed is read whole. The largest seen is a map of 45 MB; a gigabyte of it takes some five of memory.
MOST_IN_MEMORY = 1 << 30
# The widest delivered table has 620. What readers do with names grows faster than their number: Arrow takes minutes for a
# header of 300,000, and JSON in which every record has a name of its own took 5 GB and 73 s for 290 kB (2026-11-25).
MOST_COLUMNS = 4096

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
Fail = Callable[[str, str], DeliveryError]
"""Makes the error of a file from a problem and its remedy, neither of which quotes a cell."""


def no_sibling(_suffix: str) -> Opener | None:
    """For what stands alone."""
    return None


@dataclass(frozen=True)
class Stream:
    """The bytes of one table: a file, what a gz holds, or a member of an archive.

    `open` reads them from the start, as often as need be. `sibling` finds the file that lies there under the same name with
    another suffix (.dbf sibling .shp), or None. `packed` says whether they come out of an archive.
    """

    name: str
    open: Opener
    sibling: Callable[[str], Opener | None] = no_sibling
    packed: bool = False


@dataclass(frozen=True)
class OpenTable:
    """A table that is open: its header, the second header row where there are two, its records, and for maps the CRS.

    `batches` are columns in the order of `header`, good while the table is open. `crs` is the coordinate reference system
    that the coordinates are in, like EPSG:32054, as the file declares it or else the contract; None where nobody says.
    `footer`: the cells of the rows that the contract calls a footer, once all batches have been read.
    """

    header: tuple[str, ...]
    second_header: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    crs: str | None = None
    footer: list[str] = field(default_factory=list)


Reader = Callable[[], AbstractContextManager[OpenTable]]


def check_column_count(columns: int, fail: Fail) -> None:
    """An error for more columns than a table has."""
    if columns > MOST_COLUMNS:
        problem = f"it has more than {MOST_COLUMNS:,} columns"
        raise fail(problem, "export it again, one column for each thing that is known of a record; does a name hold a value?")


def read_whole(stream: IO[bytes], fail: Fail) -> bytes:
    """All bytes of a stream; an error instead of more than fit into memory."""
    data = stream.read(MOST_IN_MEMORY + 1)
    if len(data) > MOST_IN_MEMORY:
        problem = f"it is larger than {MOST_IN_MEMORY >> 20:,} MB, and a file of this kind is read whole"
        raise fail(problem, "deliver it in several files, or as csv, jsonl or parquet, which are read as streams")
    return data

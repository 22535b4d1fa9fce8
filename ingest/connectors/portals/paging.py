"""Pages of rows that lose none and repeat none while a portal changes, and the check of the row count after reading.

Offsets alone are unsafe. A row deleted on an earlier page shifts the next page by one row, and one row is never read. So each
page begins with the last row of the page before. A portal may also return fewer rows than requested (its own limit). So the
next page begins where this one ended, not where it should have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa

from ingest.connectors.fetch import SourceChangedDuringRead
from ingest.connectors.http_client import PortalClient
from ingest.readers.formats.json_text import as_text, text_batch
from ingest.readers.reader_types import BATCH_ROWS, OpenTable

Following = Callable[[int, Any], list[Any]]
"""The page after so many rows, of which the last one is given: None for the first page."""


@dataclass(frozen=True)
class PortalTable:
    """A table of a portal: its columns, those that the contract keeps, how to count its rows, and the CRS of its shapes."""

    client: PortalClient
    header: Sequence[str]
    wanted: Sequence[str]
    count: Callable[[], int]
    crs: str | None = None


def listed(client: PortalClient, answer: Any, member: str, problem: str, remedy: str) -> list[dict[str, Any]]:
    """The answer, if it is a list of objects with a member of that name."""
    if not isinstance(answer, list) or not all(isinstance(one, dict) and member in one for one in answer):
        raise client.error(problem, remedy)
    return answer


def row_count(client: PortalClient, answer: Any, remedy: str) -> int:
    """The number of rows in an answer."""
    number = as_text(answer) or ""
    if not number.isdecimal():
        raise client.error("its answer has no number of rows", remedy)
    return int(number)


def offset_table(table: PortalTable, page: Callable[[int, int], list[Any]], page_rows: int) -> OpenTable:
    """Read a table whose `page` has the rows from an offset on, and at most so many; `page` raises if an answer is no page."""

    def following(read: int, last: Any) -> list[Any]:
        overlap = int(last is not None)
        rows = page(read - overlap, page_rows + overlap)
        if overlap and rows[:1] != [last]:
            raise rows_changed(table.client, "a page does not begin where the one before ended")
        return rows[overlap:]

    return _open(table, following, lambda total: [page(at, 1) for at in (0, total - 1)], "the first or the last row")


def keyset_table(table: PortalTable, page: Callable[[int | None, int], list[Any]], page_rows: int, key: str) -> OpenTable:
    """Read a table whose `page` has the rows after a number of the column `key` (None: from the first), in its order."""

    def following(_read: int, last: Any) -> list[Any]:
        rows = page(None if last is None else int(last[key]), page_rows)
        if any(int(one[key]) <= int(before[key]) for before, one in pairwise([*([] if last is None else [last]), *rows])):
            problem = f"the service does not order its rows by {key}"
            raise table.client.error(problem, "export it by hand, and deliver it as a file")
        return rows

    # a table that was loaded again has new row numbers
    return _open(table, following, lambda _: page(None, 1)[:1], "the first row")


def _open(table: PortalTable, following: Following, ends: Callable[[int], list[Any]], ends_are: str) -> OpenTable:
    """The wanted columns, then those of the header that are listed and never requested.

    After the last page, `SourceChangedDuringRead` unless the portal has the rows that it had before, and returned them all.
    """
    names = (*table.wanted, *(column for column in table.header if column not in table.wanted))
    total = table.count()

    def batches() -> Iterator[pa.RecordBatch]:
        read, last, before = 0, None, ends(total) if total else []
        while rows := following(read, last):
            yield from (text_batch(rows[at : at + BATCH_ROWS], names) for at in range(0, len(rows), BATCH_ROWS))
            read, last = read + len(rows), rows[-1]
            if read >= total:
                break
        _check_count(table, total, read)
        # a table that was reloaded may have as many rows, with the same numbers
        if (ends(total) if total else []) != before:
            raise rows_changed(table.client, f"{ends_are} changed")

    return OpenTable(names, (), batches(), table.crs)


def _check_count(table: PortalTable, total: int, read: int) -> None:
    client, now, returned = table.client, table.count(), f"it counted {total:,} rows and returned {read:,}"
    if now != total:
        raise rows_changed(client, f"it had {total:,} rows when reading began and {now:,} when it ended")
    if read > total:
        raise rows_changed(client, returned)
    if read < total:
        raise SourceChangedDuringRead(
            client.source, client.name, returned,
            "the answer was cut off; nothing was ingested; the next run reads it again; if this persists, ask the portal's "
            "operator",
        )  # fmt: skip


def rows_changed(client: PortalClient, how: str) -> SourceChangedDuringRead:
    """The error of a source that changed its rows during a read."""
    return SourceChangedDuringRead(
        client.source, client.name, f"its rows changed while they were read: {how}",
        "nothing was ingested; the next run reads it again; if this persists, schedule the run when the portal is idle",
    )  # fmt: skip

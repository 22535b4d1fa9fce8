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

from ingest.connectors.fetch import SourceChangedDuringRead
from ingest.connectors.http_client import PortalClient
from ingest.readers.formats.json_text import text_batch
from ingest.readers.reader_types import BATCH_ROWS, OpenTable


@dataclass(frozen=True)
class PortalTable:
    """A table of a portal: its columns, those that the contract keeps, how to count its rows, and the CRS of its shapes."""

    client: PortalClient
    header: Sequence[str]
    wanted: Sequence[str]
    count: Callable[[], int]
    crs: str | None = None


def offset_table(table: PortalTable, page: Callable[[int, int], list[Any]], page_rows: int) -> OpenTable:
    """Read a table whose `page` has the rows from an offset on, and at most so many; `page` raises if an answer is no page."""
    total = table.count()

    def ends() -> list[Any]:
        return [page(at, 1) for at in (0, total - 1)]

    pages = _offset_pages(table.client, total, page, page_rows)
    return _open(table, _verified(table, total, pages, ends, "the first or the last row"))


def keyset_table(table: PortalTable, page: Callable[[int | None, int], list[Any]], page_rows: int, key: str) -> OpenTable:
    """Read a table whose `page` has the rows after a number of the column `key` (None: from the first), in its order."""
    total = table.count()
    pages = _keyset_pages(table.client, total, lambda last: page(last, page_rows), key)
    # a table that was loaded again has new row numbers
    return _open(table, _verified(table, total, pages, lambda: page(None, 1)[:1], "the first row"))


def _offset_pages(client: PortalClient, total: int, page: Callable[[int, int], list[Any]], page_rows: int) -> Iterator[list[Any]]:
    """Pages by offset, each from the last row of the page before, with up to `page_rows` new rows."""
    read, last = 0, None
    while True:
        overlap = int(last is not None)
        rows = page(read - overlap, page_rows + overlap)
        if overlap and rows[:1] != [last]:
            raise rows_changed(client, "a page does not begin where the one before ended")
        rows = rows[overlap:]
        yield rows
        read += len(rows)
        if not rows or read >= total:  # the check of the row count reports missing rows
            return
        last = rows[-1]


def _keyset_pages(client: PortalClient, total: int, page: Callable[[int | None], list[Any]], key: str) -> Iterator[list[Any]]:
    """Pages in the order of a unique whole number, each from the number after the last one of the page before."""
    read = 0
    last: int | None = None
    while True:
        rows = page(last)
        keys: list[int] = [*([] if last is None else [last]), *(int(str(row[key])) for row in rows)]
        if any(one <= before for before, one in pairwise(keys)):
            problem = f"the service does not order its rows by {key}"
            raise client.error(problem, "export it by hand, and deliver it as a file")
        yield rows
        read += len(rows)
        if not rows or read >= total:
            return
        last = keys[-1]


def _open(table: PortalTable, pages: Iterator[list[Any]]) -> OpenTable:
    """The wanted columns, then those of the header that are listed and never requested."""
    names = (*table.wanted, *(column for column in table.header if column not in table.wanted))
    batches = (text_batch(page[at : at + BATCH_ROWS], names) for page in pages for at in range(0, len(page), BATCH_ROWS))
    return OpenTable(names, (), batches, table.crs)


def _verified(
    table: PortalTable, total: int, pages: Iterator[list[Any]], ends: Callable[[], list[Any]], ends_are: str
) -> Iterator[list[Any]]:
    """The pages; then `SourceChangedDuringRead` unless the portal has the rows that it had before, and returned them all."""
    client, read = table.client, 0
    before = ends() if total else []
    for page in pages:
        read += len(page)
        yield page
    now, returned = table.count(), f"it counted {total:,} rows and returned {read:,}"
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
    # a table that was reloaded may have as many rows, with the same numbers
    if total and ends() != before:
        raise rows_changed(client, f"{ends_are} changed")


def rows_changed(client: PortalClient, how: str) -> SourceChangedDuringRead:
    """The error of a source that changed its rows during a read."""
    return SourceChangedDuringRead(
        client.source, client.name, f"its rows changed while they were read: {how}",
        "nothing was ingested; the next run reads it again; if this persists, schedule the run when the portal is idle",
    )  # fmt: skip

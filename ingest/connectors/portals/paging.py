"""Pages of rows that lose none and repeat none while a portal changes, and the check of the row count after reading.

Offsets alone are unsafe. A row deleted on an earlier page shifts the next page by one row, and one row is never read. So each
page begins with the last row of the page before. A portal may also return fewer rows than requested (its own limit). So the
next page begins where this one ended, not where it should have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ingest.connectors.fetch import SourceChangedDuringRead
from ingest.connectors.http_client import PortalClient
from ingest.readers.formats.json_text import text_batch
from ingest.readers.reader_types import BATCH_ROWS, OpenTable


@dataclass(frozen=True)
class PagedRows:
    """What a portal is asked: pages of rows, how many there are (`total`: in the beginning), and those at the ends of all."""

    path: str
    params: Mapping[str, str]
    rows: Callable[[Any], list[Any]]  # of a document; raises if it is no page
    total: int
    count: Callable[[], int]
    ends: Callable[[], list[Any]]
    ends_are: str = "the first or the last row"


def offset_pages(
    client: PortalClient, asked: PagedRows, page_rows: int, names: tuple[str, str] = ("offset", "limit")
) -> Iterator[list[Any]]:
    """Pages by offset, each from the last row of the page before, with up to `page_rows` new rows."""
    read, last = 0, None
    while True:
        overlap = int(last is not None)
        place = dict(zip(names, (str(read - overlap), str(page_rows + overlap)), strict=True))
        page = asked.rows(client.get(asked.path, {**asked.params, **place}))
        if overlap and page[:1] != [last]:
            raise rows_changed(client, "a page does not begin where the one before ended")
        page = page[overlap:]
        yield page
        read += len(page)
        if not page or read >= asked.total:  # the check of the row count reports missing rows
            return
        last = page[-1]


def keyset_pages(
    client: PortalClient, asked: PagedRows, key: str, condition: Callable[[int | None], Mapping[str, str]]
) -> Iterator[list[Any]]:
    """Pages in the order of a unique whole number, each from the number after the last one of the page before."""
    read = 0
    last: int | None = None
    while True:
        page = asked.rows(client.get(asked.path, {**asked.params, **condition(last)}))
        keys: list[int] = [*([] if last is None else [last]), *(int(str(row[key])) for row in page)]
        if any(one <= before for before, one in pairwise(keys)):
            problem = f"the service does not order its rows by {key}"
            raise client.error(problem, "export it by hand, and deliver it as a file")
        yield page
        read += len(page)
        if not page or read >= asked.total:
            return
        last = keys[-1]


def paged_table(
    client: PortalClient,
    asked: PagedRows,
    pages: Iterator[list[Any]],
    header: Sequence[str],
    wanted: Sequence[str],
    crs: str | None = None,
) -> OpenTable:
    """The rows of a portal as a table: the wanted columns, then those of the header that are listed and never requested."""
    names = (*wanted, *(column for column in header if column not in wanted))
    checked = _verified(client, asked, pages)
    batches = (text_batch(page[at : at + BATCH_ROWS], names) for page in checked for at in range(0, len(page), BATCH_ROWS))
    return OpenTable(names, (), batches, crs)


def _verified(client: PortalClient, asked: PagedRows, pages: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The pages; then `SourceChangedDuringRead` unless the portal has the rows that it had before, and returned them all."""
    total, read = asked.total, 0
    before = asked.ends() if total else []
    for page in pages:
        read += len(page)
        yield page
    now, returned = asked.count(), f"it counted {total:,} rows and returned {read:,}"
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
    if total and asked.ends() != before:
        raise rows_changed(client, f"{asked.ends_are} changed")


def rows_changed(client: PortalClient, how: str) -> SourceChangedDuringRead:
    """The error of a source that changed its rows during a read."""
    return SourceChangedDuringRead(
        client.source, client.name, f"its rows changed while they were read: {how}",
        "nothing was ingested; the next run reads it again; if this persists, schedule the run when the portal is idle",
    )  # fmt: skip

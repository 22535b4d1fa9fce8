"""Paginators that lose no row and repeat none while a portal changes, and the check of the row count after reading.

Offsets alone are unsafe. A row deleted on an earlier page shifts the next page by one row, and one row is never read. So each
page begins with the last row of the page before. A portal may also return fewer rows than requested (its own limit). So the
next page begins where this one ended, not where it should have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa
from requests import Request, Response

from ingest.connectors.dlt_client import Paginator
from ingest.connectors.fetch import CursorPosition, SourceChangedDuringRead
from ingest.connectors.http_client import PortalClient
from ingest.readers.formats.json_text import as_text
from ingest.readers.reader_types import BATCH_ROWS, OpenTable

Row = Mapping[str, Any]


@dataclass(frozen=True)
class PagedRows:
    """What a portal is asked: pages of rows, how many rows there are, and those at the ends, which show that rows changed."""

    path: str
    params: Mapping[str, str]
    rows: Callable[[Any], list[Any]]  # of a document; raises if it is no page
    count: Callable[[], int]
    ends: Callable[[], list[Any]]
    ends_are: str = "the first or the last row"


class CountedPaginator(Paginator):
    """Pages until `total` rows are read."""

    def __init__(self, client: PortalClient, total: int) -> None:
        super().__init__()
        self._client, self.total, self._read = client, total, 0

    def count_page(self, rows: int) -> None:
        """Count the new rows of a page; one without any is the last, and the check of the row count reports missing rows."""
        self._read += rows
        self.finish_unless(bool(rows) and self._read < self.total)


class OverlappingOffsetPaginator(CountedPaginator):
    """Pages by offset, each from the last row of the page before, with up to `page_rows` new rows."""

    def __init__(self, client: PortalClient, total: int, page_rows: int, names: tuple[str, str] = ("offset", "limit")) -> None:
        super().__init__(client, total)
        self._names, self._page_rows = names, page_rows
        self._last: Row | None = None

    def update_state(self, _response: Response, data: list[Any] | None = None) -> None:
        """Record a page, and remove the row with which the page before ended."""
        page = data if data is not None else []
        if self._last is not None:
            if not page or page[0] != self._last:
                raise rows_changed(self._client, "a page does not begin where the one before ended")
            del page[0]
        self._last = page[-1] if page else self._last
        self.count_page(len(page))

    def update_request(self, request: Request) -> None:
        """Set the parameters of the next page."""
        overlap = 1 if self._read else 0
        values = (str(self._read - overlap), str(self._page_rows + overlap))
        request.params = dict(request.params or {}) | dict(zip(self._names, values, strict=True))


class KeysetPaginator(CountedPaginator):
    """Pages in the order of a unique whole number, each from the number after the last one of the page before."""

    def __init__(self, client: PortalClient, total: int, key: str, condition: Callable[[int | None], Mapping[str, str]]) -> None:
        super().__init__(client, total)
        self._key, self._condition = key, condition
        self._last: int | None = None

    def update_state(self, _response: Response, data: list[Any] | None = None) -> None:
        """Record a page."""
        keys = [int(str(row[self._key])) for row in data or ()]
        known = [*([] if self._last is None else [self._last]), *keys]
        if any(key <= before for before, key in pairwise(known)):
            problem = f"the service does not order its rows by {self._key}"
            raise self._client.error(problem, "export it by hand, and deliver it as a file")
        self._last = known[-1] if known else None
        self.count_page(len(keys))

    def update_request(self, request: Request) -> None:
        """Set the parameters of the next page."""
        request.params = dict(request.params or {}) | dict(self._condition(self._last))


def paged_table(
    client: PortalClient,
    asked: PagedRows,
    paginator: CountedPaginator,
    header: Sequence[str],
    wanted: Sequence[str],
    crs: str | None = None,
) -> OpenTable:
    """The rows of a portal as a table: the wanted columns, then those of the header that are listed and never requested."""
    names = (*wanted, *(column for column in header if column not in wanted))
    pages = _verified(client, asked, paginator)
    return OpenTable(names, (), (batch for page in pages for batch in _as_batches(names, page)), crs)


def _verified(client: PortalClient, asked: PagedRows, paginator: CountedPaginator) -> Iterator[list[Row]]:
    """The pages; then `SourceChangedDuringRead` unless the portal has the rows that it had before, and returned them all."""
    total, read = paginator.total, 0
    before = asked.ends() if total else []
    for page in client.pages(asked.path, asked.params, paginator, asked.rows):
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


def _as_batches(names: Sequence[str], records: Sequence[Row]) -> Iterator[pa.RecordBatch]:
    """The records of a page as batches of text."""
    for start in range(0, len(records), BATCH_ROWS):
        some = records[start : start + BATCH_ROWS]
        columns = [pa.array([as_text(record.get(name)) for record in some], pa.string()) for name in names]
        yield pa.RecordBatch.from_arrays(columns, names=[f"f{position}" for position in range(len(names))])


def rows_changed(client: PortalClient, how: str) -> SourceChangedDuringRead:
    """The error of a source that changed its rows during a read."""
    return SourceChangedDuringRead(
        client.source, client.name, f"its rows changed while they were read: {how}",
        "nothing was ingested; the next run reads it again; if this persists, schedule the run when the portal is idle",
    )  # fmt: skip


def cursor_column(client: PortalClient, since: CursorPosition, names: Iterable[str]) -> str:
    """The delivered name of the cursor's column; an error if none of `names` is that column."""
    names_of_portal = set(names)
    found = next((name for name in map(str, since.column.delivered_names) if name in names_of_portal), None)
    if found is None:
        raise client.error(
            f"it has no column {since.column.delivered_names[0]}, which is the cursor",
            "ask the steward for the column's new name, and add it to from: in the contract",
        )
    return found

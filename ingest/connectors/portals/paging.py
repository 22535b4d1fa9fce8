"""Paginators that lose no row and repeat none while a portal changes, and the check of the row count after reading.

Offsets alone are unsafe. A row deleted on an earlier page shifts the next page by one row, and one row is never read. So each
page begins with the last row of the page before. A portal may also return fewer rows than requested (its own limit). So the
next page begins where this one ended, not where it should have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from requests import Request, Response

from ingest.connectors.dlt_client import Paginator
from ingest.connectors.fetch import CursorPosition, SourceChangedDuringRead
from ingest.connectors.http_client import PortalClient
from ingest.errors import DeliveryError

Row = Mapping[str, Any]


class OverlappingOffsetPaginator(Paginator):
    """Pages by offset, each from the last row of the page before; up to `page_rows` new rows per page, `total` in all."""

    def __init__(self, offset: str, limit: str, page_rows: int, total: int, changed: Callable[[], DeliveryError]) -> None:
        super().__init__()
        self._offset, self._limit, self._page_rows, self._total, self._changed = offset, limit, page_rows, total, changed
        self._read = 0
        self._last: Row | None = None

    @property
    def all_read(self) -> bool:
        """Whether the number of rows read equals the total."""
        return self._read == self._total

    def update_state(self, _response: Response, data: list[Any] | None = None) -> None:
        """Record a page, and remove the row with which the page before ended."""
        page = data if data is not None else []
        if self._last is not None:
            if not page or page[0] != self._last:
                raise self._changed()
            del page[0]
        self._read += len(page)
        self._last = page[-1] if page else self._last
        # a page without a new row is the last one; the check of the row count reports missing rows
        self.finish_unless(bool(page) and self._read < self._total)

    def update_request(self, request: Request) -> None:
        """Set the parameters of the next page."""
        overlap = 1 if self._read else 0
        request.params = dict(request.params or {}) | {
            self._offset: str(self._read - overlap),
            self._limit: str(self._page_rows + overlap),
        }


class KeysetPaginator(Paginator):
    """Pages in the order of a unique whole number, each from the number after the last one of the page before."""

    def __init__(self, condition: Callable[[int | None], Mapping[str, str]], key: Callable[[Any], int], total: int) -> None:
        super().__init__()
        self._condition, self._key, self._total = condition, key, total
        self._read, self.ordered = 0, True
        self.last: int | None = None

    @property
    def all_read(self) -> bool:
        """Whether the number of rows read equals the total."""
        return self._read == self._total

    def update_state(self, _response: Response, data: list[Any] | None = None) -> None:
        """Record a page."""
        keys = [self._key(row) for row in data or ()]
        last = self.last
        for key in keys:
            self.ordered = self.ordered and (last is None or key > last)
            last = key
        self.last = last
        self._read += len(keys)
        self.finish_unless(bool(keys) and self.ordered and self._read < self._total)

    def update_request(self, request: Request) -> None:
        """Set the parameters of the next page."""
        request.params = dict(request.params or {}) | dict(self._condition(self.last))


def verify_row_count(
    source: str, name: str, pages: Iterable[list[Row]], total: int, count: Callable[[], int]
) -> Iterator[list[Row]]:
    """Yield the pages; then raise `SourceChangedDuringRead` unless the rows read equal `total` and the count afterwards."""
    read = 0
    for page in pages:
        read += len(page)
        yield page
    now = count()
    if read == total == now:
        return
    if read > total == now:
        raise rows_changed(source, name, f"it counted {total:,} rows and returned {read:,}")
    if now != total:
        raise rows_changed(source, name, f"it had {total:,} rows when reading began and {now:,} when it ended")
    raise SourceChangedDuringRead(
        source, name, f"it counted {total:,} rows and returned {read:,}",
        "the answer was cut off; nothing was ingested; the next run reads it again; if this persists, ask the portal's operator",
    )  # fmt: skip


def rows_changed(source: str, name: str, how: str) -> SourceChangedDuringRead:
    """The error of a source that changed its rows during a read."""
    return SourceChangedDuringRead(
        source, name, f"its rows changed while they were read: {how}",
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

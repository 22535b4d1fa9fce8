"""Pages that lose no row and repeat none, however a portal moves under the reader, or a refusal.

Here: two paginators for dlt's client, and the account of what was read against what was counted. Not here: what a page is
asked with (`ckan`, `socrata`, `arcgis`).

An offset alone is blind: a row deleted on an earlier page shifts the next one by one, and the row in between is never seen.
So each page begins with the last row of the page before. And a portal that gives fewer rows than were asked for (a limit of
its own) must not make the reader skip: the next page begins where this one really ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response

from ingest.connectors.fetch import Shifted
from ingest.errors import DeliveryError

Row = Mapping[str, Any]


class Overlapping(BasePaginator):
    """Pages by offset, each from the last row of the page before on; `rows` of them at most in a page, `total` in all."""

    def __init__(self, offset: str, limit: str, rows: int, total: int, moved: Callable[[], DeliveryError]) -> None:
        super().__init__()
        self._offset, self._limit, self._rows, self._total, self._moved = offset, limit, rows, total, moved
        self._read = 0
        self._last: Row | None = None

    @property
    def all_read(self) -> bool:
        """Whether as many rows came as were counted."""
        return self._read == self._total

    def init_request(self, request: Request) -> None:
        """Ask for the first page."""
        self.update_request(request)

    def update_state(self, _response: Response, data: list[Any] | None = None) -> None:
        """Take note of a page; it loses the row that the page before ended with."""
        page = data if data is not None else []
        if self._last is not None:
            if not page or page[0] != self._last:
                raise self._moved()
            del page[0]
        self._read += len(page)
        self._last = page[-1] if page else self._last
        # a page without a new row is the end, whatever was counted: the account will tell
        self._has_next_page = bool(page) and self._read < self._total

    def update_request(self, request: Request) -> None:
        """Ask for the next page."""
        overlap = 1 if self._read else 0
        request.params = dict(request.params or {}) | {
            self._offset: str(self._read - overlap),
            self._limit: str(self._rows + overlap),
        }


class ByKey(BasePaginator):
    """Pages in the order of a unique whole number, each from behind the last one of the page before on."""

    def __init__(self, condition: Callable[[int | None], Mapping[str, str]], key: Callable[[Any], int], total: int) -> None:
        super().__init__()
        self._condition, self._key, self._total = condition, key, total
        self._read, self.ordered = 0, True
        self.last: int | None = None

    @property
    def all_read(self) -> bool:
        """Whether as many rows came as were counted."""
        return self._read == self._total

    def init_request(self, request: Request) -> None:
        """Ask for the first page."""
        self.update_request(request)

    def update_state(self, _response: Response, data: list[Any] | None = None) -> None:
        """Take note of a page."""
        keys = [self._key(row) for row in data or ()]
        last = self.last
        for key in keys:
            self.ordered = self.ordered and (last is None or key > last)
            last = key
        self.last = last
        self._read += len(keys)
        self._has_next_page = bool(keys) and self.ordered and self._read < self._total

    def update_request(self, request: Request) -> None:
        """Ask for the next page."""
        request.params = dict(request.params or {}) | dict(self._condition(self.last))


def counted(source: str, name: str, pages: Iterable[list[Row]], total: int, after: Callable[[], int]) -> Iterator[list[Row]]:
    """The pages as they come; at the end `Shifted`, unless as many rows came as were counted before and `after`."""
    read = 0
    for page in pages:
        read += len(page)
        yield page
    now = after()
    if read == total == now:
        return
    if read > total == now:
        raise moved(source, name, f"it counted {total:,} rows and gave {read:,}")
    if now != total:
        raise moved(source, name, f"it had {total:,} rows when reading began and {now:,} when it ended")
    raise Shifted(
        source, name, f"it says that it has {total:,} rows and gave {read:,}",
        "the answer was cut off, and nothing was taken in; the next run asks again; if it stays so, ask whoever runs the portal",
    )  # fmt: skip


def moved(source: str, name: str, how: str) -> Shifted:
    """The error of rows that moved while they were read."""
    return Shifted(
        source, name, f"its rows changed while they were read: {how}",
        "nothing of it was taken in; the next run asks again; if it stays so, run it at an hour when the portal rests",
    )  # fmt: skip

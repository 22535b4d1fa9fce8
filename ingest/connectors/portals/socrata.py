"""Socrata: the rows of a dataset of an open-data portal.

Here: what the SODA API is asked, and what its answers mean. Not here: asking (`portal`), paging (`paging`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ingest.connectors.fetch import Fetch
from ingest.connectors.origin import Origin, Part, delivered_names
from ingest.connectors.portals.client import Portal, as_batches
from ingest.connectors.portals.paging import Overlapping, counted, moved
from ingest.contract import Contract, SocrataConnector
from ingest.errors import DeliveryError
from ingest.readers.reader_types import Opened

# A page is in memory as a whole; SODA 2.0 gives at most 50,000 rows.
PAGE_ROWS = 10_000
ROW_ID = ":id"
# Types of columns that hold an instant in UTC; `calendar_date` is a wall clock without zone.
INSTANTS = ("date", "fixed_timestamp")


def open_socrata(contract: Contract, connector: SocrataConnector, fetch: Fetch) -> Origin:
    """The dataset, as one table."""
    return Origin((Part(connector.resource, partial(_read, contract, connector, fetch)),))


@contextmanager
def _read(contract: Contract, connector: SocrataConnector, fetch: Fetch) -> Iterator[Opened]:
    portal = Portal(contract.source, connector.resource, connector.base_url, fetch, _token(contract, connector, fetch))
    path = f"resource/{connector.resource}.json"
    types = _columns(portal, connector.resource)
    wanted = delivered_names(contract, tuple(types))
    condition = _condition(portal, types, fetch)
    asked = {"$select": ",".join((ROW_ID, *(f"`{name}`" for name in wanted))), "$order": ROW_ID, **condition}

    def rows(answer: Any) -> list[Any]:
        if not isinstance(answer, list) or not all(isinstance(row, dict) and ROW_ID in row for row in answer):
            raise portal.fail("a page holds no list of rows", "if it stays so, ask whoever runs the portal")
        return answer

    def count() -> int:
        answer = portal.get(path, {"$select": "count(*)", **condition})
        try:
            return int(next(iter(answer[0].values())))
        except (TypeError, ValueError, LookupError, StopIteration, AttributeError):
            raise portal.fail("it does not say how many rows it has", "check that base_url is the portal's address") from None

    def ends() -> list[Any]:
        return [rows(portal.get(path, asked | {"$limit": "1", "$offset": str(at)})) for at in (0, total - 1)] if total else []

    total = count()

    def pages() -> Iterator[list[Any]]:
        shifted = partial(moved, contract.source, connector.resource, "a page does not begin where the one before ended")
        before = ends()
        paginator = Overlapping("$offset", "$limit", PAGE_ROWS, total, shifted)
        yield from portal.pages(path, asked, paginator, rows)
        if paginator.all_read and count() == total and ends() != before:
            raise moved(contract.source, connector.resource, "the first or the last row is another one now")

    unread = tuple(name for name in types if name not in wanted)
    read = counted(contract.source, connector.resource, pages(), total, count)
    yield Opened((*wanted, *unread), (), (batch for page in read for batch in as_batches((*wanted, *unread), page)))


def _token(contract: Contract, connector: SocrataConnector, fetch: Fetch) -> dict[str, str]:
    if connector.credentials_env is None:
        return {}
    token = fetch.environment.get(connector.credentials_env, "")
    if not (token.isascii() and token.isprintable() and token.strip() == token and token):
        problem = f"{connector.credentials_env} is not set, or holds what is no app token"
        remedy = f"set {connector.credentials_env} to the portal's app token, or take credentials_env out of the contract"
        raise DeliveryError(contract.source, connector.resource, problem, remedy)
    return {"X-App-Token": token}


def _columns(portal: Portal, resource: str) -> dict[str, str]:
    """The columns and their types; a row leaves out what is empty, so that rows do not tell them."""
    answer = portal.get(f"api/views/{resource}.json", {})
    listed = answer.get("columns") if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(column, dict) and "fieldName" in column for column in listed):
        raise portal.fail("it does not say which columns it has", "check that base_url is the portal's address")
    return {
        str(column["fieldName"]): str(column.get("dataTypeName"))
        for column in listed
        if not str(column["fieldName"]).startswith(":")
    }


def _condition(portal: Portal, types: dict[str, str], fetch: Fetch) -> dict[str, str]:
    if fetch.since is None:
        return {}
    delivered = next((name for name in map(str, fetch.since.column.delivered_names) if name in types), None)
    if delivered is None:
        raise portal.fail(
            f"the column of the cursor, {fetch.since.column.delivered_names[0]}, is not there",
            "ask the steward what it is called now, and add that to from: in the contract",
        )
    value = fetch.since.text()
    if fetch.since.column.type != "integer":
        instant = types[delivered] in INSTANTS
        value = f"'{fetch.since.utc().replace(' ', 'T')}Z'" if instant else f"'{value.replace(' ', 'T')}'"
    return {"$where": f"`{delivered}` >= {value} or `{delivered}` is null"}

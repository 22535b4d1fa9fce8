"""Socrata connector: the rows of a dataset, through the SODA API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ingest.connectors.fetch import FetchRequest, delivered_names
from ingest.connectors.http_client import PortalClient
from ingest.connectors.origin import DeliveredTable, Origin
from ingest.connectors.portals.paging import PortalTable, listed, offset_table
from ingest.contract import Contract, SocrataConnector
from ingest.errors import DeliveryError
from ingest.readers.reader_types import OpenTable

# A whole page is in memory; SODA 2.0 returns at most 50,000 rows.
PAGE_ROWS = 10_000
ROW_ID = ":id"
# Column types that are an instant in UTC; `calendar_date` is a wall-clock time without zone.
INSTANTS = ("date", "fixed_timestamp")


def open_origin(contract: Contract, connector: SocrataConnector, request: FetchRequest) -> Origin:
    """Open the dataset as one table."""
    return Origin((DeliveredTable(connector.resource, partial(_read, contract, connector, request)),))


@contextmanager
def _read(contract: Contract, connector: SocrataConnector, request: FetchRequest) -> Iterator[OpenTable]:
    client = PortalClient(contract.source, connector.resource, connector, request, _token(contract, connector, request))
    path = f"resource/{connector.resource}.json"
    types = _columns(client, connector.resource)
    wanted = delivered_names(contract, tuple(types))
    condition = _condition(client, types, request)
    params = {"$select": ",".join((ROW_ID, *(f"`{name}`" for name in wanted))), "$order": ROW_ID, **condition}

    def page(at: int, limit: int) -> list[Any]:
        answer = client.get(path, params | {"$limit": str(limit), "$offset": str(at)})
        return listed(client, answer, ROW_ID, "a page has no list of rows", "if this persists, ask the portal's operator")

    def count() -> int:
        answer = client.get(path, {"$select": "count(*)", **condition})
        try:
            return int(next(iter(answer[0].values())))
        except (TypeError, ValueError, LookupError, StopIteration, AttributeError):
            raise client.error("its answer has no number of rows", "check that base_url is the portal's address") from None

    yield offset_table(PortalTable(client, tuple(types), wanted, count), page, PAGE_ROWS)


def _token(contract: Contract, connector: SocrataConnector, request: FetchRequest) -> dict[str, str]:
    if connector.credentials_env is None:
        return {}
    token = request.environment.get(connector.credentials_env, "")
    if not (token.isascii() and token.isprintable() and token.strip() == token and token):
        problem = f"{connector.credentials_env} is not set, or its value is no app token"
        remedy = f"set {connector.credentials_env} to the portal's app token, or remove credentials_env from the contract"
        raise DeliveryError(contract.source, connector.resource, problem, remedy)
    return {"X-App-Token": token}


def _columns(client: PortalClient, resource: str) -> dict[str, str]:
    """The columns and their types; a row omits its empty cells, so that rows do not list all columns."""
    answer = client.get(f"api/views/{resource}.json", {})
    found = answer.get("columns") if isinstance(answer, dict) else None
    columns = listed(
        client, found, "fieldName", "its answer has no list of columns", "check that base_url is the portal's address"
    )
    types = {str(column["fieldName"]): str(column.get("dataTypeName")) for column in columns}
    return {name: kind for name, kind in types.items() if not name.startswith(":")}


def _condition(client: PortalClient, types: dict[str, str], request: FetchRequest) -> dict[str, str]:
    if request.since is None:
        return {}
    delivered = request.since.delivered_name(types, client.error)
    value = request.since.as_text()
    if request.since.column.type != "integer":
        instant = types[delivered] in INSTANTS
        value = f"'{request.since.as_utc().replace(' ', 'T')}Z'" if instant else f"'{value.replace(' ', 'T')}'"
    return {"$where": f"`{delivered}` >= {value} or `{delivered}` is null"}

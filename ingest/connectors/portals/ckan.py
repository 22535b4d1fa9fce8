"""CKAN connector: the resources of a portal, as rows of its datastore or as the uploaded files (`/api/3/action/…`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlparse

from ingest.connectors.download import download
from ingest.connectors.fetch import FetchRequest, delivered_names
from ingest.connectors.http_client import PortalClient
from ingest.connectors.origin import DeliveredTable, Origin, distinct_names
from ingest.connectors.portals.paging import PortalTable, listed, offset_table, row_count, rows_changed
from ingest.contract import CkanConnector, Contract
from ingest.readers.reader_types import OpenTable

# A whole page is in memory. CKAN's own limit (ckan.datastore.search.rows_max) is 32,000; a portal may set a smaller one, and
# returns fewer rows then.
PAGE_ROWS = 10_000
NOT_CKAN = ("its answer is not from CKAN", "check that base_url is the portal's address, without /api")
BY_FILE = "write mode: download in the contract's connector"
# Columns that the datastore adds.
OWN_COLUMNS = ("_id", "_full_text")


def open_origin(contract: Contract, connector: CkanConnector, request: FetchRequest) -> Origin:
    """Open the resources that the contract names."""
    client = PortalClient(contract.source, connector.resource, connector, request)
    resources = _resources(client, connector)
    if connector.mode == "download":
        names = distinct_names([_file_name(resource) for resource in resources])
        files = [(name, str(resource.get("url") or "")) for name, resource in zip(names, resources, strict=True)]
        return download(contract, client, files, request)
    names = distinct_names([str(resource.get("name") or resource["id"]) for resource in resources])
    return Origin(
        tuple(
            DeliveredTable(name, partial(_read, contract, connector, request, name, str(r["id"])))
            for name, r in zip(names, resources, strict=True)
        )
    )


def _resources(client: PortalClient, connector: CkanConnector) -> list[dict[str, Any]]:
    if connector.package is None:
        found = [_action(client, "resource_show", {"id": connector.resource})]
    else:
        package = _action(client, "package_show", {"id": connector.package})
        every = package.get("resources")
        known = (r for r in (every if isinstance(every, list) else ()) if isinstance(r, dict) and "id" in r)
        active = [r for r in known if r.get("state", "active") == "active"]
        found = [r for r in active if r["id"] == connector.resource or fnmatch(str(r.get("name")), connector.resource)]
        if not found:
            names = ", ".join(sorted(str(r.get("name")) for r in active)) or "none"
            raise client.error(
                f"the package {connector.package} has no such resource; it has {names}",
                "correct connector.resource in the contract",
            )
    if "id" not in found[0]:
        raise client.error(*NOT_CKAN)
    for resource in found:
        if connector.mode == "datastore" and resource.get("datastore_active") is False:
            named = resource.get("name") or resource["id"]
            raise client.error(f"the portal has only the file of {named}, not its rows", BY_FILE)
    return sorted(found, key=lambda resource: (str(resource.get("name")), str(resource["id"])))


def _action(client: PortalClient, name: str, params: dict[str, str]) -> dict[str, Any]:
    answer = client.get(f"api/3/action/{name}", params)
    if not (isinstance(answer, dict) and answer.get("success") is True and isinstance(answer.get("result"), dict)):
        raise client.error(*NOT_CKAN)
    result: dict[str, Any] = answer["result"]
    return result


def _file_name(resource: dict[str, Any]) -> str:
    name = unquote(PurePosixPath(urlparse(str(resource.get("url") or "")).path).name)
    return name or f"{resource['id']}.{str(resource.get('format') or 'csv').lower()}"


@contextmanager
def _read(contract: Contract, connector: CkanConnector, request: FetchRequest, name: str, resource: str) -> Iterator[OpenTable]:
    client = PortalClient(contract.source, name, connector, request)
    params = {"resource_id": resource, "sort": "_id asc"}

    def search(limit: int, offset: int = 0, **more: str) -> dict[str, Any]:
        return _action(client, "datastore_search", params | {"limit": str(limit), "offset": str(offset)} | more)

    def count() -> int:
        return row_count(client, search(0).get("total"), BY_FILE)

    fields = listed(client, search(0).get("fields"), "id", "its answer has no list of columns", BY_FILE)
    header = tuple(str(field["id"]) for field in fields if field["id"] not in OWN_COLUMNS)
    wanted = delivered_names(contract, header)
    selected = ",".join(f'"{column}"' if "," in column else column for column in ("_id", *wanted))

    def page(at: int, limit: int) -> list[Any]:
        answer = search(limit, at, fields=selected, include_total="false").get("records")
        records = listed(client, answer, "_id", "a page has no list of rows", "if this persists, ask the portal's operator")
        if any(column not in record for record in records[:1] for column in wanted):
            raise rows_changed(client, "a page has other columns than the one before")
        return records

    yield offset_table(PortalTable(client, header, wanted, count), page, PAGE_ROWS)

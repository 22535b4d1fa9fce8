"""CKAN: the resources of an open-data portal, by the rows of its datastore or as the files that were uploaded.

Here: what the API (`/api/3/action/…`) is asked, and what its answers mean. Not here: asking (`portal`), paging (`paging`),
reading a file that was downloaded (`tables`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlparse

from ingest.connectors.fetch import Fetch
from ingest.connectors.files.download import download
from ingest.connectors.origin import Origin, Part, delivered_names, distinct
from ingest.connectors.portals.client import Portal, as_batches
from ingest.connectors.portals.paging import Overlapping, counted, moved
from ingest.contract import CkanConnector, Contract
from ingest.readers.reader_types import Opened

# A page is in memory as a whole. CKAN's own limit (ckan.datastore.search.rows_max) is 32,000; a portal may set a smaller one,
# and gives fewer rows then.
PAGE_ROWS = 10_000
# Columns that the datastore adds.
OWN_COLUMNS = ("_id", "_full_text")


def open_ckan(contract: Contract, connector: CkanConnector, fetch: Fetch) -> Origin:
    """The resources that the contract means."""
    portal = Portal(contract.source, connector.resource, connector.base_url, fetch)
    resources = _resources(portal, connector)
    if connector.mode == "download":
        names = distinct([_file_name(resource) for resource in resources])
        files = [(name, str(resource.get("url") or "")) for name, resource in zip(names, resources, strict=True)]
        return download(contract, portal, files, fetch)
    names = distinct([str(resource.get("name") or resource["id"]) for resource in resources])
    return Origin(
        tuple(
            Part(name, partial(_read, contract, connector, fetch, name, str(r["id"])))
            for name, r in zip(names, resources, strict=True)
        )
    )


def _resources(portal: Portal, connector: CkanConnector) -> list[dict[str, Any]]:
    if connector.package is None:
        found = [_action(portal, "resource_show", {"id": connector.resource})]
    else:
        package = _action(portal, "package_show", {"id": connector.package})
        listed = package.get("resources")
        active = [
            r
            for r in (listed if isinstance(listed, list) else ())
            if isinstance(r, dict) and "id" in r and r.get("state", "active") == "active"
        ]
        found = [r for r in active if r["id"] == connector.resource or fnmatch(str(r.get("name")), connector.resource)]
        if not found:
            names = ", ".join(sorted(str(r.get("name")) for r in active)) or "none"
            raise portal.fail(
                f"the package {connector.package} has no such resource; it has {names}", "mend connector.resource in the contract"
            )
    if "id" not in found[0]:
        raise portal.fail("its answer is not CKAN's", "check that base_url is the portal's address, without /api")
    for resource in found:
        if connector.mode == "datastore" and resource.get("datastore_active") is False:
            raise portal.fail(
                f"the portal has no rows of {resource.get('name') or resource['id']}, only the file",
                "write mode: download in the contract's connector",
            )
    return sorted(found, key=lambda resource: (str(resource.get("name")), str(resource["id"])))


def _action(portal: Portal, name: str, params: dict[str, str]) -> dict[str, Any]:
    return _result(portal, portal.get(f"api/3/action/{name}", params))


def _result(portal: Portal, answer: Any) -> dict[str, Any]:
    if not (isinstance(answer, dict) and answer.get("success") is True and isinstance(answer.get("result"), dict)):
        raise portal.fail("its answer is not CKAN's", "check that base_url is the portal's address, without /api")
    result: dict[str, Any] = answer["result"]
    return result


def _file_name(resource: dict[str, Any]) -> str:
    name = unquote(PurePosixPath(urlparse(str(resource.get("url") or "")).path).name)
    return name or f"{resource['id']}.{str(resource.get('format') or 'csv').lower()}"


@contextmanager
def _read(contract: Contract, connector: CkanConnector, fetch: Fetch, name: str, resource: str) -> Iterator[Opened]:
    portal = Portal(contract.source, name, connector.base_url, fetch)
    asked = {"resource_id": resource, "sort": "_id asc"}

    def search(limit: int, offset: int = 0, **more: str) -> dict[str, Any]:
        params = asked | {"limit": str(limit), "offset": str(offset)} | more
        return _action(portal, "datastore_search", params)

    def count() -> int:
        total = str(search(0).get("total", ""))
        if not total.isdecimal():
            raise portal.fail("it does not say how many rows it has", "write mode: download in the contract's connector")
        return int(total)

    fields = search(0).get("fields")
    if not isinstance(fields, list) or not all(isinstance(field, dict) and "id" in field for field in fields):
        raise portal.fail("it does not say which columns it has", "write mode: download in the contract's connector")
    header = tuple(str(field["id"]) for field in fields if field["id"] not in OWN_COLUMNS)
    wanted = delivered_names(contract, header)
    listed = ",".join(f'"{column}"' if "," in column else column for column in ("_id", *wanted))
    total = count()

    def rows(answer: Any) -> list[Any]:
        records = _result(portal, answer).get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise portal.fail("a page holds no list of rows", "if it stays so, ask whoever runs the portal")
        if any(column not in record for record in records[:1] for column in wanted):
            raise moved(contract.source, name, "a page has other columns than the one before")
        return records

    def ends() -> list[Any]:
        if not total:
            return []
        return [rows({"success": True, "result": search(1, offset, fields=listed)}) for offset in (0, total - 1)]

    def pages() -> Iterator[list[Any]]:
        shifted = partial(moved, contract.source, name, "a page does not begin where the one before ended")
        paginator = Overlapping("offset", "limit", PAGE_ROWS, total, shifted)
        before = ends()
        yield from portal.pages(
            "api/3/action/datastore_search", asked | {"fields": listed, "include_total": "false"}, paginator, rows
        )
        # a resource that was loaded anew has as many rows, under the same numbers
        if paginator.all_read and count() == total and ends() != before:
            raise moved(contract.source, name, "the first or the last row is another one now")

    unread = tuple(column for column in header if column not in wanted)
    batches = (
        batch for page in counted(contract.source, name, pages(), total, count) for batch in as_batches((*wanted, *unread), page)
    )
    yield Opened((*wanted, *unread), (), batches)

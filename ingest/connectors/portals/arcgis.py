"""ArcGIS: the features or rows of a layer of a feature or map service.

Here: what a layer is asked, and what its answers mean: shapes as GeoJSON in WGS 84, times as UTC. Not here: asking
(`portal`), paging (`paging`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlparse

from ingest.connectors.fetch import Fetch
from ingest.connectors.origin import Origin, Part, delivered_names
from ingest.connectors.portals.client import Portal, as_batches, as_text
from ingest.connectors.portals.paging import ByKey, counted, moved
from ingest.contract import ArcgisConnector, Contract
from ingest.readers.reader_types import Opened

# Layers say how many rows they give at once (maxRecordCount); more than so many make an answer of tens of megabytes.
PAGE_ROWS = 2_000
GEOMETRY = "geometry"
WGS84 = "EPSG:4326"
DATE = "esriFieldTypeDate"
EPOCH = dt.datetime(1970, 1, 1)


def open_arcgis(contract: Contract, connector: ArcgisConnector, fetch: Fetch) -> Origin:
    """The layer, as one table."""
    return Origin((Part(_name(connector), partial(_read, contract, connector, fetch)),))


def _name(connector: ArcgisConnector) -> str:
    parts = [part for part in urlparse(connector.base_url).path.split("/") if part]
    return "/".join(parts[-3:]) or "layer"


@contextmanager
def _read(contract: Contract, connector: ArcgisConnector, fetch: Fetch) -> Iterator[Opened]:
    name = _name(connector)
    portal = Portal(contract.source, name, connector.base_url, fetch)
    layer = _answer(portal, portal.get("", {"f": "json"}))
    types, key = _fields(portal, layer)
    has_shape = bool(layer.get("geometryType")) and any(GEOMETRY in map(str, c.delivered_names) for c in contract.kept_columns)
    if has_shape and "geojson" not in str(layer.get("supportedQueryFormats", "")).lower():
        raise portal.fail("the layer does not give its shapes as GeoJSON", "export it by hand, and deliver it as a file")
    header = (*types, *((GEOMETRY,) if layer.get("geometryType") else ()))
    wanted = delivered_names(contract, header)
    where = _where(portal, connector.where, types, fetch)
    asked = {
        "f": "geojson" if has_shape else "json",
        "outFields": ",".join(dict.fromkeys((key, *(column for column in wanted if column != GEOMETRY)))),
        "returnGeometry": str(has_shape).lower(),
        "orderByFields": f"{key} ASC",
        "outSR": "4326",
    }
    limit = min(int(as_text(layer.get("maxRecordCount")) or PAGE_ROWS), PAGE_ROWS)

    def count() -> int:
        answer = _answer(portal, portal.get("query", {"f": "json", "where": where, "returnCountOnly": "true"}))
        number = as_text(answer.get("count")) or ""
        if not number.isdecimal():
            raise portal.fail("it does not say how many rows it has", "check that base_url is the address of a layer")
        return int(number)

    def rows(answer: Any) -> list[Any]:
        features = _answer(portal, answer).get("features")
        if not isinstance(features, list):
            raise portal.fail("a page holds no list of features", "if it stays so, ask whoever runs the service")
        return [_record(portal, feature, types, key) for feature in features]

    def behind(last: int | None) -> Mapping[str, str]:
        return {"where": where if last is None else f"({where}) AND {key} > {last}", "resultRecordCount": str(limit)}

    def first() -> list[Any]:
        return rows(portal.get("query", asked | {"where": where, "resultRecordCount": "1"}))[:1]

    total = count()

    def pages() -> Iterator[list[Any]]:
        paginator = ByKey(behind, lambda record: int(str(record[key])), total)
        before = first() if total else []
        yield from portal.pages("query", asked, paginator, rows)
        if not paginator.ordered:
            raise portal.fail(f"the service does not keep the order by {key}", "export it by hand, and deliver it as a file")
        # a layer that was loaded anew numbers its rows anew
        if total and paginator.all_read and count() == total and first() != before:
            raise moved(contract.source, name, "the first row is another one now")

    unread = tuple(column for column in header if column not in wanted)
    read = counted(contract.source, name, pages(), total, count)
    batches = (batch for page in read for batch in as_batches((*wanted, *unread), page))
    yield Opened((*wanted, *unread), (), batches, WGS84 if has_shape else None)


def _answer(portal: Portal, answer: Any) -> dict[str, Any]:
    """ArcGIS answers 200 to everything, and says within whether that is so."""
    if not isinstance(answer, dict):
        raise portal.fail("its answer is not ArcGIS's", "check that base_url is the address of a layer, like …/FeatureServer/0")
    error = answer.get("error")
    if error is not None:
        code = as_text(error.get("code")) if isinstance(error, dict) else None
        if code in ("498", "499", "403", "401"):
            raise portal.fail(f"the service refuses access ({code})", "ask whoever runs it whether the layer is still public")
        raise portal.fail(
            f"the service failed ({code or 'no code'})",
            "check base_url and where in the contract; if it stays so, ask whoever runs it",
        )
    return answer


def _fields(portal: Portal, layer: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """The columns and their types, and the one that numbers the rows."""
    listed = layer.get("fields")
    if not isinstance(listed, list) or not all(isinstance(field, dict) and "name" in field for field in listed):
        raise portal.fail(
            "it does not say which columns it has", "check that base_url is the address of a layer, like …/FeatureServer/0"
        )
    types = {str(field["name"]): str(field.get("type")) for field in listed if field.get("type") != "esriFieldTypeGeometry"}
    key = layer.get("objectIdField") or next((name for name, kind in types.items() if kind == "esriFieldTypeOID"), None)
    if key not in types:
        raise portal.fail("its rows have no number of their own to read them by", "export it by hand, and deliver it as a file")
    return types, str(key)


def _where(portal: Portal, where: str, types: Mapping[str, str], fetch: Fetch) -> str:
    if fetch.since is None:
        return where
    delivered = next((name for name in map(str, fetch.since.column.delivered_names) if name in types), None)
    if delivered is None:
        raise portal.fail(
            f"the column of the cursor, {fetch.since.column.delivered_names[0]}, is not there",
            "ask the steward what it is called now, and add that to from: in the contract",
        )
    value = fetch.since.text() if fetch.since.column.type == "integer" else f"TIMESTAMP '{fetch.since.utc()}'"
    return f"({where}) AND ({delivered} >= {value} OR {delivered} IS NULL)"


def _record(portal: Portal, feature: Any, types: Mapping[str, str], key: str) -> dict[str, Any]:
    cells = (feature.get("attributes") or feature.get("properties")) if isinstance(feature, dict) else None
    if not isinstance(cells, dict) or not (as_text(cells.get(key)) or "").lstrip("-").isdecimal():
        raise portal.fail(f"a feature comes without {key}", "if it stays so, ask whoever runs the service")
    record = {name: _moment(value) if types.get(name) == DATE else value for name, value in cells.items()}
    return record | {GEOMETRY: feature.get("geometry")}


def _moment(value: Any) -> Any:
    """Milliseconds since 1970 in UTC as a time that says so; anything else as it is."""
    text = as_text(value) or ""
    if not text.lstrip("-").isdecimal():
        return value
    try:
        return (EPOCH + dt.timedelta(milliseconds=int(text))).isoformat(sep=" ") + "Z"
    except OverflowError:
        return value

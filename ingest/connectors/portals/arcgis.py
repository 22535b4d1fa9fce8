"""ArcGIS connector: the features or rows of a layer of a feature or map service.

Shapes are GeoJSON in WGS 84, times are in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlparse

from ingest.connectors.fetch import FetchRequest, delivered_names
from ingest.connectors.http_client import PortalClient
from ingest.connectors.origin import DeliveredTable, Origin
from ingest.connectors.portals.paging import PortalTable, keyset_table, listed, row_count
from ingest.contract import ArcgisConnector, Contract
from ingest.readers.formats.json_text import as_text
from ingest.readers.reader_types import OpenTable

# A layer reports how many rows it returns at once (maxRecordCount); more than this many is an answer of tens of megabytes.
PAGE_ROWS = 2_000
GEOMETRY = "geometry"
WGS84 = "EPSG:4326"
DATE_TYPE = "esriFieldTypeDate"
A_LAYER = "check that base_url is the address of a layer, like …/FeatureServer/0"
EPOCH = dt.datetime(1970, 1, 1)


def open_origin(contract: Contract, connector: ArcgisConnector, request: FetchRequest) -> Origin:
    """Open the layer as one table."""
    return Origin((DeliveredTable(_name(connector), partial(_read, contract, connector, request)),))


def _name(connector: ArcgisConnector) -> str:
    parts = [part for part in urlparse(connector.base_url).path.split("/") if part]
    return "/".join(parts[-3:]) or "layer"


@contextmanager
def _read(contract: Contract, connector: ArcgisConnector, request: FetchRequest) -> Iterator[OpenTable]:
    name = _name(connector)
    client = PortalClient(contract.source, name, connector, request)
    layer = _answer(client, client.get("", {"f": "json"}))
    types, key = _fields(client, layer)
    has_shape = bool(layer.get("geometryType")) and any(GEOMETRY in map(str, c.delivered_names) for c in contract.kept_columns)
    if has_shape and "geojson" not in str(layer.get("supportedQueryFormats", "")).lower():
        raise client.error("the layer does not return its shapes as GeoJSON", "export it by hand, and deliver it as a file")
    header = (*types, *((GEOMETRY,) if layer.get("geometryType") else ()))
    wanted = delivered_names(contract, header)
    where = _where(client, connector.where, types, request)
    params = {
        "f": "geojson" if has_shape else "json",
        "outFields": ",".join(dict.fromkeys((key, *(column for column in wanted if column != GEOMETRY)))),
        "returnGeometry": str(has_shape).lower(),
        "orderByFields": f"{key} ASC",
        "outSR": "4326",
    }

    def count() -> int:
        answer = _answer(client, client.get("query", {"f": "json", "where": where, "returnCountOnly": "true"}))
        return row_count(client, answer.get("count"), "check that base_url is the address of a layer")

    def page(last: int | None, limit: int) -> list[Any]:
        after = where if last is None else f"({where}) AND {key} > {last}"
        answer = client.get("query", params | {"where": after, "resultRecordCount": str(limit)})
        features = _answer(client, answer).get("features")
        if not isinstance(features, list):
            raise client.error("a page has no list of features", "if this persists, ask the service's operator")
        return [_record(client, feature, types, key) for feature in features]

    table = PortalTable(client, header, wanted, count, WGS84 if has_shape else None)
    page_rows = min(int(as_text(layer.get("maxRecordCount")) or PAGE_ROWS), PAGE_ROWS)
    yield keyset_table(table, page, page_rows, key)


def _answer(client: PortalClient, answer: Any) -> dict[str, Any]:
    """The document of an answer; ArcGIS returns status 200 for every answer, and puts errors into the document."""
    if not isinstance(answer, dict):
        raise client.error("its answer is not from ArcGIS", A_LAYER)
    error = answer.get("error")
    if error is not None:
        code = as_text(error.get("code")) if isinstance(error, dict) else None
        if code in ("498", "499", "403", "401"):
            raise client.error(
                f"the service refuses access ({code})", "ask the service's operator whether the layer is still public"
            )
        raise client.error(
            f"the service failed ({code or 'no code'})",
            "check base_url and where in the contract; if this persists, ask the service's operator",
        )
    return answer


def _fields(client: PortalClient, layer: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """The columns with their types, and the column with the row number."""
    fields = listed(client, layer.get("fields"), "name", "its answer has no list of columns", A_LAYER)
    types = {str(field["name"]): str(field.get("type")) for field in fields if field.get("type") != "esriFieldTypeGeometry"}
    key = layer.get("objectIdField") or next((name for name, kind in types.items() if kind == "esriFieldTypeOID"), None)
    if key not in types:
        raise client.error("its rows have no row number to order them by", "export it by hand, and deliver it as a file")
    return types, str(key)


def _where(client: PortalClient, where: str, types: Mapping[str, str], request: FetchRequest) -> str:
    if request.since is None:
        return where
    delivered = request.since.delivered_name(types, client.error)
    value = request.since.as_text() if request.since.column.type == "integer" else f"TIMESTAMP '{request.since.as_utc()}'"
    return f"({where}) AND ({delivered} >= {value} OR {delivered} IS NULL)"


def _record(client: PortalClient, feature: Any, types: Mapping[str, str], key: str) -> dict[str, Any]:
    cells = (feature.get("attributes") or feature.get("properties")) if isinstance(feature, dict) else None
    if not isinstance(cells, dict) or not (as_text(cells.get(key)) or "").lstrip("-").isdecimal():
        raise client.error(f"a feature has no {key}", "if this persists, ask the service's operator")
    record = {name: _moment(value) if types.get(name) == DATE_TYPE else value for name, value in cells.items()}
    return record | {GEOMETRY: feature.get("geometry")}


def _moment(value: Any) -> Any:
    """Milliseconds since 1970 in UTC as a time with the suffix Z; any other value unchanged."""
    text = as_text(value) or ""
    if not text.lstrip("-").isdecimal():
        return value
    try:
        return (EPOCH + dt.timedelta(milliseconds=int(text))).isoformat(sep=" ") + "Z"
    except OverflowError:
        return value

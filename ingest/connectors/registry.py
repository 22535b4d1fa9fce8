"""The only list of live connectors: which one reads which kind of contract."""

from __future__ import annotations

from ingest.connectors.databases import reader
from ingest.connectors.fetch import FetchRequest
from ingest.connectors.origin import DeliveredTable, Origin, open_path
from ingest.contract import (
    ArcgisConnector,
    CkanConnector,
    Contract,
    DatabaseConnector,
    FileConnector,
    HttpConnector,
    SocrataConnector,
)


def open_live(contract: Contract, request: FetchRequest) -> Origin | None:
    """Open the contract's live connector; None if the contract names no place to read from.

    Raises `DeliveryError` if something cannot be fetched, here or when a table is read.
    """
    connector = contract.connector
    if isinstance(connector, FileConnector):
        return open_path(contract, connector.path) if connector.path is not None else None
    if isinstance(connector, DatabaseConnector):
        table = DeliveredTable(connector.table or "query", reader.live_reader(contract, connector, request))
        return Origin((table,))
    return _open_portal(contract, connector, request)


def _open_portal(
    contract: Contract, connector: CkanConnector | SocrataConnector | ArcgisConnector | HttpConnector, request: FetchRequest
) -> Origin:
    # importing dlt takes half a second, and most commands request nothing from a portal
    from ingest.connectors.files import download  # noqa: PLC0415
    from ingest.connectors.portals import arcgis, ckan, socrata  # noqa: PLC0415

    if isinstance(connector, CkanConnector):
        return ckan.open_ckan(contract, connector, request)
    if isinstance(connector, SocrataConnector):
        return socrata.open_socrata(contract, connector, request)
    if isinstance(connector, ArcgisConnector):
        return arcgis.open_arcgis(contract, connector, request)
    return download.open_http(contract, connector, request)

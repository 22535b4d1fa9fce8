"""The live connectors, by kind.

Here: which connector reads which kind, the only list of them. Not here: how any of them reads.
"""

from __future__ import annotations

from ingest.connectors.databases import reader
from ingest.connectors.fetch import Fetch
from ingest.connectors.origin import Origin, Part, open_path
from ingest.contract import (
    ArcgisConnector,
    CkanConnector,
    Contract,
    DatabaseConnector,
    FileConnector,
    HttpConnector,
    SocrataConnector,
)


def open_live(contract: Contract, fetch: Fetch) -> Origin | None:
    """What the contract's live connector has now; None where it names no place to read from.

    Raises `DeliveryError` for what cannot be fetched, here or when a part is read.
    """
    connector = contract.connector
    if isinstance(connector, FileConnector):
        return open_path(contract, connector.path) if connector.path is not None else None
    if isinstance(connector, DatabaseConnector):
        return Origin((Part(connector.table or "query", reader.live_reader(contract, connector, fetch)),))
    return _open_portal(contract, connector, fetch)


def _open_portal(
    contract: Contract, connector: CkanConnector | SocrataConnector | ArcgisConnector | HttpConnector, fetch: Fetch
) -> Origin:
    # dlt takes half a second to import, and most commands ask no portal
    from ingest.connectors.files import download  # noqa: PLC0415
    from ingest.connectors.portals import arcgis, ckan, socrata  # noqa: PLC0415

    if isinstance(connector, CkanConnector):
        return ckan.open_ckan(contract, connector, fetch)
    if isinstance(connector, SocrataConnector):
        return socrata.open_socrata(contract, connector, fetch)
    if isinstance(connector, ArcgisConnector):
        return arcgis.open_arcgis(contract, connector, fetch)
    return download.open_http(contract, connector, fetch)

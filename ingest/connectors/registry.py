"""The only list of live connectors: which one reads which kind of contract."""

from __future__ import annotations

from importlib import import_module

from ingest.connectors.databases import live_reader
from ingest.connectors.fetch import FetchRequest
from ingest.connectors.origin import DeliveredTable, Origin, open_files
from ingest.contract import Contract, DatabaseConnector, FileConnector
from ingest.readers.files import find_files

# The modules whose `open_origin` requests from the web: importing dlt takes half a second, and most commands request nothing.
WEB = {"arcgis": "portals.arcgis", "ckan": "portals.ckan", "http": "download", "socrata": "portals.socrata"}


def open_live(contract: Contract, request: FetchRequest) -> Origin | None:
    """Open the contract's live connector; None if the contract names no place to read from.

    Raises `DeliveryError` if something cannot be fetched, here or when a table is read.
    """
    connector = contract.connector
    if isinstance(connector, FileConnector):
        return open_files(contract, find_files(contract, connector.path)) if connector.path is not None else None
    if isinstance(connector, DatabaseConnector):
        return Origin((DeliveredTable(connector.table or "query", live_reader(contract, connector, request)),))
    origin: Origin = import_module(f"ingest.connectors.{WEB[connector.kind]}").open_origin(contract, connector, request)
    return origin

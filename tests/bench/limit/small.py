"""The deliveries that do not grow with the city, delivered and landed by the product's own code, as in a first run.

See `script` and read.sql for the four event sources.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.city import city_registry, read_city
from ingest.connectors import open_folder
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from warehouse.metadata import migrate


def read_small(con: DuckDBPyConnection, deliveries: Path, without: Container[str], batches: Path, now: dt.datetime) -> None:
    """Make `landing` and `typed` of every source but those in `without`; of a source without a folder they are empty.

    `batches`: a folder for batches that are written before they land. `now`: the time of the run.
    """
    city = read_city(deliveries)
    migrate(con)
    for contract in city_registry(city, deliveries):
        if contract.source in without:
            continue
        ensure_tables(con, contract, city.time_zone)
        folder = deliveries / contract.source
        files = delivered_files(folder) if folder.is_dir() else ()
        if files:
            store = DeliveryStore(batches, contract.source)
            receipt = deliver(contract, open_folder(contract, files, folder), store, None, now)
            LandingTable(con, contract, store, city.time_zone).promote(receipt, run_id="", now=now)

"""The deliveries that do not grow with the city, read the product's way: by its connectors, typed by its views.

This module lands them as a first run would. For tables that a publisher releases whole, the product itself finds the newest
release and its withdrawn records (`ingest.landing.apply_load`); for the others the last row of a key lands. See
`script` and read.sql for the four event sources.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ingest.city import city_registry, read_city
from ingest.connectors import Origin, open_folder
from ingest.contract import Contract
from ingest.delivery import Conformer, DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from ingest.typing import accepted_rows
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
        folder = deliveries / contract.source
        files = delivered_files(folder) if folder.is_dir() else ()
        origin = open_folder(contract, files, folder) if files else None
        if contract.load.mode == "replace_partition":
            _promote(con, contract, origin, DeliveryStore(batches, contract.source), now, city.time_zone)
        else:
            _land(con, contract, origin)
            view = accepted_rows(contract, f'warehouse.landing."{contract.source}"', city.time_zone)
            con.execute(f'create view warehouse.typed."{contract.source}" as {view}')


def _promote(
    con: DuckDBPyConnection, contract: Contract, origin: Origin | None, store: DeliveryStore, now: dt.datetime, city_zone: str
) -> None:
    ensure_tables(con, contract, city_zone)
    if origin is not None:
        receipt = deliver(contract, origin, store, None, now)
        LandingTable(con, contract, store, city_zone).promote(receipt, run_id="", now=now)


def _land(con: DuckDBPyConnection, contract: Contract, origin: Origin | None) -> None:
    conformer, batches = Conformer(contract, None), []
    for part in origin.tables if origin else ():
        with part.read() as opened:
            batches += list(conformer.batches(opened.batches, conformer.match(opened.header), part.name))
    delivered = pa.Table.from_batches(batches, conformer.schema)
    names = [f'"{column.name}"' for column in contract.kept_columns]
    con.register("delivered", delivered)
    con.execute(
        f'create table warehouse.landing."{contract.source}" as '
        f"with rows as (select *, '' as _load_id, row_number() over () as _ordinal from delivered "
        f"where not ({' and '.join(f'''coalesce(trim({name}), '') = '' ''' for name in names)})) "
        f"select * from rows {_last_of(contract, names)} order by _ordinal"
    )
    con.unregister("delivered")


def _last_of(contract: Contract, names: list[str]) -> str:
    same = [f'trim("{name}")' for name in contract.record_key]
    if not same and contract.load.duplicates == "drop_exact":
        same = names
    return f"qualify row_number() over (partition by {', '.join(same)} order by _ordinal desc) = 1" if same else ""

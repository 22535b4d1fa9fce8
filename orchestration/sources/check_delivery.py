"""Auditing a delivery without loading it: for stewards, before they send it, and for whoever chases a bad one.

Here: the same connector, batch and gate as in a run, on a throw-away database. Not here: the run's own audit (`intake`).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.column_differences import ColumnDifference, column_differences, first_rows
from expectations.delivery.volume import Comparison, comparison
from expectations.results import Finding, GateResult
from ingest.connectors import DeliveryError, Fetch, Origin, delivered_files, open_folder, open_live
from ingest.contract import Contract
from ingest.delivery.write_batch import DeliveryStore, Receipt, as_next_load, deliver
from ingest.landing.landing_journal import DeliveryLost, catch_up
from ingest.landing.tables import ensure_ledger, ensure_tables
from orchestration.runs.clock import as_of_time, utc_now
from orchestration.runs.delivery_location import DeliveryLocation, resolve_delivery_location
from orchestration.runs.record import HELD_BACK, RunStore
from orchestration.settings import ConfigurationError, Settings
from orchestration.sources.audit_delivery import audit_delivery
from warehouse.connection import database_path, scratch
from warehouse.sql import literal, quoted


@dataclass(frozen=True)
class Checked:
    """What a check found: the verdict, the columns beside the contract's, and the first rows without private values.

    A delivery that cannot be read has no receipt; its columns are those of the contract then, and there are no rows.
    """

    contract: Contract
    gate: GateResult
    receipt: Receipt | None = None
    columns: tuple[ColumnDifference, ...] = ()
    row_names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def check_delivery(settings: Settings, name: str, file: Path | None) -> Checked:
    """The gate's verdict on a file, a folder, or what the home would read; nothing is kept.

    A delivery that cannot even be read fails with the connector's words: a run would hold it back with the same.
    """
    location = resolve_delivery_location(settings)
    contract = location.registry[name]
    settings.home.ensure()
    with tempfile.TemporaryDirectory(dir=settings.home.temporary) as folder, scratch(Path(folder)) as con:
        store = DeliveryStore(Path(folder), name)
        try:
            with tempfile.TemporaryDirectory(prefix="check-", dir=settings.home.temporary) as fetched:
                fetch = Fetch(os.environ, Path(fetched), hosts=settings.hosts)
                live = file is None and location.folder is None
                origin = _origin(contract, location, file, fetch)
                fetched_on = location.city.local_now().date() if live else None
                receipt = deliver(contract, origin, store, settings.hash_key, utc_now(), live=live, fetched_on=fetched_on)
        except DeliveryError as error:
            unread = Finding("readable", None, "critical", False, None, None, str(error))
            return Checked(contract, GateResult("delivery", name, (unread,)))
        con.execute("create schema if not exists delivery")
        con.execute(
            f"create view delivery.{quoted(name)} as select * from read_parquet({literal(str(store.batch(receipt.load_id)))})"
        )
        gate = audit_delivery(
            contract,
            receipt,
            database_path(con),
            location.city.time_zone,
            _compared(settings, con, contract, receipt, store, location.city.time_zone),
            as_of_time(None, location.city),
        )
        names, rows = first_rows(contract, receipt, store.batch(receipt.load_id))
        return Checked(contract, gate, receipt, column_differences(contract, receipt), names, rows)


def _origin(contract: Contract, location: DeliveryLocation, file: Path | None, fetch: Fetch) -> Origin:
    if file is None and location.folder is None:
        live = open_live(contract, fetch)
        if live is None:
            raise ConfigurationError(f"the contract of {contract.source} names no place to read from; give a file")
        return live
    here = file if file is not None else (location.folder or Path()) / contract.source
    if not here.exists():
        raise ConfigurationError(f"there is no {here}; name a file or a folder to check")
    return open_folder(contract, delivered_files(here), here) if here.is_dir() else open_folder(contract, (here,), here.parent)


def _compared(
    settings: Settings, con: DuckDBPyConnection, contract: Contract, receipt: Receipt, store: DeliveryStore, city_zone: str
) -> Comparison:
    """What the size is compared with, from receipts and kept deliveries, since a run may hold the warehouse.

    Landing is made again only for a delivery that is small against the load that is in, and may be so because it adds to it.
    """
    kept = DeliveryStore(settings.home.deliveries, contract.source)
    if contract.load.mode == "replace_partition":
        # a withdrawn row is no matter of size
        _land(con, contract, kept, city_zone)
        return comparison(con, contract, as_next_load(receipt, kept), store, city_zone)
    last = RunStore(settings.home.runs).last_ended()
    status = last.sources.get(contract.source) if last else None
    if not status or not status.rows_delivered or status.verdict == HELD_BACK:
        return Comparison(())
    size = Comparison((status.rows_delivered,))
    small = receipt.rows < status.rows_delivered * (1 - contract.tolerances.volume_drop_pct / 100)
    if not small or contract.load.mode not in ("merge", "replace_period"):
        return size
    if not _land(con, contract, kept, city_zone):
        return size
    return comparison(con, contract, receipt, store, city_zone)


def _land(con: DuckDBPyConnection, contract: Contract, kept: DeliveryStore, city_zone: str) -> bool:
    """Make landing again from the kept deliveries; False if one of them is lost."""
    ensure_ledger(con)
    ensure_tables(con, contract, city_zone)
    try:
        catch_up(con, contract, kept, city_zone)
    except DeliveryLost:
        return False
    return True

"""Audit a delivery without loading it: for stewards before they send it, and for analysts who ask why one was held back.

It uses the same connector, batch and gate as a run, on a temporary database.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.column_differences import ColumnDifference, column_differences, first_rows
from expectations.delivery.volume import VolumeBaseline, volume_baseline
from expectations.results import ExpectationResult, GateResult
from ingest.agreement_terms import agreement_terms
from ingest.connectors import FetchRequest, Origin, open_folder, open_live
from ingest.contract import Contract
from ingest.delivery import DeliveryRecord, DeliveryStore, as_next_load, deliver
from ingest.delivery.removals import read_removals
from ingest.errors import DeliveryError
from ingest.landing import DeliveryLost, ensure_tables, replay
from ingest.readers import delivered_files
from orchestration.runs.clock import as_of_time, utc_now
from orchestration.runs.delivery_location import DeliveryLocation, read_delivery_location
from orchestration.runs.record import HELD_BACK, RunStore
from orchestration.settings import ConfigurationError, Settings
from orchestration.sources.audit_delivery import audit_delivery
from warehouse.connection import database_path, scratch
from warehouse.metadata import migrate
from warehouse.sql import literal, quoted
from warehouse.temporary import scratch_folder


@dataclass(frozen=True)
class DeliveryCheck:
    """The result of a check: the gate's result, column differences, and the first rows without private values.

    A delivery that cannot be read has no delivery record, no differences and no rows.
    """

    contract: Contract
    gate: GateResult
    delivery: DeliveryRecord | None = None
    columns: tuple[ColumnDifference, ...] = ()
    row_names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def check_delivery(settings: Settings, name: str, file: Path | None) -> DeliveryCheck:
    """Audit a file, a folder, or what the next run would read; nothing is stored, and no home is created.

    A delivery that cannot be read fails with the connector's message; a run would hold it back for the same reason.
    """
    location = read_delivery_location(settings, file)
    contract = location.registry[name]
    terms = agreement_terms(contract, as_of_time(None, location.city))
    is_removed = read_removals(settings.home.deliveries / name).is_removed
    if file is None and (terms.has_ended or is_removed):
        reason = f"it was removed; `levelground sources resume {name}` reads it again" if is_removed else terms.reason
        raise ConfigurationError(f"{name} is not read: {reason}")
    with scratch_folder(settings.home, "check-") as folder, scratch(folder) as con:
        store = DeliveryStore(folder, name)
        try:
            with scratch_folder(settings.home, "fetch-") as downloads:
                fetch = FetchRequest(os.environ, downloads, hosts=settings.hosts, most_bytes=settings.max_download_bytes)
                live = file is None and location.folder is None
                origin = _origin(contract, location, file, fetch)
                fetched_on = location.city.local_now().date() if live else None
                delivery = deliver(contract, origin, store, settings.hash_key, utc_now(), live=live, fetched_on=fetched_on)
        except DeliveryError as error:
            unreadable = ExpectationResult("readable", None, "critical", False, None, None, str(error))
            return DeliveryCheck(contract, GateResult("delivery", name, (unreadable,)))
        con.execute("create schema if not exists delivery")
        con.execute(
            f"create view delivery.{quoted(name)} as select * from read_parquet({literal(str(store.batch(delivery.load_id)))})"
        )
        gate = audit_delivery(
            contract,
            delivery,
            database_path(con),
            location.city.time_zone,
            _volume_comparison(settings, con, contract, delivery, store, location.city.time_zone),
            as_of_time(None, location.city),
        )
        names, rows = first_rows(contract, delivery, store.batch(delivery.load_id))
        return DeliveryCheck(contract, gate, delivery, column_differences(contract, delivery), names, rows)


def _origin(contract: Contract, location: DeliveryLocation, file: Path | None, fetch: FetchRequest) -> Origin:
    if file is None and location.folder is None:
        live = open_live(contract, fetch)
        if live is None:
            raise ConfigurationError(f"the contract of {contract.source} names no live system; name a file to check")
        return live
    path = file if file is not None else (location.folder or Path()) / contract.source
    if not path.exists():
        not_yet = " yet" if file is None else ""
        raise ConfigurationError(f"{path} does not exist{not_yet}; name a file or a folder to check")
    return open_folder(contract, delivered_files(path), path) if path.is_dir() else open_folder(contract, (path,), path.parent)


def _volume_comparison(
    settings: Settings,
    con: DuckDBPyConnection,
    contract: Contract,
    delivery: DeliveryRecord,
    store: DeliveryStore,
    city_zone: str,
) -> VolumeBaseline:
    """What the gate compares the number of rows with, from run records and kept deliveries: a run may have the warehouse open.

    Landing is restored only if the delivery is smaller than the newest load and may be an addition to it.
    """
    delivery_store = DeliveryStore(settings.home.deliveries, contract.source)
    if contract.load.mode == "replace_partition":
        # The gate counts withdrawn rows, so it needs the rows in landing.
        _restore_landing(con, contract, delivery_store, city_zone)
        return volume_baseline(con, contract, as_next_load(delivery, delivery_store), store, city_zone)
    last = RunStore(settings.home.runs).last_ended()
    status = last.sources.get(contract.source) if last else None
    if not status or not status.rows_delivered or status.verdict == HELD_BACK:
        return VolumeBaseline(())
    size = VolumeBaseline((status.rows_delivered,))
    small = delivery.rows < status.rows_delivered * (1 - contract.tolerances.volume_drop_pct / 100)
    if not small or contract.load.mode not in ("merge", "replace_period"):
        return size
    if not _restore_landing(con, contract, delivery_store, city_zone):
        return size
    return volume_baseline(con, contract, delivery, store, city_zone)


def _restore_landing(con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, city_zone: str) -> bool:
    """Restore landing from the kept deliveries; False if one of them is lost."""
    migrate(con)
    ensure_tables(con, contract, city_zone)
    try:
        replay(con, contract, store, city_zone)
    except DeliveryLost:
        return False
    return True

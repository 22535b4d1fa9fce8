"""Compute the volume baseline of a checked delivery as a run would, from the kept deliveries and their journal.

A run may have the working warehouse open, so the history is restored into the temporary database of the check.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.volume import VolumeBaseline, volume_baseline
from expectations.delivery.volume_checks import usual_rows
from ingest.contract import Contract
from ingest.delivery import JOURNAL, DeliveryRecord, DeliveryStore, as_next_load
from ingest.landing import DeliveryLost, JournalDamaged, JournalEntry, ensure_tables, read_journal, replay, restore_ledger
from orchestration.settings import ConfigurationError
from warehouse.metadata import migrate


def restored_baseline(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, kept: DeliveryStore, city_zone: str
) -> VolumeBaseline:
    """What a run compares the number of rows of `batch` with; `kept` has the deliveries of the home.

    `ConfigurationError` if the journal of the source is damaged: its earlier deliveries are then unknown.
    """
    journal = read_journal(kept)
    if journal is None:
        path = kept.folder / JOURNAL
        raise ConfigurationError(f"{path} cannot be read, so earlier deliveries are unknown; `levelground run` restores it")
    migrate(con)
    ensure_tables(con, contract, city_zone)
    if _compares_rows(contract, delivery, journal):
        try:
            replay(con, contract, kept, city_zone)
        except DeliveryLost:
            restore_ledger(con, contract, journal)
    else:
        restore_ledger(con, contract, journal)
    return volume_baseline(con, contract, as_next_load(delivery, kept), kept, city_zone, batch=batch)


def restore_landed_rows(con: DuckDBPyConnection, contract: Contract, kept: DeliveryStore, city_zone: str) -> None:
    """Fill the landing table of a temporary database from the kept deliveries, as far as they can be read."""
    migrate(con)
    ensure_tables(con, contract, city_zone)
    with suppress(DeliveryLost, JournalDamaged):
        replay(con, contract, kept, city_zone)


def _compares_rows(contract: Contract, delivery: DeliveryRecord, journal: tuple[JournalEntry, ...]) -> bool:
    """Whether the gate compares with the rows in landing, and not only with the sizes of earlier loads."""
    if delivery.whole or contract.load.mode in ("replace_period", "replace_partition"):
        return True
    sizes = [entry.rows_delivered for entry in reversed(journal) if not entry.adds]
    if contract.load.mode != "merge" or not sizes:
        return False
    # replaying many small loads takes minutes, and a delivery of the usual size passes whatever it adds
    least, most = usual_rows(sizes, contract.tolerances.volume_drop_pct)[1:]
    return not least <= delivery.rows <= most

"""Promote again, from the stored deliveries, the loads that the journal has and the ledger lacks."""

from __future__ import annotations

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery import JOURNAL, RECORD, DeliveryStore, find_damage
from ingest.landing import superseded
from ingest.landing.landing_journal import JournalDamaged, JournalEntry, read_journal
from ingest.landing.ledger import LoadRecord, insert_load, read_ledger
from ingest.landing.promote import promote
from ingest.landing.withheld_records import keeps_withheld_records, restore_withheld


class DeliveryLost(Exception):
    """Landing lacks rows that only one stored delivery has, and that delivery is damaged or missing."""

    def __init__(self, store: DeliveryStore, load_id: str, why: str, rows: int) -> None:
        super().__init__(
            f"{store.source}: landing lacks {rows:,} rows that only {store.batch(load_id)} has, and {why}. "
            f"Restore the file from a backup, or have the same delivery sent again. To go on without these rows, "
            f"remove the load from {store.folder / JOURNAL}"
        )
        self.load_id = load_id


def replay(con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, city_zone: str) -> int:
    """Promote the missing loads in their order; returns their number.

    A load without rows in landing needs no batch: only its row of the ledger is restored. Raises `DeliveryLost` if a needed
    batch cannot be read; the loads before it are promoted then. Raises `JournalDamaged` if nothing records what is missing.
    """
    ledger = {(load.load_id, load.sequence) for load in read_ledger(con, contract.source)}
    journal = read_journal(store)
    if journal is None:
        if not ledger:
            raise JournalDamaged(store.folder / JOURNAL)
        journal = ()  # `save_journal` writes it again
    missing = [entry for entry in journal if (entry.load_id, entry.sequence) not in ledger]
    for entry in missing:
        delivery = store.record(entry.load_id)
        why = _why_lost(store, entry.load_id) if delivery is None else find_damage(store, delivery)
        if delivery is not None and why is None:
            promote(
                con,
                contract,
                # the same load may have been delivered again later, and held back
                delivery.model_copy(update={"sequence": entry.sequence}),
                store.batch(entry.load_id),
                run_id=entry.run_id,
                city_zone=city_zone,
                now=entry.promoted_at,
                terms=entry.contract,
                adds=entry.adds,
                withdrawn=entry.rows_withdrawn,
            )
        elif entry.rows_in_landing:
            raise DeliveryLost(store, entry.load_id, why or "it cannot be read", entry.rows_in_landing)
        else:
            _insert(con, contract, entry)
            # the rows that this load deleted are no longer known
            superseded.invalidate(con, {contract.source: entry.sequence})
    if missing and keeps_withheld_records(contract):
        restore_withheld(con, contract, store.folder)
    return len(missing)


def restore_ledger(con: DuckDBPyConnection, contract: Contract, journal: Iterable[JournalEntry]) -> None:
    """Add the loads of the journal that the ledger lacks, without their rows."""
    known = {(load.load_id, load.sequence) for load in read_ledger(con, contract.source)}
    for entry in journal:
        if (entry.load_id, entry.sequence) not in known:
            _insert(con, contract, entry)


def _insert(con: DuckDBPyConnection, contract: Contract, entry: JournalEntry) -> None:
    insert_load(con, contract.source, LoadRecord(**entry.model_dump(exclude={"rows_in_landing"})))


def _why_lost(store: DeliveryStore, load_id: str) -> str:
    is_kept = store.batch(load_id).is_file()
    return f"its record {store.folder / load_id / RECORD} cannot be read" if is_kept else "it is missing"

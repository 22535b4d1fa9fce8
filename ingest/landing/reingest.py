"""Promote the kept deliveries of a period again, in their order, as `levelground run --source S --period 2024-03` does.

After a correction of a contract, earlier loads still have the rows that the contract of their day selected. Re-ingesting applies
the contract of today to the kept batches. Later loads are promoted again as well, because each replaces the periods that it
contains. See `ingest.landing.replay` for promoting what the ledger lacks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery import DeliveryStore, find_damage
from ingest.landing import superseded
from ingest.landing.batch_rows import batch_relation
from ingest.landing.landing_journal import JournalEntry, read_journal, save_journal, write_journal
from ingest.landing.ledger import contract_fingerprint
from ingest.landing.replay import DeliveryLost, replay
from ingest.typing import typed_expression
from warehouse.sql import literal


def reingest(
    con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, first: dt.date, last: dt.date, city_zone: str
) -> int:
    """Promote the loads with rows from `first` to `last` again, and all later ones; returns their number.

    It is 0 if no kept delivery has rows of the period. Raises `DeliveryLost` if a needed batch is damaged; landing is as before
    then. A kill in between loses nothing: the next run promotes what the ledger lacks.
    """
    save_journal(con, contract, store)
    journal = read_journal(store) or ()
    begin = next((at for at, entry in enumerate(journal) if _has_rows(con, contract, store, entry, first, last, city_zone)), None)
    if begin is None:
        return 0
    again = journal[begin:]
    for entry in again:
        delivery = store.record(entry.load_id)
        damage = find_damage(store, delivery) if delivery else "it is missing"
        if damage is not None and entry.rows_in_landing:
            raise DeliveryLost(store, entry.load_id, damage, entry.rows_in_landing)
    terms = contract_fingerprint(contract)
    write_journal(store, (*journal[:begin], *(entry.model_copy(update={"contract": terms}) for entry in again)))
    _forget(con, contract, again)
    return replay(con, contract, store, city_zone)


def _has_rows(
    con: DuckDBPyConnection,
    contract: Contract,
    store: DeliveryStore,
    entry: JournalEntry,
    first: dt.date,
    last: dt.date,
    city_zone: str,
) -> bool:
    """Whether the kept batch of a load has rows of the period. Raises `DeliveryLost` if landing has rows of a damaged one."""
    delivery = store.record(entry.load_id)
    if delivery is None or contract.load.period_column is None:
        return False
    day = f"cast({typed_expression(contract.column(contract.load.period_column), city_zone)} as date)"
    rows = batch_relation(con, contract, delivery, store.batch(entry.load_id), city_zone)
    try:
        found = con.execute(f"select 1 from {rows} where {day} between ? and ? limit 1", [first, last]).fetchone()
    except duckdb.Error:
        damage = find_damage(store, delivery)
        if damage is not None and entry.rows_in_landing:
            raise DeliveryLost(store, entry.load_id, damage, entry.rows_in_landing) from None
        return False  # an earlier contract had no such column, or nothing of the batch is left in landing
    return found is not None


def _forget(con: DuckDBPyConnection, contract: Contract, loads: Sequence[JournalEntry]) -> None:
    """Remove the rows of these loads, and the loads from the ledger; facts that are built from them are rebuilt."""
    ids = ", ".join(literal(load.load_id) for load in loads)
    con.execute("begin transaction")
    try:
        con.execute(f'delete from landing."{contract.source}" where _load_id in ({ids})')
        for table in ("loads", "rejected_rows"):
            con.execute(f"delete from intake.{table} where source = ? and load_id in ({ids})", [contract.source])
        superseded.invalidate(con, {contract.source: max(load.sequence for load in loads)})
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise

"""Correct what the working warehouse and the list of accepted loads record about a source, after rows of them were removed."""

from __future__ import annotations

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from ingest.delivery import DeliveryStore
from ingest.delivery.removals import SourceRemovals
from ingest.erasure.plan import Plan
from ingest.landing.loads import save_counts
from warehouse.connection import open_from_disk
from warehouse.paths import Home
from warehouse.rewrite import tables_of
from warehouse.sql import literal, quoted

_ALIAS = "working"


def correct_counts(con: DuckDBPyConnection, alias: str, plan: Plan) -> None:
    """Reduce the delivered and rejected rows of each load by the removed ones.

    Superseded rows are the remainder of the delivered ones (`ingest.landing.loads`), so removed ones need no correction. If the
    remainder would be negative, the removed row was a duplicate.
    """
    tables = set(tables_of(con, alias))
    for source in plan.sources:
        if ("landing", source.source) not in tables:
            continue
        name = literal(source.source)
        landed = f"select count(*) from {alias}.landing.{quoted(source.source)} as rows where rows._load_id = loads.load_id"
        rejected = (
            f"select count(*) from {alias}.intake.rejected_rows as rows "
            f"where rows.source = {name} and rows.load_id = loads.load_id"
        )
        removed = f"select count(*) from rows_to_remove as rows where rows.source = {name} and rows.load_id = loads.load_id"
        where = f"where source = {name} and load_id in (select load_id from rows_to_remove where source = {name})"
        loads = f"{alias}.intake.loads as loads"
        con.execute(f"update {loads} set rows_delivered = rows_delivered - ({removed}), rows_rejected = ({rejected}) {where}")
        rest = f"rows_delivered - rows_blank - rows_rejected - ({landed})"
        con.execute(f"update {loads} set rows_duplicate = greatest(least(rows_duplicate, {rest}), 0) {where}")


def save_accepted_loads(home: Home, plan: Plan) -> None:
    """Write the counts of landing into the lists of accepted loads, from which a lost warehouse is restored."""
    if not home.warehouse.is_file():
        return
    with open_from_disk(home.warehouse, _ALIAS) as con:
        con.execute(f"use {_ALIAS}")
        for source in plan.sources:
            store = DeliveryStore(home.deliveries, source.source)
            if accepted := store.accepted():
                save_counts(con, store, accepted)


def copy_removals(con: DuckDBPyConnection, removals: Mapping[str, SourceRemovals]) -> None:
    """Copy the removals of all sources to `intake.erasures` and `intake.erased_records`."""
    con.execute("delete from intake.erasures")
    con.execute("delete from intake.erased_records")
    for source, found in removals.items():
        for removal in found.removals:
            row = [
                source,
                removal.removal_id,
                removal.kind,
                removal.records,
                removal.reason,
                removal.erased_at,
                removal.erased_by,
            ]
            con.execute("insert into intake.erasures values (?, ?, ?, ?, ?, ?, ?)", row)
        for keys in found.erased:
            hashes = "insert into intake.erased_records select ?, ?, unnest(?)"
            con.execute(hashes, [source, ", ".join(keys.columns), list(keys.hashes)])

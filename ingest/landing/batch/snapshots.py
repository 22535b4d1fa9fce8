"""The snapshot date of each landed row of a stock, as SQL.

See `ingest.delivery.snapshot_date` for the date of a file, and `ingest.landing.batch.replaced_rows` for the rows that a snapshot
replaces.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.sections.snapshot import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.tables import latest_event
from ingest.typing import typed_expression
from warehouse.sql import literal


def snapshot_expression(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, city_zone: str
) -> str:
    """SQL date over the rows of a batch: the snapshot of each row; NULL for a source that is no stock.

    If only events date a delivery, it is the day of the latest event; without events, it is the day of delivery.
    """
    snapshot = contract.snapshot
    if snapshot is None:
        return "null::date"
    if snapshot.column is not None:
        return f"cast({typed_expression(contract.column(snapshot.column), city_zone)} as date)"
    dates = {file.name: file.snapshot_on for file in delivery.files}
    if None in dates.values():
        row = con.execute(latest_event(contract, f"read_parquet({literal(str(batch))})", city_zone)).fetchone()
        latest = row[0].date() if row and row[0] else delivery.delivered_at.date()
        dates = {name: day or latest for name, day in dates.items()}
    named = ", ".join(f"{literal(name)}: {literal(str(day))}" for name, day in dates.items())
    return f"cast((map {{{named}}})[_source_file] as date)"


def same_period_condition(contract: Contract, day: dt.date) -> str:
    """SQL boolean: a landed row is of the period (`per`) of a live fetch on that day, which replaces the row."""
    assert contract.snapshot is not None
    per = literal(contract.snapshot.per)
    return f"date_trunc({per}, {SNAPSHOT_ON}) = date_trunc({per}, date {literal(day.isoformat())})"

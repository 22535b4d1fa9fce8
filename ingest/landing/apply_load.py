"""Apply an accepted load to `landing.<source>`: delete the rows that it replaces, and insert its rows that count.

See `ingest.landing.landing_table` for the order of loads, and `ingest.landing.batch` for the rows of one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection

from ingest.contract.sections.snapshot import SNAPSHOT_ON
from ingest.delivery import AcceptedLoad
from ingest.landing.batch.current_rows import CurrentRows, current_rows, promoted_under_another_contract
from ingest.landing.batch.replaced_rows import Replacement
from ingest.landing.batch.rows import Batch, count_rows, drop_row_sets
from ingest.landing.loads import forget_loads, insert_load
from ingest.landing.rejected import rejected_rows
from ingest.landing.superseded import start_recording
from ingest.landing.tables import LOAD_COLUMNS, MARKS, marked_rows
from warehouse.sql import literal, quoted


def apply_load(batch: Batch, load: AcceptedLoad, promoted_files: Collection[str]) -> None:
    """Apply a load, in a transaction of the caller. `promoted_files`: hashes of files that earlier loads of `append` promoted."""
    con, contract = batch.con, batch.contract
    table = f'landing."{contract.source}"'
    start_recording(con, contract.source, load.sequence)
    forget_loads(con, contract.source, [load.load_id])  # it was applied at an earlier place, and moves to this one
    if contract.load.mode == "append":
        con.execute(f"delete from {table} where {promoted_under_another_contract(batch)}")
    rows = current_rows(batch, promoted_files)
    replacement = Replacement(batch, rows.usable)
    replacement.withhold(rows.superseded)
    withdrawn = load.rows_withdrawn
    if con.execute(f"select 1 from {table} limit 1").fetchone():
        # earlier loads may be missing by now, so that a number that was recorded stays
        withdrawn = replacement.count_withdrawn_rows() if load.rows_in_landing is None else withdrawn
        replacement.delete_replaced_rows()
    landed, rejected = _insert(batch, rows)
    counts = {
        "rows_delivered": batch.delivery.rows,
        "rows_blank": batch.delivery.rows - rows.duplicates - rows.older - rejected - landed,
        "rows_duplicate": rows.duplicates,
        "rows_rejected": rejected,
        "rows_withdrawn": withdrawn,
        "data_as_of": _data_as_of(batch),
    }
    insert_load(con, contract, load.model_copy(update=counts))
    drop_row_sets(con)


@contextmanager
def transaction(con: DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, or nothing on an error."""
    con.execute("begin transaction")
    try:
        yield
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def _insert(batch: Batch, rows: CurrentRows) -> tuple[int, int]:
    """Insert the rows with their marks; returns how many are in landing, and how many were rejected."""
    con, contract, table = batch.con, batch.contract, f'landing."{batch.contract.source}"'
    deciding = [contract.column(name) for name in contract.deciding_columns]
    names = ", ".join([*(quoted(column.name) for column in contract.kept_columns), *LOAD_COLUMNS, *MARKS])
    marked = marked_rows(contract, rows.states, batch.city_zone)
    landed = count_rows(con, f"insert into {table} ({names}) select {names} from {marked}")
    if not deciding:
        return landed, 0
    # inserting unusable rows and deleting them again is faster than typing every row twice
    bad = f"_load_id = {literal(batch.delivery.load_id)} and _refused and {batch.unusable}"
    refused = rejected_rows(contract, deciding, f"(from {table} where {bad} and {batch.filled})", batch.city_zone)
    rejected = count_rows(con, f"insert into intake.rejected_rows {refused}")
    return landed - count_rows(con, f"delete from {table} where {bad}"), rejected


def _data_as_of(batch: Batch) -> dt.datetime | None:
    """The latest event in a landed row of the load, or its newest snapshot; None if it has neither."""
    latest = f"cast(max({SNAPSHOT_ON}) as timestamp)" if batch.contract.snapshot else "max(_latest)"
    landed = f'select {latest} from landing."{batch.contract.source}" where _load_id = ?'
    row = batch.con.execute(landed, [batch.delivery.load_id]).fetchone()
    return row[0] if row else None

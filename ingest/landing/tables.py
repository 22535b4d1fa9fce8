"""Create the landing table and the typed view of a source, and mark landed rows by what the contract refuses.

See `ingest.landing.landing_table` for its rows, `ingest.landing.loads` for the loads, and `ingest.typing` for typing a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.contract.sections.snapshot import SNAPSHOT_ON
from ingest.landing.withheld_records import ensure_withheld, keeps_withheld_records, withheld_table
from ingest.typing import (
    accepted_rows,
    column_refused,
    invalid_condition,
    invalid_flag,
    is_refused,
    optional_columns,
    read_cells,
    required_columns,
    typed_cell,
    typed_expression,
)
from warehouse.fingerprint import text_sha256
from warehouse.sql import literal

# Columns of landing tables in addition to the contract's; rows of a stock have the date of their snapshot
# (`ingest.landing.batch.snapshots`).
LOAD_COLUMNS: Mapping[str, str] = {
    "_load_id": "varchar", "_source_file": "varchar", "_source_row": "bigint", "_file_sha256": "varchar", "_contract": "varchar",
    SNAPSHOT_ON: "date",
}  # fmt: skip
# Marks of each landed row under the current contract, so that no query has to type every row: it lacks a good value in a required
# column; it has a bad value in another column; the first day of its period (`period_expression`); its latest time.
MARKS: Mapping[str, str] = {"_refused": "boolean", "_doubtful": "boolean", "_period": "date", "_latest": "timestamp"}


def ensure_tables(con: DuckDBPyConnection, contract: Contract, city_zone: str) -> None:
    """Create the landing table with the contract's columns, and the typed view over it."""
    columns = {column.name: "varchar" for column in contract.kept_columns} | dict(LOAD_COLUMNS) | dict(MARKS)
    table = f'landing."{contract.source}"'
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create table if not exists {table} ({declared})")
    existing = {name for (name,) in con.execute("select column_name from (describe " + table + ")").fetchall()}
    for name, kind in columns.items():
        if name not in existing:
            con.execute(f'alter table {table} add column "{name}" {kind}')
    _update_marks(con, contract, city_zone)
    accepted = accepted_rows(contract, table, city_zone, "not _refused")
    if keeps_withheld_records(contract):
        ensure_withheld(con, contract)
        accepted += f" union all {accepted_rows(contract, withheld_table(contract), city_zone, 'not _refused')}"
    con.execute(f'create or replace view typed."{contract.source}" as {accepted}')


def _update_marks(con: DuckDBPyConnection, contract: Contract, city_zone: str) -> None:
    """Compute the marks of landed rows again if the contract, or this code, has changed how they are computed."""
    refused = " or ".join(column_refused(column, city_zone) for column in required_columns(contract)) or "false"
    doubtful = " or ".join(invalid_condition(column, city_zone) for column in optional_columns(contract)) or "false"
    marks = {
        "_refused": f"({refused})",
        "_doubtful": f"({doubtful})",
        "_period": period_expression(contract, city_zone),
        "_latest": _latest([(typed_expression(c, city_zone), invalid_condition(c, city_zone)) for c in contract.clock_columns]),
    }
    terms = text_sha256("\n".join([duckdb.__version__, *marks.values()]))
    if con.execute("select 1 from intake.marks where source = ? and terms = ?", [contract.source, terms]).fetchone():
        return
    con.execute(f'update landing."{contract.source}" set {", ".join(f"{name} = {sql}" for name, sql in marks.items())}')
    con.execute("insert or replace into intake.marks values (?, ?)", [contract.source, terms])


def marked_rows(contract: Contract, relation: str, city_zone: str) -> str:
    """The rows of `relation` with their marks, as a relation in parentheses."""
    required, optional, clocks = required_columns(contract), optional_columns(contract), contract.clock_columns
    marked = (*required, *optional, *clocks, _period_column(contract))
    read = tuple(column for column in contract.kept_columns if column in marked)
    period = period_expression(contract, city_zone, read=True)
    doubtful = " or ".join(invalid_flag(column) for column in optional) or "false"
    latest = _latest([(typed_cell(column), invalid_flag(column)) for column in clocks])
    marks = f"{is_refused(required)} as _refused, ({doubtful}) as _doubtful, {period} as _period, {latest} as _latest"
    return f"(select *, {marks} from {read_cells(read, relation, city_zone)})"


def latest_event(contract: Contract, relation: str, city_zone: str) -> str:
    """SELECT of the latest time in the rows of `relation`; NULL if they have none."""
    times = [(typed_expression(c, city_zone), invalid_condition(c, city_zone)) for c in contract.clock_columns]
    return f"select max({_latest(times)}) from {relation}"


def _latest(clocks: Sequence[tuple[str, str]]) -> str:
    """SQL timestamp: the latest time of a row; `clocks`: SQL of each typed value, and of whether it is invalid."""
    times = ", ".join(f"case when not {invalid} then cast({typed} as timestamp) end" for typed, invalid in clocks)
    return f"greatest({times})" if times else "cast(null as timestamp)"


def has_period(contract: Contract) -> bool:
    """Whether landing marks the period of a row: what replaces it, or the day of its event where rows are merged by key."""
    return _period_column(contract) is not None


def period_expression(contract: Contract, city_zone: str, read: bool = False) -> str:
    """SQL date: the first day of the period with which a row is replaced. `read`: over `read_cells`.

    The day of the event for mode `merge`, which partitions are made of (`row_partitions`). NULL for other modes.
    """
    column = _period_column(contract)
    if column is None:
        return "cast(null as date)"
    typed = typed_cell(column) if read else typed_expression(column, city_zone)
    period = contract.load.period if contract.load.mode == "replace_period" else "day"
    return f"cast(date_trunc({literal(period or 'day')}, {typed}) as date)"


def _period_column(contract: Contract) -> Column | None:
    load = contract.load
    if load.mode == "merge":
        return contract.event_column
    return contract.column(load.period_column) if load.mode == "replace_period" and load.period_column else None


def create_delivery_view(con: DuckDBPyConnection, source: str, batch: Path) -> None:
    """Create the view `delivery.<source>` over a batch."""
    con.execute(f'create or replace view delivery."{source}" as select * from read_parquet({literal(str(batch))})')

"""The landing tables: their making, their ledger, and the account of every delivered row.

Here: what stands in the working warehouse for a source, where the rows of a load are now, which rows and cells the contract
refuses. Not here: moving a batch in (`ingest.landing.promote`), what a text means (`ingest.typing.expressions`).

Conservation: every delivered row of a load is in landing, or was blank, a duplicate, superseded or rejected. What a later
load takes out of landing counts as superseded of its own load, so that number is never stored: it is what remains.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.landing.withheld_records import ensure_withheld, remembers, table_of
from ingest.typing.cells import accepted_rows, invalid_flag, optional_columns, read_cells, refused_of, typed_of
from ingest.typing.expressions import column_refused, invalid_condition, message, rejection, required_columns, typed_expression
from warehouse.fingerprint import text_sha256
from warehouse.sql import literal

# What the landing tables hold beside the contract's columns; the date of its snapshot on rows of a stock
# (`ingest.landing.snapshots`).
LOAD_COLUMNS: Mapping[str, str] = {
    "_load_id": "varchar", "_source_file": "varchar", "_source_row": "bigint", "_file_sha256": "varchar", "_contract": "varchar",
    SNAPSHOT_ON: "date",
}  # fmt: skip
# What is known of each landed row under the contract as it is now, so that nobody has to type every row for it: it has no good
# value in a required column; it has a bad one in another; the first day of the period that it is replaced with; its latest time.
MARKS: Mapping[str, str] = {"_refused": "boolean", "_doubtful": "boolean", "_period": "date", "_latest": "timestamp"}


@dataclass(frozen=True)
class LastLoad:
    """The load that got in last, and until when the source's data reach (the city's clock)."""

    load_id: str
    sequence: int
    data_as_of: dt.datetime | None


@dataclass(frozen=True)
class Counts:
    """Where the delivered rows of a load are now; delivered is the sum of the others but `withdrawn`.

    `withdrawn` are rows of earlier loads that the load replaced, and that have no successor in it.
    """

    delivered: int
    staged: int
    rejected: int
    blank: int
    duplicate: int
    superseded: int
    withdrawn: int = 0


def last_load(con: DuckDBPyConnection, contract: Contract) -> LastLoad | None:
    """The load that got in last; a late correction does not turn the source's clock back."""
    row = con.execute(
        "select load_id, sequence, max(data_as_of) over (partition by contract) from intake.loads "
        "where source = ? order by sequence desc limit 1",
        [contract.source],
    ).fetchone()
    if row is None:
        return None
    return LastLoad(row[0], row[1], _latest_snapshot(con, contract) or declared_as_of(contract) or row[2])


def _latest_snapshot(con: DuckDBPyConnection, contract: Contract) -> dt.datetime | None:
    """The date of the newest snapshot of a stock; None for other sources, and before the first one has landed."""
    if contract.snapshot is None:
        return None
    row = con.execute(f'select max({SNAPSHOT_ON}) from landing."{contract.source}"').fetchone()
    return dt.datetime.combine(row[0], dt.time()) if row and row[0] else None


def declared_as_of(contract: Contract) -> dt.datetime | None:
    """Until when the data reach by the contract's own word, for files that carry no clock."""
    said = contract.as_of or (contract.period.end if contract.period else None)
    return said if said is None or isinstance(said, dt.datetime) else dt.datetime.combine(said, dt.time())


def counts(con: DuckDBPyConnection, contract: Contract, load_id: str) -> Counts:
    """Account for every delivered row of a load."""
    here = f'select count(*), count(*) filter (_refused) from landing."{contract.source}" where _load_id = ?'
    landed, rejected = con.execute(here, [load_id]).fetchone() or (0, 0)
    said = "rows_delivered, rows_blank, rows_duplicate, rows_rejected, coalesce(rows_withdrawn, 0)"
    ledger = f"select {said} from intake.loads where source = ? and load_id = ?"
    delivered, blank, duplicate, unusable, gone_rows = con.execute(ledger, [contract.source, load_id]).fetchone() or (0,) * 5
    superseded = delivered - blank - duplicate - unusable - landed
    return Counts(delivered, landed - rejected, rejected + unusable, blank, duplicate, superseded, gone_rows)


def ensure_tables(con: DuckDBPyConnection, contract: Contract, city_zone: str) -> None:
    """Make the landing table with the contract's columns, and the typed view over it."""
    columns = {column.name: "varchar" for column in contract.kept_columns} | dict(LOAD_COLUMNS) | dict(MARKS)
    table = f'landing."{contract.source}"'
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create table if not exists {table} ({declared})")
    there = {name for (name,) in con.execute("select column_name from (describe " + table + ")").fetchall()}
    for name, kind in columns.items():
        if name not in there:
            con.execute(f'alter table {table} add column "{name}" {kind}')
    _mark(con, contract, city_zone)
    accepted = accepted_rows(contract, table, city_zone, "not _refused")
    if remembers(contract):
        ensure_withheld(con, contract)
        accepted += f" union all {accepted_rows(contract, table_of(contract), city_zone, 'not _refused')}"
    con.execute(f'create or replace view typed."{contract.source}" as {accepted}')


def _mark(con: DuckDBPyConnection, contract: Contract, city_zone: str) -> None:
    """Mark the landed rows anew where the contract, or this code, reads them in another way than when they were marked."""
    refused = " or ".join(column_refused(column, city_zone) for column in required_columns(contract)) or "false"
    doubtful = " or ".join(invalid_condition(column, city_zone) for column in optional_columns(contract)) or "false"
    marks = {
        "_refused": f"({refused})",
        "_doubtful": f"({doubtful})",
        "_period": period_of(contract, city_zone),
        "_latest": _latest([(typed_expression(c, city_zone), invalid_condition(c, city_zone)) for c in contract.clock_columns]),
    }
    terms = text_sha256("\n".join([duckdb.__version__, *marks.values()]))
    if con.execute("select 1 from intake.marks where source = ? and terms = ?", [contract.source, terms]).fetchone():
        return
    con.execute(f'update landing."{contract.source}" set {", ".join(f"{name} = {sql}" for name, sql in marks.items())}')
    con.execute("insert or replace into intake.marks values (?, ?)", [contract.source, terms])


def marked_rows(contract: Contract, relation: str, city_zone: str) -> str:
    """A relation, in parentheses, of the rows of `relation` with their marks."""
    required, optional, clocks = required_columns(contract), optional_columns(contract), contract.clock_columns
    judged = tuple(column for column in contract.kept_columns if column in (*required, *optional, *clocks))
    period = period_of(contract, city_zone, read=True)
    doubtful = " or ".join(invalid_flag(column) for column in optional) or "false"
    latest = _latest([(typed_of(column), invalid_flag(column)) for column in clocks])
    marks = f"{refused_of(required)} as _refused, ({doubtful}) as _doubtful, {period} as _period, {latest} as _latest"
    return f"(select *, {marks} from {read_cells(judged, relation, city_zone)})"


def latest_event(contract: Contract, relation: str, city_zone: str) -> str:
    """SELECT of the latest time that a row of `relation` tells of; NULL if none does."""
    times = [(typed_expression(c, city_zone), invalid_condition(c, city_zone)) for c in contract.clock_columns]
    return f"select max({_latest(times)}) from {relation}"


def _latest(clocks: Sequence[tuple[str, str]]) -> str:
    """SQL timestamp: the latest time of a row; `clocks`: SQL of the typed value of each, and of whether it is invalid."""
    times = ", ".join(f"case when not {invalid} then cast({typed} as timestamp) end" for typed, invalid in clocks)
    return f"greatest({times})" if times else "cast(null as timestamp)"


def period_of(contract: Contract, city_zone: str, read: bool = False) -> str:
    """SQL date: the first day of the period with which a row is replaced, NULL for other modes. `read`: over `read_cells`."""
    load = contract.load
    if load.mode != "replace_period" or not load.period_column:
        return "cast(null as date)"
    column = contract.column(load.period_column)
    typed = typed_of(column) if read else typed_expression(column, city_zone)
    return f"cast(date_trunc({literal(load.period or 'day')}, {typed}) as date)"


def refused_rows(contract: Contract) -> str:
    """The landed rows that are not staged, as a relation."""
    return f'(from landing."{contract.source}" where _refused)'


def doubtful_rows(contract: Contract) -> str:
    """The landed rows that are staged with a cell made NULL, as a relation."""
    return f'(from landing."{contract.source}" where _doubtful and not _refused)'


def has_refused_or_doubtful(con: DuckDBPyConnection, contract: Contract) -> tuple[bool, bool]:
    """Whether there are refused rows, and whether there are doubtful ones."""
    said = f'select bool_or(_refused), bool_or(_doubtful and not _refused) from landing."{contract.source}"'
    refused, doubtful = con.execute(said).fetchone() or (None, None)
    return bool(refused), bool(doubtful)


def show_delivery(con: DuckDBPyConnection, source: str, batch: Path) -> None:
    """Point the view `delivery.<source>` at a batch."""
    con.execute(f'create or replace view delivery."{source}" as select * from read_parquet({literal(str(batch))})')


def _where_from(contract: Contract) -> str:
    return (
        f"select {literal(contract.source)} as source, _load_id as load_id, _source_file as source_file, "
        "_source_row as source_row, "
    )


def rejected_rows(contract: Contract, columns: Sequence[Column], relation: str, city_zone: str) -> str:
    """SELECT of the rows of a relation that are refused for one of `columns`, as `quality.rejected_rows` shows them."""
    column, reason = rejection(columns, city_zone)
    said = " ".join(
        f"when _column = {literal(c.name)} and _why = {literal(why)} then {message(c, why)}"
        for c in columns
        for why in ("missing", "invalid")
    )
    # a contract may require nothing, and then refuses no row
    message_of = f"case {said} end" if said else "cast(null as varchar)"
    inner = f"select *, {column} as _column, {reason} as _why from {relation}"
    return (
        f'{_where_from(contract)}_column as "column", _why as reason_code, {message_of} as message '
        f"from ({inner}) where _column is not null"
    )


def rejected_values(contract: Contract, relation: str, city_zone: str) -> str | None:
    """SELECT of the cells made NULL in rows that stay, as `quality.rejected_values` shows them; None if none can be."""
    refused, _ = rejection(required_columns(contract), city_zone)
    selects = [
        f"{_where_from(contract)}{literal(c.name)} as \"column\", 'invalid' as reason_code, {message(c, 'invalid')} as message "
        f"from {relation} where {invalid_condition(c, city_zone)} and {refused} is null"
        for c in optional_columns(contract)
    ]
    return " union all ".join(selects) or None

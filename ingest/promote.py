"""A good batch taken into `landing.<source>`, in one transaction, by the contract's load mode.

Here: blank, repeated, superseded and unusable rows of a batch, the four load modes, and the line in the ledger that is
written in the same transaction. Not here: whether the batch is good (`expectations`), the tables themselves (`landing`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.deliver import FileReceipt, Receipt
from ingest.landing import LOAD_COLUMNS, rejected_rows
from ingest.typed import invalid_condition, rejection, typed_expression
from warehouse.sql import literal


@dataclass(frozen=True)
class Promotion:
    """What became of a batch. All are counts of rows, but the ids."""

    source: str
    load_id: str
    rows_delivered: int
    rows_blank: int
    rows_duplicate: int
    rows_rejected: int
    rows_landed: int


def promote(
    con: DuckDBPyConnection,
    contract: Contract,
    receipt: Receipt,
    batch: Path,
    *,
    run_id: str,
    city_zone: str,
    now: dt.datetime | None,
    terms: str | None = None,
    adds: bool = False,
) -> Promotion:
    """Take a batch into landing; all of it or nothing. `now` is when, in UTC without zone.

    `terms`: those of the contract that a batch landed under before, where it is taken in again (`contract_terms`).
    `adds`: it brings what is new and does not stand for the whole (`ingest.volume`), which the ledger keeps.
    """
    con.execute("begin transaction")
    try:
        promotion = _promote(con, contract, receipt, batch, run_id, city_zone, now, terms or contract_terms(contract), adds)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    finally:
        con.execute("drop table if exists temp.batch")
    return promotion


def _promote(
    con: DuckDBPyConnection,
    contract: Contract,
    receipt: Receipt,
    batch: Path,
    run_id: str,
    city_zone: str,
    now: dt.datetime | None,
    terms: str,
    adds: bool,
) -> Promotion:
    _read(con, contract, receipt, batch, terms, city_zone)
    # a load that comes again gives way to itself
    con.execute(f'delete from landing."{contract.source}" where _load_id = ?', [receipt.load_id])
    blank = _drop(con, " and ".join(f"coalesce(trim(\"{column.name}\"), '') = ''" for column in contract.kept_columns))
    duplicate = (
        _drop_repeated(con, [f'"{column.name}"' for column in contract.kept_columns])
        if contract.load.duplicates == "drop_exact"
        else 0
    )
    if contract.load.mode == "append":
        duplicate += _drop_taken_files(con, contract, receipt, terms)
    rejected = _reject(con, contract, receipt, city_zone)
    key = [typed_expression(contract.column(name), city_zone) for name in contract.load.key or ()]
    if key:
        _drop_repeated(con, key)
    _make_room(con, contract, receipt, key, city_zone)
    names = ", ".join(f'"{name}"' for name in (*(column.name for column in contract.kept_columns), *LOAD_COLUMNS))
    con.execute(f'insert into landing."{contract.source}" ({names}) select {names} from temp.batch order by _ordinal')
    landed = _count(con, "select count(*) from temp.batch")
    con.execute("delete from intake.loads where source = ? and load_id = ?", [receipt.source, receipt.load_id])
    con.execute(
        "insert into intake.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            receipt.source, receipt.load_id, receipt.sequence, run_id, len(receipt.files),
            dt.datetime.fromisoformat(receipt.delivered_at), now, terms, receipt.rows, blank, duplicate, rejected,
            _data_as_of(con, contract, city_zone), adds,
        ],
    )  # fmt: skip
    return Promotion(receipt.source, receipt.load_id, receipt.rows, blank, duplicate, rejected, landed)


def contract_terms(contract: Contract) -> str:
    """What of a contract decides how a batch lands; rows that landed under other terms are taken anew."""
    said = contract.model_dump_json(include={"format", "load", "columns"}, by_alias=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _read(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, batch: Path, terms: str, city_zone: str) -> None:
    """The batch as a temporary table; `_ordinal` says which row is the later one."""
    order = contract.load.order_by
    by_file_order = order == ("_source_file", "_source_row")  # the order in which batches are written
    # a row that does not say when it is from is no later state
    keys = ", ".join(
        name if name.startswith("_") else f"{typed_expression(contract.column(name), city_zone)} nulls first" for name in order
    )
    ordinal = "file_row_number" if by_file_order else f"row_number() over (order by {keys}, file_row_number)"
    hashes = ", ".join(f"{literal(file.name)}: {literal(identity)}" for file, identity in _identities(receipt).items())
    # a batch of an earlier contract knows nothing of a column that came later
    written = set(pq.read_schema(batch).names)
    later = "".join(f', null::varchar as "{column.name}"' for column in contract.kept_columns if column.name not in written)
    con.execute(
        f"create or replace temp table batch as select * exclude (file_row_number), {ordinal} as _ordinal, "
        f"(map {{{hashes}}})[_source_file] as _file_sha256, {literal(terms)} as _contract "
        f"from (select *{later} from read_parquet({literal(str(batch))}, file_row_number = true))"
    )


def _identities(receipt: Receipt) -> dict[FileReceipt, str]:
    """What each file is known by: its bytes, or where there are none (a database's table) the load."""
    return {file: file.sha256 or receipt.load_id for file in receipt.files}


def _drop(con: DuckDBPyConnection, condition: str) -> int:
    return _count(con, f"delete from temp.batch where {condition}")


def _drop_repeated(con: DuckDBPyConnection, columns: list[str]) -> int:
    """Keep the last row of every combination of `columns`."""
    same = ", ".join(f"{column} as c{at}" for at, column in enumerate(columns))
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    last = f"select max(_ordinal) from (select {same}, _ordinal from temp.batch) group by {names}"
    return _drop(con, f"_ordinal not in ({last})")


def _drop_taken_files(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, terms: str) -> int:
    """Drop the rows of files that were taken before, and enter the others as taken, whatever becomes of their rows."""
    source, files = contract.source, list(dict.fromkeys(_identities(receipt).values()))
    # a file that landed under an older contract gives way to itself under the new one
    con.execute(f'delete from landing."{source}" where _contract <> ? and list_contains(?, _file_sha256)', [terms, files])
    con.execute(
        "delete from intake.files where source = ? and (load_id = ? or (contract <> ? and list_contains(?, sha256)))",
        [source, receipt.load_id, terms, files],
    )
    taken = f"select sha256 from intake.files where source = {literal(source)}"
    twice = (
        "select _source_file from "
        "(select _file_sha256, min(_source_file) as kept from temp.batch group by _file_sha256) as first "
        "inner join (select distinct _file_sha256, _source_file from temp.batch) as every "
        "on first._file_sha256 = every._file_sha256 where every._source_file <> first.kept"
    )
    dropped = _drop(con, f"_file_sha256 in ({taken}) or _source_file in ({twice})")
    con.execute(
        f"insert into intake.files select ?, unnest, ?, ? from unnest(?) where unnest not in ({taken})",
        [source, terms, receipt.load_id, files],
    )
    return dropped


def _reject(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, city_zone: str) -> int:
    """Take out the rows without a usable key or period, and say why."""
    deciding = [contract.column(name) for name in contract.deciding_columns]
    con.execute("delete from intake.rejected_rows where source = ? and load_id = ?", [receipt.source, receipt.load_id])
    if not deciding:
        return 0
    con.execute(f"insert into intake.rejected_rows {rejected_rows(contract, deciding, 'temp.batch', city_zone)}")
    column, _ = rejection(deciding, city_zone)
    return _drop(con, f"{column} is not null")


def _make_room(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, key: list[str], city_zone: str) -> None:
    """Take out of landing what the batch replaces."""
    table, load = f'landing."{contract.source}"', contract.load
    if load.mode == "replace" or receipt.whole:
        # what a source that is asked for everything does not have any more is gone
        con.execute(f"delete from {table}")
    if load.mode == "replace_period" and load.period_column:
        column = contract.column(load.period_column)
        period = f"date_trunc({literal(load.period or 'day')}, {typed_expression(column, city_zone)})"
        span = f"(select min({period}) from temp.batch) and (select max({period}) from temp.batch)"
        con.execute(f"delete from {table} where {period} between {span}")
        if receipt.since is not None:
            con.execute(f"delete from {table} where {from_since(contract, receipt, city_zone)}")
    if key and load.mode in ("merge", "replace_period"):
        same = f"({', '.join(key)})"
        con.execute(f"delete from {table} where {same} in (select {same} from temp.batch)")


def from_since(contract: Contract, receipt: Receipt, city_zone: str) -> str:
    """SQL boolean: a landed row was asked for again, so that the batch has the last word on it."""
    cursor = contract.column(str(getattr(contract.connector, "cursor", None)))
    said = typed_expression(cursor, city_zone)
    if receipt.since is None:
        return "false"
    if cursor.type == "integer":
        return f"{said} >= {int(receipt.since)}"
    zone = cursor.timezone or city_zone
    wall = f"timezone({literal(city_zone)}, timezone({literal(zone)}, timestamp {literal(receipt.since)}))"
    since = wall if cursor.type == "timestamp" and zone != city_zone else f"timestamp {literal(receipt.since)}"
    return f"cast({said} as timestamp) >= {since}"


def _data_as_of(con: DuckDBPyConnection, contract: Contract, city_zone: str) -> dt.datetime | None:
    """The latest event or closing time, or day of a reporting period, in the batch; None without such a column."""
    times = [
        f"max(cast({typed_expression(column, city_zone)} as timestamp)) filter (not {invalid_condition(column, city_zone)})"
        for column in contract.kept_columns
        if column.role in ("event_time", "closed_time", "period") and column.type in ("date", "timestamp")
    ]
    if not times:
        return None
    row = con.execute(f"select greatest({', '.join(times)}) from temp.batch").fetchone()
    return row[0] if row else None


def _count(con: DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0

"""A good batch taken into `landing.<source>`, in one transaction, by the contract's load mode.

Here: blank, repeated, superseded and unusable rows of a batch, the five load modes, and the line in the ledger that is
written in the same transaction. Not here: whether the batch is good (`expectations`), the tables themselves (`landing`), which
of several releases in one batch is the newest (`releases`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.delivery.write_batch import FileReceipt, Receipt
from ingest.landing.partition_releases import newest_releases, partition_of, record_cells, repeated_files, spare_tables
from ingest.landing.snapshots import batch_snapshot, same_period
from ingest.landing.superseded import begin, take_all_out, take_out
from ingest.landing.tables import LOAD_COLUMNS, MARKS, marked_rows, period_of, rejected_rows
from ingest.landing.withdrawn_rows import withdrawn_rows
from ingest.landing.withheld_records import remembers, withhold
from ingest.typing.expressions import column_refused, typed_expression
from warehouse.fingerprint import text_sha256
from warehouse.sql import literal, quoted


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
    rows_withdrawn: int = 0


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
    withdrawn: int | None = None,
) -> Promotion:
    """Take a batch into landing; all of it or nothing. `now` is when, in UTC without zone.

    `terms`: those of the contract that a batch landed under before, where it is taken in again (`contract_terms`).
    `adds`: it brings what is new and does not stand for the whole (`expectations.delivery.volume`), which the ledger keeps.
    `withdrawn`: the recorded number of withdrawn rows, where a batch is taken in again and earlier loads may be missing.
    """
    con.execute("begin transaction")
    try:
        terms = terms or contract_terms(contract)
        promotion = _promote(con, contract, receipt, batch, run_id, city_zone, now, terms, adds, withdrawn)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    finally:
        for table in spare_tables(con):
            con.execute(f"drop table temp.{table}")
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
    withdrawn: int | None,
) -> Promotion:
    table, this = f'landing."{contract.source}"', [receipt.source, receipt.load_id]
    begin(con, receipt.source, receipt.sequence)
    recorded = "select rows_withdrawn from intake.loads where source = ? and load_id = ? and sequence = ?"
    before = con.execute(recorded, [*this, receipt.sequence]).fetchone()
    # a load that comes again gives way to itself
    con.execute(f"delete from {table} where _load_id = ?", [receipt.load_id])
    con.execute("delete from intake.loads where source = ? and load_id = ?", this)
    con.execute("delete from intake.rejected_rows where source = ? and load_id = ?", this)
    rows, given = _relation(con, contract, receipt, batch, terms, city_zone), _given(contract)
    deciding = [contract.column(name) for name in contract.deciding_columns]
    unusable = " or ".join(column_refused(column, city_zone) for column in deciding) or "false"
    # the same record in two snapshots is two rows
    dated = [SNAPSHOT_ON] if contract.snapshot else []
    key = record_cells(contract, city_zone)
    # a blank row has no usable key or period either, and goes with those that have none
    kept, duplicate, earlier = "true" if deciding else given, 0, 0
    older = None
    if contract.load.mode == "replace_partition":
        (kept, duplicate), good = repeated_files(con, receipt, rows, kept, given), f"{given} and not ({unusable})"
        newest, earlier = newest_releases(con, contract, receipt, rows, f"{kept} and {good}", city_zone)
        older = f"(select * from {rows} where {kept} and {good} and not (true{newest}))" if newest else None
        kept += newest
    if contract.load.duplicates == "drop_exact":
        cells = [*(quoted(column.name) for column in contract.kept_columns), *dated]
        last, found = _last_of(con, contract, rows, f"{given} and {kept}", "true", cells, city_zone)
        kept, duplicate = kept + last, duplicate + found
    if contract.load.mode == "append":
        untaken, taken = _untaken(con, contract, receipt, rows, f"{given} and {kept}", terms)
        kept, duplicate = kept + untaken, duplicate + taken
    states = kept
    if key:
        last, found = _last_of(con, contract, rows, kept, f"not ({unusable})", key, city_zone)
        states, earlier = states + last, earlier + found
    withdrawn = before[0] if before else withdrawn
    usable = f"(select * from {rows} where {states} and not ({unusable}))"
    _withhold(con, contract, receipt, usable, older, city_zone)
    found = _make_room(con, contract, receipt, usable, key, city_zone, counted=withdrawn is None)
    withdrawn = found if withdrawn is None else withdrawn
    names = ", ".join([*(quoted(column.name) for column in contract.kept_columns), *LOAD_COLUMNS, *MARKS])
    marked = marked_rows(contract, f"(select * from {rows} where {states})", city_zone)
    landed = _count(con, f"insert into {table} ({names}) select {names} from {marked}")
    rejected = 0
    if deciding:
        # typing every row once more to leave these out would cost more than to take them out again
        bad = f"_load_id = {literal(receipt.load_id)} and _refused and ({unusable})"
        refused = rejected_rows(contract, deciding, f"(from {table} where {bad} and {given})", city_zone)
        rejected = _count(con, f"insert into intake.rejected_rows {refused}")
        landed -= _count(con, f"delete from {table} where {bad}")
    blank = receipt.rows - duplicate - earlier - rejected - landed
    con.execute(
        "insert into intake.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            receipt.source, receipt.load_id, receipt.sequence, run_id, len(receipt.files),
            dt.datetime.fromisoformat(receipt.delivered_at), now, terms, receipt.rows, blank, duplicate, rejected,
            _data_as_of(con, contract, receipt), adds, withdrawn,
        ],
    )  # fmt: skip
    return Promotion(receipt.source, receipt.load_id, receipt.rows, blank, duplicate, rejected, landed, withdrawn)


def contract_terms(contract: Contract) -> str:
    """What of a contract decides how a batch lands; rows that landed under other terms are taken anew."""
    return text_sha256(contract.model_dump_json(include={"format", "load", "columns"}, by_alias=True))[:16]


def _relation(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, batch: Path, terms: str, city_zone: str) -> str:
    """The batch as it lies on disk, with what landing knows beside it. `_row` is the place of a row in the batch."""
    hashes = ", ".join(f"{literal(file.name)}: {literal(identity)}" for file, identity in _identities(receipt).items())
    # a batch of an earlier contract knows nothing of a column that came later
    written = set(pq.read_schema(batch).names)
    later = "".join(f', null::varchar as "{column.name}"' for column in contract.kept_columns if column.name not in written)
    snapshot_on = batch_snapshot(con, contract, receipt, batch, city_zone)
    return (
        f"(select * exclude (file_row_number){later}, file_row_number as _row, {snapshot_on} as {SNAPSHOT_ON}, "
        f"(map {{{hashes}}})[_source_file] as _file_sha256, "
        f"{literal(terms)} as _contract from read_parquet({literal(str(batch))}, file_row_number = true))"
    )


def _identities(receipt: Receipt) -> dict[FileReceipt, str]:
    """What each file is known by: its bytes, or where there are none (a database's table) the load."""
    return {file: file.sha256 or receipt.load_id for file in receipt.files}


def _given(contract: Contract) -> str:
    """SQL boolean: the row is not blank."""
    names = [quoted(column.name) for column in contract.kept_columns]
    # what begins with a visible ASCII character is not blank, and trimming it would take five times as long as reading it
    seen = [f"coalesce({name} between '!' and '~', false)" for name in names]
    filled = [f"coalesce(trim({name}), '') <> ''" for name in names]
    return f"({' or '.join([*seen, *filled])})"


def _last_of(
    con: DuckDBPyConnection,
    contract: Contract,
    rows: str,
    among: str,
    good: str,
    columns: Sequence[str],
    city_zone: str,
) -> tuple[str, int]:
    """SQL that leaves out the rows among some for which a later good one of them has the same `columns`; how many these are.

    Rows are sorted out by a hash of the columns first, which is cheap and takes little memory; what it finds to be alike is
    compared by the columns themselves, since different rows may have the same hash.
    """
    hashed = f"hash({', '.join(columns)})"
    named = ", ".join(f"{column} as _c{at}" for at, column in enumerate(columns))
    same = ", ".join(f"_c{at}" for at in range(len(columns)))
    table = f"spare_{len(spare_tables(con))}"
    con.execute(
        f"""
        create temp table {table} as
        with
        repeated as (select {hashed} as _hash from {rows} where {among} group by 1 having count(*) > 1),
        alike as (
            select case when {good} then _row end as _good, {_order(contract, city_zone)} as _order, {named}
            from {rows} where {among} and {hashed} in (select _hash from repeated)
        ),
        states as (
            select list(_good) filter (_good is not null) as _rows, max_by(_good, _order) as _last from alike group by {same}
        )
        select _row from (select unnest(_rows) as _row, _last from states) where _row <> _last
        """
    )
    found = _count(con, f"select count(*) from temp.{table}")
    return f" and _row not in (select _row from temp.{table})" if found else "", found


def _order(contract: Contract, city_zone: str) -> str:
    """SQL of what says which of two rows is the later one; a row that does not say when it is from is no later state."""
    order = contract.load.order_by
    if order == ("_source_file", "_source_row"):  # the order in which batches are written
        return "_row"
    said = [name if name.startswith("_") else typed_expression(contract.column(name), city_zone) for name in order]
    return f"row({', '.join(f'{value} is not null, {value}' for value in said)}, _row)"


def _untaken(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, rows: str, left: str, terms: str) -> tuple[str, int]:
    """SQL that leaves out the rows of files that were taken before, and how many of the rows left these are.

    The others are entered as taken, whatever becomes of their rows.
    """
    source, files = contract.source, list(dict.fromkeys(_identities(receipt).values()))
    # a file that landed under an older contract gives way to itself under the new one
    con.execute(f'delete from landing."{source}" where _contract <> ? and list_contains(?, _file_sha256)', [terms, files])
    con.execute(
        "delete from intake.files where source = ? and (load_id = ? or (contract <> ? and list_contains(?, sha256)))",
        [source, receipt.load_id, terms, files],
    )
    # of two equal files the first one that has a row left
    found = con.execute(
        f"select _source_file, _file_sha256, count(*) from {rows} where {left} group by all order by 1"
    ).fetchall()
    first = {sha: name for name, sha, _ in reversed(found)}
    taken = {sha for (sha,) in con.execute("select sha256 from intake.files where source = ?", [source]).fetchall()}
    con.execute(
        "insert into intake.files select ?, unnest, ?, ? from unnest(?)",
        [source, terms, receipt.load_id, [file for file in files if file not in taken]],
    )
    new = [name for sha, name in first.items() if sha not in taken]
    condition = f" and _source_file in ({', '.join(map(literal, new))})" if new else " and false"
    return condition, sum(count for name, _, count in found if name not in new)


def _withhold(
    con: DuckDBPyConnection, contract: Contract, receipt: Receipt, usable: str, older: str | None, city_zone: str
) -> None:
    """Remember the records that a release withdraws: from landing, and from `older` releases in the same batch."""
    if not remembers(contract):
        return
    partition = partition_of(contract, city_zone)
    taken_out = f'(from landing."{contract.source}" where {_replaced(con, contract, receipt, usable, city_zone)[0]})'
    withhold(con, contract, taken_out, usable, partition, city_zone)
    if older:
        withhold(con, contract, marked_rows(contract, older, city_zone), usable, partition, city_zone)


def _make_room(
    con: DuckDBPyConnection, contract: Contract, receipt: Receipt, usable: str, key: list[str], city_zone: str, *, counted: bool
) -> int:
    """Take out of landing what the usable rows of the batch replace; how many rows it withdraws, if they are `counted`."""
    source, load, sequence = contract.source, contract.load, receipt.sequence
    table = f'landing."{source}"'
    if not con.execute(f"select 1 from {table} limit 1").fetchone():
        return 0
    whole = load.mode == "replace" or receipt.whole
    replaced = ["true"] if whole else _replaced(con, contract, receipt, usable, city_zone)
    withdrawn = 0
    if counted and replaced:
        unit = (
            "true"
            if whole
            else period_of(contract, city_zone)
            if load.mode == "replace_period"
            else partition_of(contract, city_zone)
        )
        withdrawn = withdrawn_rows(con, table, f"({' or '.join(replaced)})", usable, key, unit)
    if whole:
        # what a source that is asked for everything does not have any more is gone
        take_all_out(con, source, sequence)
        return withdrawn
    for where in (*replaced, *_undated_or_fetched(contract, receipt)):
        take_out(con, source, sequence, where)
    if key and load.mode in ("merge", "replace_period"):
        same = f"({', '.join(key)})"
        take_out(con, source, sequence, f"{same} in (select {same} from {usable})")
    return withdrawn


def _replaced(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, usable: str, city_zone: str) -> list[str]:
    """SQL booleans of the landed rows that the batch replaces, whether it contains them or not."""
    if contract.load.mode == "replace_partition":
        partition = partition_of(contract, city_zone)
        return [f"{partition} in (select {partition} from {usable})"]
    if contract.load.mode != "replace_period":
        return []
    period, replaced = period_of(contract, city_zone), []
    first, last = con.execute(f"select min({period}), max({period}) from {usable}").fetchone() or (None, None)
    if first is not None:
        replaced.append(f"_period between date {literal(str(first))} and date {literal(str(last))}")
    if receipt.since is not None:
        replaced.append(from_since(contract, receipt, city_zone))
    return replaced


def _undated_or_fetched(contract: Contract, receipt: Receipt) -> list[str]:
    """SQL booleans of the rows of a stock that no date of the batch replaces, and that give way to it all the same."""
    if not contract.snapshot:
        return []
    live = [same_period(contract, receipt.fetched_on)] if receipt.fetched_on else []
    # rows that landed before stocks kept their snapshots have no date
    return [f"{SNAPSHOT_ON} is null", *live]


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


def _data_as_of(con: DuckDBPyConnection, contract: Contract, receipt: Receipt) -> dt.datetime | None:
    """The latest time that a landed row of the load tells of, or its newest snapshot; None if none does."""
    latest = f"cast(max({SNAPSHOT_ON}) as timestamp)" if contract.snapshot else "max(_latest)"
    row = con.execute(f'select {latest} from landing."{contract.source}" where _load_id = ?', [receipt.load_id]).fetchone()
    return row[0] if row else None


def _count(con: DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0

"""The rows of a delivered batch as SQL: the relation that reads them, and what the contract calls filled, usable, one record.

See `ingest.delivery.snapshot_date` for the snapshot date of a file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.tables import marked_rows, period_expression
from ingest.typing import any_refused, typed_expression
from warehouse.sql import literal, one_value, queries, quoted

_TABLE, _NUMBERS = "rows_that_do_not_count_", count()


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
        marked = marked_rows(contract, f"read_parquet({literal(str(batch))})", city_zone)
        latest = one_value(con, f"select max(_latest) from {marked}") or delivery.delivered_at
        dates = {name: day or latest.date() for name, day in dates.items()}
    named = ", ".join(f"{literal(name)}: {literal(str(day))}" for name, day in dates.items())
    return f"cast((map {{{named}}})[_source_file] as date)"


def same_period_condition(contract: Contract, day: dt.date) -> str:
    """SQL boolean: a landed row is of the period (`per`) of a live fetch on that day, which replaces the row."""
    assert contract.snapshot is not None
    per = literal(contract.snapshot.per)
    return f"date_trunc({per}, {SNAPSHOT_ON}) = date_trunc({per}, date {literal(day.isoformat())})"


@dataclass(frozen=True)
class Batch:
    """The delivered rows of a load. `terms`: the fingerprint of the contract under which they were accepted.

    The expressions hold for landed rows, too.
    """

    con: DuckDBPyConnection
    contract: Contract
    delivery: DeliveryRecord
    path: Path
    city_zone: str
    terms: str = ""

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns of the file; a batch that was written under an earlier contract lacks later ones."""
        return frozenset(pq.read_schema(self.path).names)

    @cached_property
    def rows(self) -> str:
        """The relation with the load columns of landing; `_row` is a row's position in the batch."""
        hashes = ", ".join(f"{literal(name)}: {literal(identity)}" for name, identity in file_identities(self.delivery).items())
        later = (f', null::varchar as "{c.name}"' for c in self.contract.kept_columns if c.name not in self.columns)
        snapshot_on = snapshot_expression(self.con, self.contract, self.delivery, self.path, self.city_zone)
        return (
            f"(select * exclude (file_row_number){''.join(later)}, file_row_number as _row, {snapshot_on} as {SNAPSHOT_ON}, "
            f"(map {{{hashes}}})[_source_file] as _file_sha256, {literal(self.terms)} as _contract "
            f"from read_parquet({literal(str(self.path))}, file_row_number = true))"
        )

    @cached_property
    def filled(self) -> str:
        """SQL boolean: the row is not blank. A value of the file's name or period, which every row has, does not fill it."""
        names = [quoted(column.name) for column in self.contract.kept_columns if not column.is_of_file]
        # a text that begins with a visible ASCII character is not blank; trimming it would take five times as long as reading it
        conditions = [f"coalesce({name} between '!' and '~', false)" for name in names]
        filled = [f"coalesce(trim({name}), '') <> ''" for name in names]
        return f"({' or '.join([*conditions, *filled]) or 'true'})"

    @cached_property
    def unusable(self) -> str:
        """SQL boolean: the row has no good value in a column that decides its key, period or partition."""
        return any_refused(map(self.contract.column, self.contract.deciding_columns), self.city_zone)

    @cached_property
    def usable(self) -> str:
        """SQL boolean: the row has a good value in every column that decides its key, period or partition."""
        return f"not {self.unusable}"

    @cached_property
    def once(self) -> str:
        """SQL boolean: the row is in no second copy of a file; the same bytes for another day are another snapshot."""
        first: dict[tuple[str, dt.date | None], str] = {}
        hashed = [file for file in self.delivery.files if file.sha256]
        copies = [f.name for f in hashed if first.setdefault((str(f.sha256), f.snapshot_on), f.name) != f.name]
        return f"_source_file not in ({', '.join(map(literal, copies))})" if copies else "true"

    @cached_property
    def key(self) -> list[str]:
        """SQL of a record's key, empty if the contract has none; the same record in two snapshots of a stock is two records."""
        key = [typed_expression(self.contract.column(name), self.city_zone) for name in self.contract.record_key]
        return [*key, SNAPSHOT_ON] if key and self.contract.snapshot else key

    @cached_property
    def dating(self) -> list[str]:
        """SQL by which the later state of a record is greater (`load.order_by`); a row without a value is the earlier one."""
        values = [typed_expression(self.contract.column(name), self.city_zone) for name in self.contract.load.dating_columns]
        return [part for value in values for part in (f"{value} is not null", value)]

    @cached_property
    def unit(self) -> str:
        """SQL of the period or partition with which a row is replaced (`unit_expression`)."""
        return unit_expression(self.contract, self.city_zone)

    def count(self, condition: str) -> int:
        """How many rows fulfil the condition."""
        return int(one_value(self.con, f"select count(*) from {self.rows} where {condition}"))


@dataclass(frozen=True)
class RowSet:
    """Rows of a batch that do not count: how many, and the SQL boolean of every other row."""

    count: int = 0
    others: str = "true"


def file_identities(delivery: DeliveryRecord) -> dict[str, str]:
    """The hash of each file by its name; a database table, which has no bytes, is identified by the load."""
    return {file.name: file.sha256 or delivery.load_id for file in delivery.files}


def partition_columns(contract: Contract, city_zone: str) -> list[tuple[str, str, bool]]:
    """The columns of a partition: the name of each, its SQL, and whether a message may show its value."""
    cells = []
    for name in contract.load.partition_by or ():
        if name == SNAPSHOT_ON:
            cells.append(("snapshot", SNAPSHOT_ON, True))
        else:
            column = contract.column(name)
            cells.append((name, typed_expression(column, city_zone), column.privacy == "public"))
    return cells


def unit_expression(contract: Contract, city_zone: str) -> str:
    """SQL of the period (`replace_period`) or partition (`replace_partition`) of a row, which a load replaces whole."""
    if contract.load.mode == "replace_period":
        return period_expression(contract, city_zone)
    return f"({', '.join(sql for _, sql, _ in partition_columns(contract, city_zone))})"


def drop_row_sets(con: DuckDBPyConnection) -> None:
    """Drop the temporary tables of row sets."""
    named = f"select table_name from duckdb_tables() where temporary and starts_with(table_name, {literal(_TABLE)})"
    for (table,) in con.execute(named).fetchall():
        con.execute(f"drop table temp.{table}")


def row_set(con: DuckDBPyConnection, rows: str) -> RowSet:
    """The rows that a SELECT of `_row` returns, in a temporary table until `drop_row_sets`."""
    table = f"{_TABLE}{next(_NUMBERS)}"
    con.execute(f"create temp table {table} as {rows}")
    found = one_value(con, f"select count(*) from temp.{table}")
    return RowSet(found, f"_row not in (select _row from temp.{table})") if found else RowSet()


def earlier_rows(batch: Batch, among: str, good: str, columns: Sequence[str], ranks: Mapping[str, int] | None = None) -> RowSet:
    """The `good` rows of `among` that are followed by a later good row with equal `columns`.

    `ranks` order the files of the batch by their age.
    """
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), rows=batch.rows)
    return row_set(batch.con, sql.earlier_rows(among, good, columns, _row_order(batch, ranks or {})))


def _row_order(batch: Batch, ranks: Mapping[str, int]) -> str:
    """SQL value by which the later of two rows is greater.

    The age of files follows `load.order_by`; the position in the batch, which is that of the files' names, decides last.
    """
    order = list(batch.dating)
    if len(set(ranks.values())) > 1:
        order.append(rank_expression(ranks))
    return f"row({', '.join([*order, '_row'])})" if order else "_row"


def rank_expression(ranks: Mapping[str, int], file: str = "_source_file") -> str:
    """SQL of the rank of a row's file."""
    return f"(map {{{', '.join(f'{literal(name)}: {rank}' for name, rank in ranks.items())}}})[{file}]"

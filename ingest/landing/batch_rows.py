"""The rows of a delivered batch as SQL: the relation that reads it, and the conditions that select its usable rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.snapshots import snapshot_expression
from ingest.typing import column_refused, typed_expression
from warehouse.sql import literal, quoted

EXCLUDED = "excluded_rows_"


def batch_relation(con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, city_zone: str) -> str:
    """The rows of a batch as a relation; `_row` is a row's position in it, `_snapshot_on` the date of its snapshot."""
    dated = f"{snapshot_expression(con, contract, delivery, batch, city_zone)} as {SNAPSHOT_ON}"
    return f"(select *, file_row_number as _row, {dated} from read_parquet({literal(str(batch))}, file_row_number = true))"


def landing_relation(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, terms: str, city_zone: str
) -> str:
    """The rows of a batch with the load columns of landing, as a relation; `_row` is a row's position in the batch."""
    hashes = ", ".join(f"{literal(name)}: {literal(identity)}" for name, identity in file_identities(delivery).items())
    # a batch that was written under an earlier contract lacks later columns
    written = set(pq.read_schema(batch).names)
    later = "".join(f', null::varchar as "{column.name}"' for column in contract.kept_columns if column.name not in written)
    snapshot_on = snapshot_expression(con, contract, delivery, batch, city_zone)
    return (
        f"(select * exclude (file_row_number){later}, file_row_number as _row, {snapshot_on} as {SNAPSHOT_ON}, "
        f"(map {{{hashes}}})[_source_file] as _file_sha256, "
        f"{literal(terms)} as _contract from read_parquet({literal(str(batch))}, file_row_number = true))"
    )


def file_identities(delivery: DeliveryRecord) -> dict[str, str]:
    """The hash of each file by its name; a database table, which has no bytes, is identified by the load."""
    return {file.name: file.sha256 or delivery.load_id for file in delivery.files}


def is_filled(contract: Contract) -> str:
    """SQL boolean: the row is not blank. A value of the file's name or period, which every row has, does not fill it."""
    names = [quoted(column.name) for column in contract.kept_columns if not column.is_of_file]
    # a text that begins with a visible ASCII character is not blank; trimming it would take five times as long as reading it
    conditions = [f"coalesce({name} between '!' and '~', false)" for name in names]
    filled = [f"coalesce(trim({name}), '') <> ''" for name in names]
    return f"({' or '.join([*conditions, *filled]) or 'true'})"


def is_usable(contract: Contract, city_zone: str) -> str:
    """SQL boolean: the row has a good value in every column that decides its key, period or partition."""
    bad = " or ".join(column_refused(contract.column(name), city_zone) for name in contract.deciding_columns)
    return f"not ({bad or 'false'})"


def excluded_row_tables(con: DuckDBPyConnection) -> list[str]:
    """The temporary tables that list the rows of a batch that another row of the batch replaces."""
    named = f"select table_name from duckdb_tables() where temporary and starts_with(table_name, {literal(EXCLUDED)})"
    return [name for (name,) in con.execute(named).fetchall()]


def drop_excluded_row_tables(con: DuckDBPyConnection, keep: Sequence[str] = ()) -> None:
    """Drop these temporary tables, except those to `keep`."""
    for table in excluded_row_tables(con):
        if table not in keep:
            con.execute(f"drop table temp.{table}")


def new_excluded_row_table(con: DuckDBPyConnection) -> str:
    """The name of the next such table."""
    return f"{EXCLUDED}{len(excluded_row_tables(con))}"


def count_rows(con: DuckDBPyConnection, sql: str) -> int:
    """The number that a statement returns: a count, or the rows that it changed."""
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0


def exclude_earlier_rows(
    con: DuckDBPyConnection,
    contract: Contract,
    rows: str,
    among: str,
    good: str,
    columns: Sequence[str],
    city_zone: str,
    ranks: Mapping[str, int] | None = None,
) -> tuple[str, int]:
    """SQL that excludes the `good` rows of `among` that are followed by a later good row with equal `columns`; their number.

    `ranks` order the files of the batch by their age.
    A hash of the columns selects candidates, which is fast and takes little memory. The candidates are then compared by the
    columns themselves, since different rows may have the same hash.
    """
    hashed = f"hash({', '.join(columns)})"
    named = ", ".join(f"{column} as _c{at}" for at, column in enumerate(columns))
    same = ", ".join(f"_c{at}" for at in range(len(columns)))
    table = new_excluded_row_table(con)
    con.execute(
        f"""
        create temp table {table} as
        with
        repeated as (select {hashed} as _hash from {rows} where {among} group by 1 having count(*) > 1),
        alike as (
            select case when {good} then _row end as _good, {_row_order(contract, city_zone, ranks or {})} as _order, {named}
            from {rows} where {among} and {hashed} in (select _hash from repeated)
        ),
        states as (
            select list(_good) filter (_good is not null) as _rows, max_by(_good, _order) as _last from alike group by {same}
        )
        select _row from (select unnest(_rows) as _row, _last from states) where _row <> _last
        """
    )
    found = count_rows(con, f"select count(*) from temp.{table}")
    return f" and _row not in (select _row from temp.{table})" if found else "", found


def _row_order(contract: Contract, city_zone: str, ranks: Mapping[str, int]) -> str:
    """SQL value by which the later of two rows is greater; a row without a value in `load.order_by` is the earlier one.

    The age of files follows these columns; the position in the batch, which is that of the files' names, decides last.
    """
    dated = [typed_expression(contract.column(name), city_zone) for name in contract.load.dating_columns]
    order = [part for value in dated for part in (f"{value} is not null", value)]
    if len(set(ranks.values())) > 1:
        order.append(f"(map {{{', '.join(f'{literal(name)}: {rank}' for name, rank in ranks.items())}}})[_source_file]")
    return f"row({', '.join([*order, '_row'])})" if order else "_row"

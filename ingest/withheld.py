"""Records that a release withdrew from a table whose publisher hides small groups.

A group that the next release no longer lists is not zero: its publisher hides it. `typed.<source>` shows such a record without
its values, so that it reaches facts and measures as `suppressed_at_source`. A record is remembered as long as the partition
still has its school and its group: where the release dropped or renamed them altogether, there is no cell to hide.

See `ingest.withdrawn` for the number of withdrawn rows, which every source has.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.typed import required_columns, typed_expression
from warehouse.sql import literal, quoted

FILE = "withheld.parquet"


def remembers(contract: Contract) -> bool:
    """Whether a withdrawn record of the source stays as one without values."""
    hides = any(column.null_tokens.get("") == "suppressed_at_source" for column in contract.kept_columns)
    return hides and contract.load.mode == "replace_partition" and bool(contract.record_key)


def table_of(contract: Contract) -> str:
    """The table of the withdrawn records of a source, with the columns of its landing table."""
    return f"withheld.{quoted(contract.source)}"


def ensure_withheld(con: DuckDBPyConnection, contract: Contract) -> None:
    """Make the table; one of a contract that had other columns is made again, and its records are forgotten."""
    con.execute("create schema if not exists withheld")
    described = f"select column_name, column_type from (describe landing.{quoted(contract.source)}) order by all"
    con.execute(f"create table if not exists {table_of(contract)} as from landing.{quoted(contract.source)} limit 0")
    there = f"select column_name, column_type from (describe {table_of(contract)}) order by all"
    if con.execute(there).fetchall() != con.execute(described).fetchall():
        con.execute(f"create or replace table {table_of(contract)} as from landing.{quoted(contract.source)} limit 0")


def withhold(con: DuckDBPyConnection, contract: Contract, withdrawn: str, usable: str, partition: str, city_zone: str) -> None:
    """Remember the `withdrawn` records of the partitions of `usable` rows, and forget those that are not hidden any more.

    `withdrawn`: a relation with the columns of landing, of which some rows may have a successor among `usable`.
    `partition`: SQL of a row's partition.
    """
    table = table_of(contract)
    # what every record must have names it; the rest says something of its values
    naming = {column.name for column in required_columns(contract)}
    values = {column.name for column in contract.kept_columns} - naming
    names = [name for (name,) in con.execute(f"select column_name from (describe {table})").fetchall()]
    columns = ", ".join(f"cast(null as varchar) as {quoted(name)}" if name in values else quoted(name) for name in names)
    con.execute(f"insert into {table} select {columns} from {withdrawn} where not _refused")
    record = f"({', '.join(typed_expression(contract.column(name), city_zone) for name in contract.record_key)})"
    given = [f"{record} in (select {record} from {usable})"]
    for name in contract.record_key:
        cell = typed_expression(contract.column(name), city_zone)
        given.append(f"({partition}, {cell}) not in (select ({partition}, {cell}) from {usable})")
    con.execute(f"delete from {table} where {partition} in (select {partition} from {usable}) and ({' or '.join(given)})")
    # of a record that several loads withdrew one is enough
    con.execute(f"delete from {table} where rowid not in (select max(rowid) from {table} group by {record})")


def save_withheld(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    """Copy the records to where the deliveries are, from which the warehouse can be made again."""
    path = folder / FILE
    incoming = path.with_suffix(".tmp")
    con.execute(f"copy {table_of(contract)} to {literal(str(incoming))} (format parquet)")
    incoming.replace(path)


def restore_withheld(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    """Take the records back from where the deliveries are."""
    path = folder / FILE
    if path.is_file():
        con.execute(f"delete from {table_of(contract)}")
        con.execute(f"insert into {table_of(contract)} by name from read_parquet({literal(str(path))})")

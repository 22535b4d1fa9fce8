"""Records that a release withdrew and whose absence would read as zero.

Two kinds of tables have such records: those of a publisher that hides small groups, and those of `load.absent: zero`, which list
only what is not zero. `typed.<source>` shows a withdrawn record without its values, so that facts and measures do not read it as
zero.

Where a publisher hides small groups, a record is remembered as long as its partition still has its school and its group. A school
that the release dropped or renamed has no cell to hide. A race that it dropped from every school has: a race that the contract
offers is zero where no record has it. It is forgotten only where another label of the same race took its place.

See `ingest.landing.withdrawn_rows` for the number of withdrawn rows, which every source has.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.contract.crosswalk import label_codes
from ingest.typing.expressions import required_columns, typed_expression
from warehouse.sql import literal, quoted

FILE = "withheld.parquet"
# What a column with such a role holds is a value of the record, also where every record must have it.
VALUE_ROLES = ("amount", "count", "rate", "moe", "weight")


def remembers(contract: Contract) -> bool:
    """Whether a withdrawn record of the source stays as one without values."""
    hides = any(column.null_tokens.get("") == "suppressed_at_source" for column in contract.kept_columns)
    needed = hides or contract.load.absent == "zero"
    return needed and contract.load.mode == "replace_partition" and bool(contract.record_key)


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
    # what every record must have names it, unless it is a value
    required, deciding = required_columns(contract), contract.deciding_columns
    naming = {column.name for column in required if column.name in deciding or column.role not in VALUE_ROLES}
    values = {column.name for column in contract.kept_columns} - naming
    names = [name for (name,) in con.execute(f"select column_name from (describe {table})").fetchall()]
    columns = ", ".join(f"cast(null as varchar) as {quoted(name)}" if name in values else quoted(name) for name in names)
    con.execute(f"insert into {table} select {columns} from {withdrawn} where not _refused")
    record = f"({', '.join(typed_expression(contract.column(name), city_zone) for name in contract.record_key)})"
    given = [f"{record} in (select {record} from {usable})"]
    if contract.load.absent != "zero":
        given += [_gone(contract.column(name), usable, partition, city_zone) for name in contract.record_key]
    con.execute(f"delete from {table} where {partition} in (select {partition} from {usable}) and ({' or '.join(given)})")
    # of a record that several loads withdrew one is enough
    con.execute(f"delete from {table} where rowid not in (select max(rowid) from {table} group by {record})")


def _gone(column: Column, usable: str, partition: str, city_zone: str) -> str:
    """SQL boolean: the release has no cell for the record, since the partition has lost what the record has in a column."""
    cell = typed_expression(column, city_zone)
    gone = f"({partition}, {cell}) not in (select ({partition}, {cell}) from {usable})"
    if not column.offered:
        return gone
    codes = ", ".join(f"{literal(label)}: {literal(code)}" for label, code in label_codes(column.vocabulary_names()).items())
    code = rf"(map {{{codes}}})[lower(trim(regexp_replace({cell}, '\s+', ' ', 'g')))]"
    renamed = f"({partition}, {code}) in (select ({partition}, {code}) from {usable} where {code} is not null)"
    return f"({gone} and ({code} is null or {renamed}))"


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

"""Keep the records that a release withdrew and whose absence would read as zero.

Two kinds of tables have such records: tables of a publisher that hides small groups, and tables with `load.absent: zero`, which
list only what is not zero. `typed.<source>` contains a withdrawn record without its values, so that facts and measures do not
read it as zero.

If a publisher hides small groups, a record is kept as long as its partition still has its school and its group. A school that the
release dropped or renamed has no cell to hide. A race that the release dropped from every school still has one: a race that the
contract offers is zero if no record has it. Its record is removed only if another label of the same race replaced it.

See `ingest.landing.batch.replaced_rows` for the number of withdrawn rows, which every source has.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.contract.vocabularies.crosswalk import label_codes
from ingest.typing import required_columns, typed_expression
from warehouse.sql import literal, quoted

FILE = "withheld.parquet"
# A column with one of these roles is a value of the record, even if it is required.
VALUE_ROLES = ("amount", "count", "rate", "moe", "weight")


def keeps_withheld_records(contract: Contract) -> bool:
    """Whether a withdrawn record of the source is kept without its values."""
    hides = any(column.null_tokens.get("") == "suppressed_at_source" for column in contract.kept_columns)
    needed = hides or contract.load.absent == "zero"
    return needed and contract.load.mode == "replace_partition" and bool(contract.record_key)


def withheld_table(contract: Contract) -> str:
    """The table of a source's withdrawn records, with the columns of its landing table."""
    return f"withheld.{quoted(contract.source)}"


def ensure_withheld(con: DuckDBPyConnection, contract: Contract) -> None:
    """Create the table; if the contract's columns have changed, create it again without its records."""
    con.execute("create schema if not exists withheld")
    described = f"select column_name, column_type from (describe landing.{quoted(contract.source)}) order by all"
    con.execute(f"create table if not exists {withheld_table(contract)} as from landing.{quoted(contract.source)} limit 0")
    existing = f"select column_name, column_type from (describe {withheld_table(contract)}) order by all"
    if con.execute(existing).fetchall() != con.execute(described).fetchall():
        con.execute(f"create or replace table {withheld_table(contract)} as from landing.{quoted(contract.source)} limit 0")


def withhold_records(
    con: DuckDBPyConnection, contract: Contract, withdrawn: str, usable: str, partition: str, city_zone: str
) -> None:
    """Add the `withdrawn` records of the partitions of `usable` rows, and remove those that are no longer hidden.

    `withdrawn`: a relation with the columns of landing; some of its rows may have a successor among `usable`.
    `partition`: SQL of a row's partition.
    """
    table = withheld_table(contract)
    # required columns identify the record, unless they are values
    required, deciding = required_columns(contract), contract.deciding_columns
    naming = {column.name for column in required if column.name in deciding or column.role not in VALUE_ROLES}
    values = {column.name for column in contract.kept_columns} - naming
    names = [name for (name,) in con.execute(f"select column_name from (describe {table})").fetchall()]
    columns = ", ".join(f"cast(null as varchar) as {quoted(name)}" if name in values else quoted(name) for name in names)
    con.execute(f"insert into {table} select {columns} from {withdrawn} where not _refused")
    record = f"({', '.join(typed_expression(contract.column(name), city_zone) for name in contract.record_key)})"
    given = [f"{record} in (select {record} from {usable})"]
    if contract.load.absent != "zero":
        given += [_has_no_cell(contract, contract.column(name), usable, partition, city_zone) for name in contract.record_key]
    con.execute(f"delete from {table} where {partition} in (select {partition} from {usable}) and ({' or '.join(given)})")
    # a record that several loads withdrew is kept once
    con.execute(f"delete from {table} where rowid not in (select max(rowid) from {table} group by {record})")


def _has_no_cell(contract: Contract, column: Column, usable: str, partition: str, city_zone: str) -> str:
    """SQL boolean: the release has no cell for the record, because its partition no longer has the record's value in a column."""
    cell = typed_expression(column, city_zone)
    is_absent = f"({partition}, {cell}) not in (select ({partition}, {cell}) from {usable})"
    if not column.offered:
        return is_absent
    mapped = label_codes(column.vocabulary_names(), contract.crosswalk)
    codes = ", ".join(f"{literal(label)}: {literal(code)}" for label, code in mapped.items())
    code = rf"(map {{{codes}}})[lower(trim(regexp_replace({cell}, '\s+', ' ', 'g')))]"
    renamed = f"({partition}, {code}) in (select ({partition}, {code}) from {usable} where {code} is not null)"
    return f"({is_absent} and ({code} is null or {renamed}))"


def save_withheld(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    """Copy the records to the folder of the deliveries, from which Levelground rebuilds the warehouse."""
    path = folder / FILE
    incoming = path.with_suffix(".tmp")
    con.execute(f"copy {withheld_table(contract)} to {literal(str(incoming))} (format parquet)")
    incoming.replace(path)


def restore_withheld(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    """Read the records back from the folder of the deliveries, as far as the contract still has their columns."""
    path, table = folder / FILE, withheld_table(contract)
    if path.is_file():
        saved = set(pq.read_schema(path).names)
        columns = con.execute(f"select column_name from (describe {table})").fetchall()
        both = ", ".join(quoted(name) for (name,) in columns if name in saved)
        con.execute(f"delete from {table}")
        con.execute(f"insert into {table} by name select {both} from read_parquet({literal(str(path))})")

"""Create the landing table and the typed view of a source, and mark landed rows by what the contract refuses.

`withheld.<source>` keeps the records that a release withdrew and whose absence would read as zero: of a publisher that hides
small groups, and of a table with `load.absent: zero`, which lists only what is not zero. `typed.<source>` contains a withdrawn
record without its values, so that facts and measures do not read it as zero. If a publisher hides small groups, a record is kept
as long as its partition still has its school and its group: a school that the release dropped or renamed has no cell to hide. A
race that the release dropped from every school still has one: a race that the contract offers is zero if no record has it. Its
record is removed only if another label of the same race replaced it.

See `ingest.landing.landing_table` for the rows, `ingest.landing.loads` for the loads, and `ingest.typing` for typing a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.contract.vocabularies import label_codes
from ingest.typing import (
    accepted_rows,
    any_refused,
    constant_cells,
    invalid_condition,
    invalid_flag,
    is_refused,
    optional_columns,
    read_cells,
    rejection,
    rejection_message,
    required_columns,
    typed_cell,
    typed_expression,
)
from warehouse.fingerprint import text_sha256
from warehouse.sql import literal, quoted

WITHHELD_FILE = "withheld.parquet"
# A column with one of these roles is a value of the record, even if it is required.
VALUE_ROLES = ("amount", "count", "rate", "moe", "weight")
# Columns of landing tables in addition to the contract's; rows of a stock have the date of their snapshot
# (`ingest.landing.batch_rows`).
LOAD_COLUMNS: Mapping[str, str] = {
    "_load_id": "varchar", "_source_file": "varchar", "_source_row": "bigint", "_file_sha256": "varchar", "_contract": "varchar",
    SNAPSHOT_ON: "date",
}  # fmt: skip
# Marks of each landed row under the current contract, so that no query has to type every row: it lacks a good value in a required
# column; it has a bad value in another column; the first day of its period (`period_expression`); its latest time.
MARKS: Mapping[str, str] = {"_refused": "boolean", "_doubtful": "boolean", "_period": "date", "_latest": "timestamp"}


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
    if con.execute(f"select 1 from {table} limit 1").fetchone() is None:
        return
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
    mapped = label_codes(column.vocabulary_names(), contract.vocabulary.crosswalk)
    codes = ", ".join(f"{literal(label)}: {literal(code)}" for label, code in mapped.items())
    code = rf"(map {{{codes}}})[lower(trim(regexp_replace({cell}, '\s+', ' ', 'g')))]"
    renamed = f"({partition}, {code}) in (select ({partition}, {code}) from {usable} where {code} is not null)"
    return f"({is_absent} and ({code} is null or {renamed}))"


def save_withheld(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    """Copy the records to the folder of the deliveries, from which Levelground rebuilds the warehouse."""
    path = folder / WITHHELD_FILE
    incoming = path.with_suffix(".tmp")
    con.execute(f"copy {withheld_table(contract)} to {literal(str(incoming))} (format parquet)")
    incoming.replace(path)


def restore_withheld(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    """Read the records back from the folder of the deliveries, as far as the contract still has their columns."""
    path, table = folder / WITHHELD_FILE, withheld_table(contract)
    if path.is_file():
        saved = set(pq.read_schema(path).names)
        columns = con.execute(f"select column_name from (describe {table})").fetchall()
        both = ", ".join(quoted(name) for (name,) in columns if name in saved)
        con.execute(f"delete from {table}")
        con.execute(f"insert into {table} by name select {both} from read_parquet({literal(str(path))})")


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
    accepted = accepted_rows(contract, table, city_zone, "not _refused")
    if keeps_withheld_records(contract):
        ensure_withheld(con, contract)
        accepted += f" union all {accepted_rows(contract, withheld_table(contract), city_zone, 'not _refused')}"
    marked = marked_rows(contract, f"(select rowid as _at, * exclude ({', '.join(MARKS)}) from {table})", city_zone)
    # marks and view change if the contract, or this code, changes how they are computed
    terms = text_sha256("\n".join([duckdb.__version__, marked, accepted]))
    if con.execute("select 1 from intake.marks where source = ? and terms = ?", [contract.source, terms]).fetchone():
        return
    marks = ", ".join(f"{name} = marked.{name}" for name in MARKS)
    con.execute(f"update {table} as landed set {marks} from {marked} as marked where landed.rowid = marked._at")
    con.execute(f'create or replace view typed."{contract.source}" as {accepted}')
    con.execute("insert or replace into intake.marks values (?, ?)", [contract.source, terms])


def marked_rows(contract: Contract, relation: str, city_zone: str) -> str:
    """The rows of `relation` with their marks, as a relation in parentheses."""
    required, optional, clocks = required_columns(contract), optional_columns(contract), contract.clock_columns
    marked = (*required, *optional, *clocks, _period_column(contract))
    read = tuple(column for column in contract.kept_columns if column in marked)
    period = period_expression(contract, city_zone, read=True)
    doubtful = " or ".join(invalid_flag(column) for column in optional) or "false"
    times = ", ".join(f"case when not {invalid_flag(one)} then cast({typed_cell(one)} as timestamp) end" for one in clocks)
    latest = f"greatest({times})" if times else "cast(null as timestamp)"
    marks = f"{is_refused(required)} as _refused, ({doubtful}) as _doubtful, {period} as _period, {latest} as _latest"
    return f"(select *, {marks} from {read_cells(read, relation, city_zone)})"


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


def landed_rejections(con: DuckDBPyConnection, contract: Contract, city_zone: str) -> dict[str, list[str]]:
    """SELECTs of the landed rows and cells that the contract refuses, by the table of the schema `quality` with such columns."""
    table = f"landing.{quoted(contract.source)}"
    # most sources have neither, and planning the reasons of a table with hundreds of columns takes half a second
    flags = f"select bool_or(_refused), bool_or(_doubtful and not _refused) from {table}"
    refused, doubtful = con.execute(flags).fetchone() or (None, None)
    rows = rejected_rows(contract, required_columns(contract), f"(from {table} where _refused)", city_zone) if refused else None
    cells = rejected_values(contract, f"(from {table} where _doubtful and not _refused)", city_zone) if doubtful else None
    found = {"rejected_rows": [rows], "rejected_values": [cells, constant_values(contract, city_zone)]}
    return {name: [select for select in selects if select] for name, selects in found.items()}


def _origin_columns(contract: Contract) -> str:
    return (
        f"select {literal(contract.source)} as source, _load_id as load_id, _source_file as source_file, "
        "_source_row as source_row, "
    )


def rejected_rows(contract: Contract, columns: Sequence[Column], relation: str, city_zone: str) -> str:
    """SELECT of the rows of a relation that are refused for one of `columns`, with the columns of `quality.rejected_rows`."""
    found = f"select *, {rejection(columns, city_zone)} as _rejection from {relation}"
    return f"{_origin_columns(contract)}unnest(_rejection) from ({found}) where _rejection is not null"


def constant_values(contract: Contract, city_zone: str) -> str | None:
    """SELECT of the cells made NULL because a part of the table has one value, with the columns of `quality.rejected_values`."""
    cells = constant_cells(contract, f'landing."{contract.source}"', city_zone)
    return cells and (
        f"{_origin_columns(contract)}_column as \"column\", 'invalid' as reason_code, _message as message from ({cells})"
    )


def rejected_values(contract: Contract, relation: str, city_zone: str) -> str | None:
    """SELECT of the cells made NULL in accepted rows, with the columns of `quality.rejected_values`; None if none can be."""
    refused = any_refused(required_columns(contract), city_zone)
    selects = [
        f"{_origin_columns(contract)}{literal(c.name)} as \"column\", 'invalid' as reason_code, "
        f"{rejection_message(c, 'invalid')} as message "
        f"from {relation} where {invalid_condition(c, city_zone)} and not {refused}"
        for c in optional_columns(contract)
    ]
    return " union all ".join(selects) or None

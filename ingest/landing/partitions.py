"""The periods or partitions that a batch replaces whole, file by file, and how the batch differs from what has landed of them.

See `expectations.delivery.volume` for the other load modes, and `expectations.delivery.suite_from_contract` for the limits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.sections.format import is_glob
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.delivery.snapshot_date import date_in_name
from ingest.errors import DeliveryError
from ingest.landing.batch_rows import Batch, drop_row_sets, partition_columns, row_set_tables, unit_expression
from ingest.landing.releases import older_releases, repeated_files
from warehouse.sql import literal, quoted

ARCHIVES = (".zip", ".gz")
# a period by its first day, or a partition by its values, as text
Unit = str


def delivered_units(batch: Batch) -> frozenset[Unit] | None:
    """The units of the rows of a batch; None if a row has no usable key, period or partition."""
    if set(batch.contract.deciding_columns) & set(_missing(batch.contract, batch.delivery)):
        return None
    found = batch.con.execute(
        f"select distinct case when {batch.usable} then cast({batch.unit} as varchar) end from {batch.rows} where {batch.filled}"
    ).fetchall()
    units = {unit for (unit,) in found}
    return None if None in units else frozenset(units)


def named_units(con: DuckDBPyConnection, contract: Contract, file: str, city_zone: str) -> frozenset[Unit] | None:
    """The unit of all rows of a file, if its name alone decides it by the contract (`from_file`, a snapshot's `file_name`).

    None if its rows decide, or if it is an archive or a workbook of several tables, which have names of their own.
    """
    deciding = (contract.load.period_column,) if contract.load.mode == "replace_period" else contract.load.partition_by or ()
    if PurePosixPath(file).suffix.lower() in ARCHIVES or is_glob(contract.format.of_file(file).sheet):
        return None
    values = {name: _value_of_name(contract, name, file) for name in deciding if name}
    if not values or None in values.values():
        return None
    row = ", ".join(f"{literal(str(value))} as {quoted(name)}" for name, value in values.items())
    dated = f"* replace (cast({SNAPSHOT_ON} as date) as {SNAPSHOT_ON})" if SNAPSHOT_ON in values else "*"
    found = con.execute(
        f"select cast({unit_expression(contract, city_zone)} as varchar) from (select {dated} from (select {row}))"
    ).fetchone()
    return frozenset(found) if found and found[0] is not None else None


def _value_of_name(contract: Contract, column: str, file: str) -> str | dt.date | None:
    if column == SNAPSHOT_ON:
        try:
            return date_in_name(contract, file)
        except DeliveryError:
            return None
    return contract.column(column).in_file(file)


def landed_units(con: DuckDBPyConnection, contract: Contract, file: str, city_zone: str) -> frozenset[Unit] | None:
    """The units of the landed rows of a file of that name, or of an archive; None if it has none."""
    of_file = f"(_source_file = {literal(file)} or starts_with(_source_file, {literal(file + '/')}))"
    found = con.execute(
        f"select distinct cast({unit_expression(contract, city_zone)} as varchar) from landing.{quoted(contract.source)} "
        f"where not _refused and {of_file}"
    ).fetchall()
    return frozenset(unit for (unit,) in found if unit is not None) or None


def _missing(contract: Contract, delivery: DeliveryRecord) -> list[str]:
    names = {name: column.name for column in contract.columns for name in (column.name, *map(str, contract.names_of(column)))}
    return [names[name] for name in delivery.columns_missing if name in names]


@dataclass(frozen=True)
class PartitionComparison:
    """The partitions of a batch compared with landing; all fields count rows, except `new` and `largest_loss`.

    `rows`, `landed` and `withdrawn` are of the partitions that have landed rows: the batch's rows, the landed rows, and the
    landed rows without a successor in the batch. `largest_loss` names the partition that loses the largest share, with its own
    counts. `new` partitions have no landed row; `usual` is the median size of a landed partition.
    """

    rows: int
    landed: int
    withdrawn: int
    largest_loss: str
    largest_loss_landed: int
    largest_loss_withdrawn: int
    new: int
    new_rows: int
    usual: float


def compare_partitions(batch: Batch, own: Collection[str]) -> PartitionComparison | None:
    """Compare a batch with the landed rows of loads other than its `own`; None if no row has landed yet."""
    con, source, key = batch.con, batch.contract.source, batch.key
    cells = partition_columns(batch.contract, batch.city_zone)
    names = [quoted(f"_p{at}") for at in range(len(cells))]
    split = ", ".join(f"{sql} as {name}" for (_, sql, _), name in zip(cells, names, strict=True))
    # rows without a key have no successor, so that only their number is compared
    record = f"hash({', '.join(key)})" if key else "null::ubigint"
    label = " || ', ' || ".join(
        f"{literal(f'{part} = ')} || {f'cast({name} as varchar)' if is_public else literal('(private)')}"
        for (part, _, is_public), name in zip(cells, names, strict=True)
    )
    before = row_set_tables(con)
    once = f"{batch.usable} and {repeated_files(batch, 'true').others}"
    newest = older_releases(batch, once).others
    by, own_loads = ", ".join(names), [list(own)]
    try:
        found = con.execute(
            f"""
            with
            given as (select {split}, {record} as _record from {batch.rows} where {once} and {newest}),
            landed as (
                select {split}, {record} as _record from landing.{quoted(source)}
                where not _refused and not list_contains(?, _load_id)
            ),
            given_sizes as (
                select {by}, {"count(distinct _record)" if key else "count(*)"} as given_rows from given group by all
            ),
            landed_sizes as (
                select {by}, count(*) as landed_rows, count(*) filter (_record not in (select _record from given)) as without
                from landed group by all
            ),
            compared as (
                select *, {"coalesce(without, 0)" if key else "greatest(landed_rows - given_rows, 0)"} as withdrawn
                from given_sizes left join landed_sizes using ({by})
            )
            select
                (select median(landed_rows) from landed_sizes),
                coalesce(sum(given_rows) filter (landed_rows is not null), 0)::bigint, coalesce(sum(landed_rows), 0)::bigint,
                coalesce(sum(withdrawn), 0)::bigint, count(*) filter (landed_rows is null),
                coalesce(sum(given_rows) filter (landed_rows is null), 0)::bigint,
                coalesce(
                    max_by({{name: {label}, landed: landed_rows, withdrawn: withdrawn}}, withdrawn / landed_rows),
                    {{name: '', landed: 0, withdrawn: 0}}
                )
            from compared
            """,
            own_loads,
        ).fetchone()
    finally:
        drop_row_sets(con, keep=before)
    if found is None or found[0] is None:
        return None
    usual, given, landed, withdrawn, new, new_rows, loss = found
    return PartitionComparison(
        given, landed, withdrawn, loss["name"], loss["landed"], loss["withdrawn"], new, new_rows, float(usual)
    )

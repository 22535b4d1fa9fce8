"""The periods or partitions that a batch replaces whole, file by file, and how the batch differs from what has landed of them.

See `expectations.delivery.delivery_facts` for the other load modes, and `expectations.delivery.delivery_gate` for the limits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.sections.format import is_glob
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.delivery.snapshot_date import date_in_name
from ingest.errors import DeliveryError
from ingest.landing.batch_rows import Batch, drop_row_sets, partition_columns, unit_expression
from ingest.landing.releases import older_releases
from warehouse.sql import literal, queries, quoted

ARCHIVES = (".zip", ".gz")
# a period by its first day, or a partition by its values, as text
Unit = str


def delivered_units(batch: Batch) -> frozenset[Unit] | None:
    """The units of the rows of a batch; None if a row has no usable key, period or partition."""
    missing = filter(None, map(batch.contract.delivered_as, batch.delivery.columns_missing))
    if any(column.name in batch.contract.deciding_columns for column in missing):
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
    given = f"{batch.usable} and {batch.once}"
    given = f"{given} and {older_releases(batch, given).others}"
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), batch=batch, cells=partition_columns(batch.contract, batch.city_zone))
    try:
        found = batch.con.execute(sql.compared(given), [list(own)]).fetchone()
    finally:
        drop_row_sets(batch.con)
    return PartitionComparison(*found) if found and found[-1] is not None else None

"""Partition the landed rows of a source for tasks that build a fact row by row, and write the partitions as Parquet files.

Rows are partitioned by the month of their period or event, so that a later delivery changes the partitions of its months only.
Rows without one are a partition of their own. A source whose contract dates no event is partitioned by record.

Equal records are always in the same partition, because a fact numbers them: their dates are equal, too. A source that is merged
by key has one landed row per record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.landing.tables import has_period, keeps_withheld_records
from ingest.typing import record_hash
from warehouse.sql import literal, one_value, queries, quoted

WITHOUT_PERIOD = "0001-01-01"
# of the rows that a partition may have. A task starts in 0.3 s of CPU and builds 500,000 rows in 2 s.
SMALL = 0.1


@dataclass(frozen=True)
class Partition:
    """Rows of a source. `fingerprint`: of the rows by load, file and position; landed rows never change."""

    number: int
    rows: int
    fingerprint: str


@dataclass(frozen=True)
class Partitions:
    """The partitions of a source. `relation`: its landed rows, with the number of the partition as `_partition`."""

    relation: str
    all: tuple[Partition, ...]


def typed_row_by_row(contract: Contract) -> bool:
    """Whether a worker can type the rows: each depends on one landed row, none is kept elsewhere, and none has a geometry."""
    columns = contract.kept_columns
    return not keeps_withheld_records(contract) and not any(c.varies_within or c.type == "geometry" for c in columns)


def partition_rows(con: DuckDBPyConnection, contract: Contract, rows_at_most: int) -> Partitions:
    """The partitions of a source's landed rows; none without rows. Only equal records can exceed `rows_at_most`."""
    relation = _numbered(con, contract, rows_at_most)
    found = con.execute(
        "select _partition, count(*), cast(sum(hash(_load_id, _source_file, _source_row)) as varchar) "
        f"from {relation} group by 1 order by 1"
    ).fetchall()
    return Partitions(relation, tuple(Partition(number, rows, f"{rows}:{total}") for number, rows, total in found))


def write_partitions(
    con: DuckDBPyConnection, partitions: Partitions, numbers: Collection[int], folder: Path
) -> dict[int, tuple[Path, ...]]:
    """Write the rows of some partitions to a new folder; the files of each."""
    wanted = f"select * from {partitions.relation} where _partition in ({', '.join(map(str, sorted(numbers)))})"
    written = con.execute(
        f"copy ({wanted}) to {literal(str(folder))} (format parquet, partition_by (_partition), return_files true)"
    ).fetchone()
    files: dict[int, list[Path]] = {number: [] for number in numbers}
    for path in map(Path, written[1] if written else ()):
        files[int(path.parent.name.removeprefix("_partition="))].append(path)
    return {number: tuple(sorted(found)) for number, found in files.items()}


def _numbered(con: DuckDBPyConnection, contract: Contract, rows_at_most: int) -> str:
    table, record = f"landing.{quoted(contract.source)}", f"md5_number_lower({record_hash(contract)})"
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), landed=table, record=record, without_period=WITHOUT_PERIOD)
    if has_period(contract):
        counted = con.execute(sql.rows_by_month()).fetchall()
        return str(sql.by_month(list(_packed(counted, rows_at_most))))
    rows = one_value(con, f"select count(*) from {table}")
    return str(sql.by_record(max(-(-rows // rows_at_most), 1)))


def _packed(months: list[tuple[str, int]], rows_at_most: int) -> Iterator[tuple[str, int, int]]:
    """Each month with its first partition and their number: consecutive months share one as long as their rows fit.

    A year begins a partition, so that a month that grows moves no month of another year; except after a small partition, because
    each one is a task of a rebuild.
    """
    number, filled, year = -1, rows_at_most, ""
    for day, rows in months:
        parts = -(-rows // rows_at_most)
        if day[:4] != year:
            is_small = filled < rows_at_most * SMALL and year != WITHOUT_PERIOD[:4]
            year, filled = day[:4], filled if is_small else rows_at_most
        if parts > 1:
            yield day, number + 1, parts
            number, filled = number + parts, rows_at_most
        elif filled + rows <= rows_at_most:
            filled += rows
            yield day, number, 1
        else:
            number, filled = number + 1, rows
            yield day, number, 1

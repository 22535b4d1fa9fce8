"""Landed rows are partitioned so that equal records stay together, and a new month changes no other partition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract
from ingest.landing import partition_rows, typed_row_by_row, write_partitions
from tests.support.visits import visits_contract

COLUMNS: list[dict[str, Any]] = [
    {"name": "visited_on", "from": "Date", "type": "date", "role": "event_time", "required": True},
    {"name": "note", "from": "Note"},
]
WITHOUT_DATE: list[dict[str, Any]] = [{"name": "visited", "from": "Date"}, {"name": "note", "from": "Note", "required": True}]
BY_KEY = {"mode": "merge", "key": ["note"]}
BY_MONTH = {"mode": "replace_period", "period_column": "visited_on", "period": "day"}
HEADER = "Date,Note\n"


def month(number: int, notes: int, copies: int = 1, year: int = 2025) -> str:
    return "".join(f"{year}-{number:02}-{1 + note % 28:02},note {note}\n" * copies for note in range(notes))


def by_month() -> Contract:
    return visits_contract(columns=COLUMNS, load=BY_MONTH)


def test_months_share_a_partition_while_they_fit_and_a_large_one_is_divided(warehouse: Any) -> None:
    contract = by_month()
    warehouse.take(
        contract, {"a.csv": HEADER + month(1, 10) + month(2, 15) + month(3, 20) + month(4, 30, copies=3) + month(5, 4)}
    )
    found = partition_rows(warehouse.con, contract, 30)
    rows = [partition.rows for partition in found.all]
    assert rows[:2] == [25, 20]
    assert rows[-1] == 4
    assert sum(rows[2:-1]) == 90
    assert 2 <= len(rows[2:-1]) <= 3
    apart = f"select note, visited_on from {found.relation} group by all having count(distinct _partition) > 1"
    assert warehouse.con.execute(apart).fetchall() == []


def test_a_new_month_changes_no_other_partition(warehouse: Any) -> None:
    contract = by_month()
    warehouse.take(contract, {"a.csv": HEADER + month(1, 10) + month(2, 15)})
    before = partition_rows(warehouse.con, contract, 20).all
    warehouse.take(contract, {"b.csv": HEADER + month(3, 12)})
    after = partition_rows(warehouse.con, contract, 20).all
    assert after[:2] == before
    assert len(after) == 3
    warehouse.take(contract, {"c.csv": HEADER + month(3, 12).replace("note 3", "changed")})
    assert partition_rows(warehouse.con, contract, 20).all[2].fingerprint != after[2].fingerprint


def test_a_month_that_grows_moves_no_month_of_another_year(warehouse: Any) -> None:
    contract = by_month()
    warehouse.take(contract, {"a.csv": HEADER + "".join(month(1, 10, year=year) for year in (2023, 2024, 2025))})
    before = partition_rows(warehouse.con, contract, 30).all
    assert [partition.rows for partition in before] == [10, 10, 10], "a partition per year"
    warehouse.take(contract, {"b.csv": HEADER + month(1, 29, year=2024) + month(2, 4, year=2024)})
    after = partition_rows(warehouse.con, contract, 30).all
    assert [partition.rows for partition in after] == [10, 29, 4, 10]
    assert {before[0].fingerprint, before[2].fingerprint} < {partition.fingerprint for partition in after}
    small = [partition.rows for partition in partition_rows(warehouse.con, contract, 1_000).all]
    assert small == [53], "years of so few rows share a partition"


def test_records_with_a_key_are_partitioned_by_the_month_of_their_event(warehouse: Any) -> None:
    contract = visits_contract(columns=COLUMNS, load=BY_KEY)
    notes = [f"2025-0{1 + note % 3}-01,note {note}\n" for note in range(30)]
    warehouse.take(contract, {"a.csv": HEADER + "".join(notes) + "no date,note 30\n"})
    before = partition_rows(warehouse.con, contract, 10)
    assert [partition.rows for partition in before.all] == [1, 10, 10, 10]
    # note 0 moves from January to March, in its newest state only
    warehouse.take(contract, {"b.csv": HEADER + "2025-03-09,note 0\n"})
    after = partition_rows(warehouse.con, contract, 11)
    assert [partition.rows for partition in after.all] == [1, 9, 10, 11]
    kept = {partition.fingerprint for partition in before.all} & {partition.fingerprint for partition in after.all}
    assert kept == {before.all[0].fingerprint, before.all[2].fingerprint}
    apart = f"select note from {after.relation} group by all having count(*) > 1"
    assert warehouse.con.execute(apart).fetchall() == []


@pytest.mark.parametrize("parts", [1, 4, 37])
def test_records_without_a_date_are_partitioned_by_key(warehouse: Any, parts: int, tmp_path: Path) -> None:
    contract = visits_contract(columns=WITHOUT_DATE, load=BY_KEY)
    warehouse.take(contract, {"a.csv": HEADER + month(1, 370)})
    found = partition_rows(warehouse.con, contract, -(-370 // parts))
    assert len(found.all) == parts
    files = write_partitions(warehouse.con, found, [partition.number for partition in found.all], tmp_path / "rows")
    for partition in found.all:
        paths = [str(path) for path in files[partition.number]]
        assert len(duckdb.read_parquet(paths, hive_partitioning=False)) == partition.rows
    written = [str(path) for paths in files.values() for path in paths]
    landed = warehouse.con.execute("select note from landing.dpt__visits order by all").fetchall()
    assert duckdb.read_parquet(written).select("note").order("note").fetchall() == landed


def test_a_source_without_rows_has_no_partition(warehouse: Any) -> None:
    contract = by_month()
    warehouse.take(contract, {"a.csv": HEADER})
    assert partition_rows(warehouse.con, contract, 10).all == ()


@pytest.mark.parametrize(
    "column",
    [
        {"name": "rate", "type": "decimal", "varies_within": {"by": ["note"], "rows": 3, "otherwise": "invalid"}},
        {"name": "place", "type": "geometry", "role": "geometry"},
    ],
)
def test_rows_that_depend_on_others_or_need_an_extension_are_not_for_workers(column: dict[str, Any]) -> None:
    assert typed_row_by_row(by_month())
    assert not typed_row_by_row(visits_contract(columns=[*COLUMNS, column], load=BY_MONTH))

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
BY_MONTH = {"mode": "replace_period", "period_column": "visited_on", "period": "day"}
HEADER = "Date,Note\n"


def month(number: int, notes: int, copies: int = 1) -> str:
    return "".join(f"2025-{number:02}-{1 + note % 28:02},note {note}\n" * copies for note in range(notes))


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


@pytest.mark.parametrize("parts", [1, 4, 37])
def test_records_with_a_key_are_spread_over_partitions(warehouse: Any, parts: int, tmp_path: Path) -> None:
    contract = visits_contract(columns=COLUMNS, load={"mode": "merge", "key": ["note"]})
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

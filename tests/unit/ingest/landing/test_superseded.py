"""Rows that loads removed from landing: recorded from the first load that finds landing filled, and removed in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.landing import superseded

COLUMNS = [{"name": "k", "type": "integer"}, {"name": "d", "type": "date"}, {"name": "v"}]
OLD, NEW = "k,d,v\n1,2025-01-01,a\n2,2025-01-02,b\n", "k,d,v\n2,2025-01-02,B\n3,2025-01-03,C\n"


@pytest.fixture
def merged(make_contract: Callable[..., Contract]) -> Contract:
    return make_contract(columns=COLUMNS, load={"mode": "merge", "key": ["k"]})


def superseded_rows(warehouse: Any) -> list[Any]:
    found: list[Any] = warehouse.con.execute(
        "select source_file, source_row, sequence from intake.superseded_rows order by all"
    ).fetchall()
    return found


def test_a_load_records_the_rows_that_it_supersedes(warehouse: Any, merged: Contract) -> None:
    warehouse.take(merged, {"old.csv": OLD})
    warehouse.take(merged, {"new.csv": NEW})
    assert superseded_rows(warehouse) == [("old.csv", 2, 2)]
    assert superseded.recorded_since(warehouse.con) == {merged.source: 2}


def test_what_has_been_consumed_is_forgotten_and_what_was_delivered_later_is_not(warehouse: Any, merged: Contract) -> None:
    for text in (OLD, NEW, "k,d,v\n3,2025-01-03,c\n"):
        warehouse.take(merged, {"f.csv": text})
    superseded.invalidate(warehouse.con, {merged.source: 2})
    assert superseded_rows(warehouse) == [("f.csv", 2, 3)]
    assert superseded.recorded_since(warehouse.con) == {merged.source: 3}
    superseded.invalidate(warehouse.con, {merged.source: 1})
    assert superseded.recorded_since(warehouse.con) == {merged.source: 3}, "what is forgotten stays forgotten"


def test_a_load_that_removes_everything_records_no_rows(warehouse: Any, make_contract: Callable[..., Contract]) -> None:
    contract = make_contract(columns=COLUMNS, load={"mode": "replace"})
    warehouse.take(contract, {"f.csv": OLD})
    warehouse.take(contract, {"f.csv": NEW})
    assert superseded_rows(warehouse) == []
    assert superseded.recorded_since(warehouse.con) == {contract.source: 3}


def test_a_load_that_removes_more_than_half_records_no_rows(warehouse: Any, merged: Contract) -> None:
    warehouse.take(merged, {"f.csv": "k,d,v\n1,2025-01-01,a\n2,2025-01-02,b\n3,2025-01-03,c\n"})
    warehouse.take(merged, {"f.csv": "k,d,v\n1,2025-01-01,A\n2,2025-01-02,B\n"})
    assert superseded_rows(warehouse) == []
    assert superseded.recorded_since(warehouse.con) == {merged.source: 3}
    warehouse.take(merged, {"f.csv": "k,d,v\n3,2025-01-03,C\n"})
    assert superseded_rows(warehouse) == [("f.csv", 3, 3)]

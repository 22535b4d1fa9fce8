"""A stock that is dated after the run's as-of time: a warning, and from a year on no stock at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from expectations.delivery.time_checks import snapshot_checks
from expectations.engine.runner import Session
from ingest.contract import Contract
from ingest.contract.registry import read_contract

STOCK = Path(__file__).parents[2] / "ingest" / "contract" / "contracts" / "valid" / "dpt__stock.yml"
AS_OF = dt.datetime(2026, 1, 1, 2)


def failed(contract: Contract, days: list[str], folder: Path, rows: str = "select 1 as n") -> list[tuple[str, str]]:
    """The checks that do not hold, and how severe they are."""
    checks = tuple(snapshot_checks(contract, [dt.date.fromisoformat(day) for day in days], AS_OF))
    database = folder / "w.duckdb"
    duckdb.connect(str(database)).close()
    findings = Session(database).run(contract.source, rows, checks)
    return [(finding.expectation, finding.severity) for finding in findings if not finding.success]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([], []),
        (["2025-12-31", "2026-01-02"], []),
        (["2025-12-31", "2026-01-03"], [("snapshots_after_as_of", "warning")]),
        (["2206-03-31"], [("snapshots_after_as_of", "warning"), ("snapshots_of_another_year", "critical")]),
    ],
)
def test_the_dates_of_files(tmp_path: Path, days: list[str], found: list[tuple[str, str]]) -> None:
    assert failed(read_contract(STOCK), days, tmp_path) == found


def test_the_dates_of_rows(tmp_path: Path) -> None:
    contract = read_contract(STOCK)
    assert contract.snapshot is not None
    of_rows = contract.snapshot.model_copy(update={"from_": ("column",), "column": "visited_on"})
    dated = contract.model_copy(update={"snapshot": of_rows})
    rows = "select unnest([date '2025-12-31', date '2026-01-02', null]) as visited_on"
    assert failed(dated, [], tmp_path, rows) == []
    assert failed(dated, [], tmp_path, f"{rows} union all select date '2026-03-31'") == [("snapshots_after_as_of", "warning")]


def test_a_source_that_is_no_stock_has_no_such_check() -> None:
    contract = read_contract(STOCK).model_copy(update={"snapshot": None})
    assert list(snapshot_checks(contract, [dt.date(2206, 1, 1)], AS_OF)) == []

"""Three tables of one page are one source: what the gate finds in a map that is not of its months, and what Inf becomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from duckdb import DuckDBPyConnection

from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.delivery_gate import gate_delivery
from ingest.connectors import open_folder
from ingest.contract.registry import load_registry
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from ingest.sample.housing import evictions
from warehouse.connection import database_path

SOURCE, ZONE, NOW = evictions.name, "America/Chicago", dt.datetime(2026, 1, 1)
MAP, MONTHS = "sampleton_map.csv", "sampleton_barchart.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    delivered = tmp_path / SOURCE
    delivered.mkdir()
    evictions.write(delivered, np.random.default_rng(0))
    return delivered


def findings(con: DuckDBPyConnection, folder: Path) -> set[str]:
    """The critical findings on what the folder holds."""
    contract, store = load_registry()[SOURCE], DeliveryStore(folder.parent / "deliveries", SOURCE)
    record = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, NOW)
    con.execute(f"create or replace view delivery.{SOURCE} as select * from read_parquet('{store.batch(record.load_id)}')")
    facts = DeliveryFacts(
        as_of=NOW, columns_missing=record.columns_missing, columns_unknown=record.columns_unknown, city_zone=ZONE
    )
    return {finding.expectation for finding in gate_delivery(database_path(con), contract, facts, {}).failed_critical}


def twice(lines: list[str]) -> list[str]:
    return [*lines, lines[3]]


def halved(lines: list[str]) -> list[str]:
    """Filings and rates of six months under the date of twelve."""
    rows = [line.split(",") for line in lines[1:]]
    return [lines[0], *(",".join([row[0], row[1], str(int(row[2]) // 2), *row[3:]]) for row in rows)]


def of_other_filings(lines: list[str]) -> list[str]:
    row = lines[1].split(",")
    return [lines[0], ",".join([*row[:3], "0.0371", *row[4:]]), *lines[2:]]


def without_a_tract(lines: list[str]) -> list[str]:
    return [lines[0], "," + lines[1].partition(",")[2], *lines[2:]]


def renamed(lines: list[str]) -> list[str]:
    return [lines[0].replace("month_rate,", "rate,"), *lines[1:]]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (list, set()),
        (twice, {"one_row_per_tract"}),
        (halved, {"months_hold_the_tracts", "rate_is_of_whole_households"}),
        (of_other_filings, {"rate_is_of_whole_households"}),
        (without_a_tract, {"map_has_tracts"}),
        (renamed, {"columns_missing"}),
    ],
)
def test_the_gate_finds_a_bad_map(
    warehouse: DuckDBPyConnection, folder: Path, spoil: Callable[[list[str]], list[str]], found: set[str]
) -> None:
    lines = (folder / MAP).read_text().splitlines(keepends=True)
    (folder / MAP).write_text("".join(spoil(lines)))
    assert findings(warehouse, folder) >= found
    assert bool(findings(warehouse, folder)) == bool(found)


def test_inf_is_no_rate_and_a_date_is_read_day_first(warehouse: DuckDBPyConnection, folder: Path) -> None:
    contract, store = load_registry()[SOURCE], DeliveryStore(folder.parent / "deliveries", SOURCE)
    record = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, NOW)
    ensure_tables(warehouse, contract, ZONE)
    LandingTable(warehouse, contract, store, ZONE).promote(record, run_id="run", now=NOW)
    rows = warehouse.execute(
        "select table_name, min(starts_on), max(starts_on), count(*) filter (where filings_per_household is null), "
        f"bool_and(isfinite(filings_per_household)) from typed.{SOURCE} group by 1 order by 1"
    ).fetchall()
    window = dt.date(2024, 11, 1)
    assert rows == [
        ("majorities", window, window, 5, None),
        ("months", dt.date(2023, 1, 1), dt.date(2025, 10, 1), 34, None),
        ("tracts", window, window, 2, True),
    ]


def test_a_later_window_is_added_and_a_revised_one_replaced(warehouse: DuckDBPyConnection, folder: Path) -> None:
    """The next month's map has twelve months of its own; a corrected map replaces its window."""
    contract, store = load_registry()[SOURCE], DeliveryStore(folder.parent / "deliveries", SOURCE)

    def landed() -> list[tuple[dt.date, int, int]]:
        record = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, NOW)
        ensure_tables(warehouse, contract, ZONE)
        LandingTable(warehouse, contract, store, ZONE).promote(record, run_id="run", now=NOW)
        return warehouse.execute(
            f"select starts_on, count(*), sum(filings) from typed.{SOURCE} where table_name = 'tracts' group by 1 order by 1"
        ).fetchall()

    ((first, tracts, filings),) = landed()
    text = (folder / MAP).read_text()
    (folder / "sampleton_map_december.csv").write_text(text.replace("01/11/2024", "01/12/2024"))
    assert landed() == [(first, tracts, filings), (dt.date(2024, 12, 1), tracts, filings)]
    (folder / MAP).unlink()
    (folder / "sampleton_map_corrected.csv").write_text(text.replace(",9,0.03,", ",18,0.06,", 1))
    assert landed() == [(first, tracts, filings + 9), (dt.date(2024, 12, 1), tracts, filings)]

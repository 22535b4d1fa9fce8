"""What a batch is compared with: one that adds with what it would take out, another with earlier ones of its kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.delivery.delivery_facts import HiddenCells, ReplacedRows, VolumeBaseline, volume_baseline
from ingest.contract import Contract
from ingest.landing import ensure_tables
from tests.support.visits import CITY_ZONE, NOON, Warehouse, visits_contract

COLUMNS = [{"name": "k", "type": "integer"}, {"name": "d", "type": "date"}, {"name": "v"}]
LOADS: dict[str, dict[str, Any]] = {
    "merge": {"mode": "merge", "key": ["k"]},
    "replace_period": {"mode": "replace_period", "period_column": "d", "period": "month"},
    "append": {"mode": "append"},
}


def csv_of(*records: str) -> str:
    return "\n".join(["k,d,v", *records, ""])


def year(months: range, a_month: int = 10, v: str = "a") -> str:
    """So many records a month of 2025, each with its own key."""
    return csv_of(*(f"{100 * month + n},2025-{month:02d}-0{1 + n % 9},{v}" for month in months for n in range(a_month)))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with duckdb.connect() as connection:
        yield Warehouse(tmp_path, connection)


@pytest.fixture
def compare(warehouse: Warehouse) -> Callable[[Contract, str], VolumeBaseline]:
    """The volume baseline of a file, which is then ingested as in a run."""

    def take(contract: Contract, file: str) -> VolumeBaseline:
        receipt = warehouse.deliver(contract, {"f.csv": file})
        found = volume_baseline(warehouse.batch(contract, receipt), warehouse.store)
        warehouse.landing(contract).promote(receipt, run_id="run", now=NOON, adds=found.adds_only)
        return found

    return take


@pytest.fixture
def contract_of(warehouse: Warehouse) -> Callable[[str], Contract]:
    def make(mode: str, **more: Any) -> Contract:
        contract = visits_contract(columns=COLUMNS, load=LOADS[mode], **more)
        ensure_tables(warehouse.con, contract, CITY_ZONE)
        return contract

    return make


Compare = Callable[[Contract, str], VolumeBaseline]
ContractOf = Callable[..., Contract]


@pytest.mark.parametrize("mode", LOADS)
def test_the_first_batch_is_compared_with_nothing(compare: Compare, contract_of: ContractOf, mode: str) -> None:
    assert compare(contract_of(mode), year(range(1, 7))) == VolumeBaseline(())


@pytest.mark.parametrize("mode", LOADS)
def test_a_batch_that_brings_nothing_newer_is_compared_with_earlier_ones(
    compare: Compare, contract_of: ContractOf, mode: str
) -> None:
    contract = contract_of(mode)
    compare(contract, year(range(1, 7)))
    assert compare(contract, year(range(1, 3))) == VolumeBaseline((60,))


def test_new_periods_after_several_full_batches_take_out_nothing(compare: Compare, contract_of: ContractOf) -> None:
    contract = contract_of("replace_period")
    for last in (5, 6, 7):
        compare(contract, year(range(1, last)))
    assert compare(contract, year(range(7, 8))) == VolumeBaseline((60, 50, 40), adds_only=True)


def test_a_batch_with_a_new_period_is_compared_with_the_rows_of_those_that_it_brings_again(
    compare: Compare, contract_of: ContractOf
) -> None:
    contract = contract_of("replace_period")
    compare(contract, year(range(1, 7)))
    found = compare(contract, year(range(5, 8), a_month=2))
    assert found == VolumeBaseline((60,), True, ReplacedRows(20, dt.date(2025, 5, 1), dt.date(2025, 6, 1)))


def test_a_full_batch_that_has_grown_is_no_addition(compare: Compare, contract_of: ContractOf) -> None:
    contract = contract_of("replace_period")
    compare(contract, year(range(1, 7)))
    found = compare(contract, year(range(1, 8)))
    assert found == VolumeBaseline((60,), False, ReplacedRows(60, dt.date(2025, 1, 1), dt.date(2025, 6, 1)))


def test_a_batch_of_new_keys_is_an_addition(compare: Compare, contract_of: ContractOf) -> None:
    contract = contract_of("merge")
    compare(contract, year(range(1, 7)))
    new = year(range(7, 8)) + "101,2025-01-02,corrected\n"
    assert compare(contract, new) == VolumeBaseline((60,), adds_only=True)
    # it was a small part: another one is compared the same way, and a full one with the full one
    assert compare(contract, year(range(8, 9))) == VolumeBaseline((60,), adds_only=True)
    assert compare(contract, year(range(1, 9))) == VolumeBaseline((60,))


def test_a_batch_with_most_of_the_landed_keys_is_a_full_delivery(compare: Compare, contract_of: ContractOf) -> None:
    contract = contract_of("merge")
    compare(contract, year(range(1, 3)))
    assert compare(contract, year(range(1, 9))) == VolumeBaseline((20,))


@pytest.mark.parametrize("mode", ["merge", "replace_period"])
def test_an_addition_that_comes_again_is_still_one(compare: Compare, contract_of: ContractOf, mode: str) -> None:
    contract = contract_of(mode)
    compare(contract, year(range(1, 7)))
    compare(contract, year(range(7, 8)))
    assert compare(contract, year(range(7, 8))) == VolumeBaseline((60,), adds_only=True)
    # under a contract that has changed it is another load of the same file
    changed = contract_of(mode, format={"kind": "csv", "encoding": "utf-8-sig"})
    assert compare(changed, year(range(7, 8))) == VolumeBaseline((60,), adds_only=True)


def test_added_loads_are_recorded_with_the_deliveries(warehouse: Warehouse, compare: Compare, contract_of: ContractOf) -> None:
    contract = contract_of("merge")
    compare(contract, year(range(1, 7)))
    compare(contract, year(range(7, 8)))
    warehouse.con.execute("delete from landing.dpt__visits; delete from intake.loads")
    warehouse.landing(contract).restore()
    assert warehouse.con.execute("select rows_delivered, adds from intake.loads order by sequence").fetchall() == [
        (60, False),
        (10, True),
    ]


def test_hidden_cells_are_counted_in_the_batch_and_in_landing(warehouse: Warehouse, compare: Compare) -> None:
    """A state hides numbers below 20 that it showed from 10 on."""
    hides = {"name": "v", "type": "integer", "null_tokens": {"<10": "suppressed_at_source", "": "not_collected"}}
    contract = visits_contract(columns=[*COLUMNS[:2], hides], load={"mode": "replace"})
    ensure_tables(warehouse.con, contract, CITY_ZONE)
    before = compare(contract, csv_of("1,2025-01-01,<10", "2,2025-01-02,15", "3,2025-01-03,30", "4,2025-01-04,"))
    assert before.hidden == (HiddenCells("v", 1, 4, 0, 0, 9),)
    after = compare(contract, csv_of("1,2025-01-01,<20", "2,2025-01-02,<20", "3,2025-01-03,30"))
    assert after.hidden == (HiddenCells("v", 2, 3, 1, 4, 19),)


def test_people_of_the_load_before_are_summed(warehouse: Warehouse, compare: Compare) -> None:
    people = {"name": "v", "type": "integer", "role": "concept", "required": True}
    contract = visits_contract(columns=[*COLUMNS[:2], people], load={"mode": "replace"}, concepts="census_concepts")
    ensure_tables(warehouse.con, contract, CITY_ZONE)
    assert compare(contract, csv_of("1,2025-01-01,7", "2,2025-01-02,15")).landed_sums == {}
    assert compare(contract, csv_of("1,2025-01-01,44")).landed_sums == {"v": 22.0}

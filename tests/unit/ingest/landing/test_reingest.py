"""A month that is ingested again has the rows that its kept deliveries give, in their order, under the contract of today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract
from ingest.landing import DeliveryLost, ensure_tables, landing_table
from ingest.landing.loads import contract_fingerprint
from tests.support.visits import CITY_ZONE

MakeContract = Callable[..., Contract]
COLUMNS = [
    {"name": "k", "type": "integer"},
    {"name": "d", "type": "date", "formats": ["%Y-%m-%d"], "required": True},
    {"name": "v"},
]
LOAD = {"mode": "replace_period", "period_column": "d", "period": "day"}
FEBRUARY = "k,d,v\n1,2025-02-28,a\n"
MARCH = "k,d,v\n2,2025-03-01,b\n2,2025-03-01,b\n3,2025-03-31,c\n"
LATE_MARCH = "k,d,v\n3,2025-03-31,C\n4,2025-04-01,d\n"
FIRST, LAST = dt.date(2025, 3, 1), dt.date(2025, 3, 31)


@pytest.fixture
def contract(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, load=LOAD)


@pytest.fixture
def filled(warehouse: Any, contract: Contract) -> Any:
    for text in (FEBRUARY, MARCH, LATE_MARCH):
        warehouse.take(contract, {"f.csv": text})
    return warehouse


def again(warehouse: Any, contract: Contract, first: dt.date = FIRST, last: dt.date = LAST) -> int:
    return warehouse.landing(contract).reingest(first, last)


def ledger(warehouse: Any) -> list[Any]:
    rows: list[Any] = warehouse.con.execute("select * from intake.loads order by all").fetchall()
    return rows


def test_the_same_contract_gives_the_same_rows_and_ledger(filled: Any, contract: Contract) -> None:
    landed, loads = filled.rows("*"), ledger(filled)
    assert again(filled, contract) == 2, "the load of March, and the later one that replaces its last day"
    assert filled.rows("*") == landed
    assert ledger(filled) == loads
    assert ("3", "C") in filled.rows("k, v"), "the later delivery of the day wins, as before"


def test_a_corrected_contract_applies_to_all_kept_deliveries(
    filled: Any, contract: Contract, make_contract: MakeContract
) -> None:
    corrected = make_contract(columns=COLUMNS, load=LOAD | {"duplicates": "drop_exact"})
    ensure_tables(filled.con, corrected, CITY_ZONE)
    assert filled.rows("k") == [("1",), ("2",), ("2",), ("3",), ("4",)]
    assert filled.landing(corrected).restore() == 3, "as the next run does"
    filled.landing(corrected).save()
    assert filled.rows("k") == [("1",), ("2",), ("3",), ("4",)]
    accepted = filled.store.accepted()
    assert {load.contract for load in accepted} == {contract_fingerprint(contract)}, "under which they were accepted"
    counts = filled.counts(corrected, accepted[1].load_id)
    assert (counts.delivered, counts.staged, counts.duplicate, counts.superseded) == (3, 1, 1, 1)
    assert accepted[1].rows_duplicate == 1
    assert filled.landing(corrected).restore() == 0


def test_a_corrected_contract_leaves_landing_as_it_is_while_a_batch_is_damaged(filled: Any, make_contract: MakeContract) -> None:
    corrected = make_contract(columns=COLUMNS, load=LOAD | {"duplicates": "drop_exact"})
    ensure_tables(filled.con, corrected, CITY_ZONE)
    landed, batch = filled.rows("*"), filled.store.batch(filled.store.records()[0].load_id)
    content = batch.read_bytes()
    batch.write_bytes(b"damaged")
    assert filled.landing(corrected).restore() == 0
    assert filled.rows("*") == landed
    batch.write_bytes(content)
    assert filled.landing(corrected).restore() == 3


def test_a_month_without_kept_deliveries_changes_nothing(filled: Any, contract: Contract) -> None:
    landed = filled.rows("*")
    assert again(filled, contract, dt.date(2024, 3, 1), dt.date(2024, 3, 31)) == 0
    assert filled.rows("*") == landed


def test_a_damaged_batch_leaves_landing_as_it_was(filled: Any, contract: Contract) -> None:
    landed = filled.rows("*")
    newest = filled.store.records()[-1]
    filled.store.batch(newest.load_id).write_bytes(b"damaged")
    with pytest.raises(DeliveryLost):
        again(filled, contract)
    assert filled.rows("*") == landed


def test_a_damaged_batch_is_not_taken_for_one_without_rows_of_the_month(filled: Any, contract: Contract) -> None:
    landed, oldest = filled.rows("*"), filled.store.records()[0]
    filled.store.batch(oldest.load_id).write_bytes(b"damaged")
    with pytest.raises(DeliveryLost):
        again(filled, contract, dt.date(2024, 3, 1), dt.date(2024, 3, 31))
    assert filled.rows("*") == landed


def test_an_error_in_between_leaves_landing_as_it_was(filled: Any, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    landed, loads, applied = filled.rows("*"), ledger(filled), landing_table.apply_load

    def fail_at_the_third(batch: Any, load: Any, files: Any) -> None:
        if load.sequence == loads[-1][2]:
            raise duckdb.Error("killed")
        applied(batch, load, files)

    with monkeypatch.context() as broken, pytest.raises(duckdb.Error, match="killed"):
        broken.setattr(landing_table, "apply_load", fail_at_the_third)
        again(filled, contract)
    assert filled.rows("*") == landed
    assert ledger(filled) == loads


def test_an_earlier_delivery_that_is_sent_again_and_fails_leaves_landing_as_it_was(
    filled: Any, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed, loads = filled.rows("*"), ledger(filled)

    def killed(*_: object) -> None:
        raise duckdb.Error("killed")

    with monkeypatch.context() as broken, pytest.raises(duckdb.Error, match="killed"):
        broken.setattr(landing_table, "apply_load", killed)
        filled.take(contract, {"f.csv": FEBRUARY})
    assert filled.rows("*") == landed
    assert ledger(filled) == loads
    filled.landing(contract).restore()  # as the next run does
    assert filled.rows("*") == landed

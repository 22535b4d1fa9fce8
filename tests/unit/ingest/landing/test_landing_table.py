"""Landing that is rebuilt from the kept deliveries equals the landing that was lost with the working warehouse."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.contract import Contract
from ingest.delivery import find_damage, new_load, quarantine_batch
from ingest.landing import DeliveryLost, ensure_tables, prune_deliveries, superseded
from ingest.landing.loads import contract_fingerprint
from tests.support.visits import CITY_ZONE, NOON

MakeContract = Callable[..., Contract]
COLUMNS = [{"name": "k", "type": "integer"}, {"name": "d", "type": "date", "formats": ["%Y-%m-%d"]}, {"name": "v"}]
LOADS: dict[str, dict[str, Any]] = {
    "replace": {"mode": "replace"},
    "merge": {"mode": "merge", "key": ["k"]},
    "replace_period": {"mode": "replace_period", "period_column": "d", "period": "day"},
    "append": {"mode": "append"},
}
FIRST = "k,d,v\n1,2025-01-01,a\n2,2025-01-02,b\nx,2025-01-05,never\n"
SECOND = "k,d,v\n2,2025-01-02,B\n3,2025-01-03,c\n,,\n"
THIRD = "k,d,v\n9,2025-02-01,z\n"


@pytest.fixture
def contract_of(make_contract: MakeContract) -> Callable[[str], Contract]:
    return lambda mode: make_contract(columns=COLUMNS, load=LOADS[mode])


def ledger(warehouse: Any) -> list[Any]:
    rows: list[Any] = warehouse.con.execute("select * from intake.loads order by all").fetchall()
    return rows


def lose(warehouse: Any, contract: Contract) -> None:
    """Empty all tables of the source in the working warehouse."""
    warehouse.con.execute(f'drop table landing."{contract.source}" cascade')
    for table in ("loads", "rejected_rows", "superseded_rows", "superseded_since"):
        warehouse.con.execute(f"delete from intake.{table}")
    ensure_tables(warehouse.con, contract, CITY_ZONE)


def restored(warehouse: Any, contract: Contract) -> int:
    return warehouse.landing(contract).restore()


@pytest.mark.parametrize("mode", LOADS)
def test_landing_and_its_ledger_come_back_as_they_were(warehouse: Any, contract_of: Callable[[str], Contract], mode: str) -> None:
    contract = contract_of(mode)
    for text in (FIRST, SECOND, THIRD, FIRST):  # the first comes again, and is the last word then
        warehouse.take(contract, {"f.csv": text})
    landed, loads = warehouse.rows("*"), ledger(warehouse)
    rejected = warehouse.con.execute("select * from intake.rejected_rows order by all").fetchall()
    lose(warehouse, contract)
    assert restored(warehouse, contract) == 3
    assert warehouse.rows("*") == landed
    assert ledger(warehouse) == loads
    assert warehouse.con.execute("select * from intake.rejected_rows order by all").fetchall() == rejected
    assert restored(warehouse, contract) == 0


def test_an_older_working_warehouse_ingests_what_was_delivered_since(
    warehouse: Any, contract_of: Callable[[str], Contract]
) -> None:
    contract = contract_of("merge")
    warehouse.take(contract, {"f.csv": FIRST})
    warehouse.con.execute("create table old_rows as from landing.dpt__visits; create table old_loads as from intake.loads")
    old = (warehouse.rows("*"), ledger(warehouse))
    warehouse.take(contract, {"f.csv": SECOND})
    new = (warehouse.rows("*"), ledger(warehouse))
    for table, copy in (("landing.dpt__visits", "old_rows"), ("intake.loads", "old_loads")):
        warehouse.con.execute(f"delete from {table}; insert into {table} from {copy}")
    assert (warehouse.rows("*"), ledger(warehouse)) == old
    assert restored(warehouse, contract) == 1
    assert (warehouse.rows("*"), ledger(warehouse)) == new


def test_a_load_that_a_killed_run_only_listed_is_applied_by_the_next(
    warehouse: Any, contract_of: Callable[[str], Contract]
) -> None:
    contract = contract_of("merge")
    warehouse.take(contract, {"f.csv": FIRST})
    delivery = warehouse.deliver(contract, {"f.csv": SECOND})
    load = new_load(delivery, contract_fingerprint(contract), run_id="killed", now=NOON)
    warehouse.store.save_accepted([*warehouse.store.accepted(), load])
    assert restored(warehouse, contract) == 1
    warehouse.landing(contract).save()
    assert [load.rows_in_landing for load in warehouse.store.accepted()] == [1, 2]
    assert warehouse.rows("k, v") == [("1", "a"), ("2", "B"), ("3", "c")]


@pytest.mark.parametrize("listed", [0, 1, 2])
def test_the_loads_of_an_earlier_version_are_listed(warehouse: Any, contract_of: Callable[[str], Contract], listed: int) -> None:
    """It kept them in the working warehouse, and copied them to landed.json at the end of a source."""
    contract, store = contract_of("merge"), warehouse.store
    for text in (FIRST, SECOND):
        warehouse.take(contract, {"f.csv": text})
    accepted, landed = store.accepted(), warehouse.rows("*")
    store.accepted_file.rename(store.folder / "landed.json")
    journal = json.loads((store.folder / "landed.json").read_text())
    (store.folder / "landed.json").write_text(json.dumps(journal[:listed]))
    warehouse.con.execute("update intake.loads set chosen_by = null")
    assert restored(warehouse, contract) == 0
    warehouse.landing(contract).save()
    assert (store.accepted(), warehouse.rows("*")) == (accepted, landed)
    assert not (store.folder / "landed.json").exists()


@pytest.mark.parametrize("mode", LOADS)
def test_an_earlier_delivery_that_is_sent_again_gives_what_its_list_gives(
    warehouse: Any, contract_of: Callable[[str], Contract], mode: str
) -> None:
    contract = contract_of(mode)
    for text in (FIRST, SECOND, THIRD):
        warehouse.take(contract, {"f.csv": text})
    again = warehouse.take(contract, {"f.csv": FIRST})
    assert [load.place for load in warehouse.store.accepted()][-1] == (again.load_id, 4)
    landed, loads = warehouse.rows("*"), ledger(warehouse)
    lose(warehouse, contract)
    restored(warehouse, contract)
    assert (warehouse.rows("*"), ledger(warehouse)) == (landed, loads)


def test_a_load_that_was_delivered_again_and_was_held_back_keeps_its_place(
    warehouse: Any, contract_of: Callable[[str], Contract]
) -> None:
    contract = contract_of("merge")
    warehouse.take(contract, {"f.csv": FIRST})
    warehouse.take(contract, {"f.csv": SECOND})
    landed, loads = warehouse.rows("*"), ledger(warehouse)
    assert warehouse.deliver(contract, {"f.csv": FIRST}).sequence == 3  # and no gate accepted it
    lose(warehouse, contract)
    restored(warehouse, contract)
    assert (warehouse.rows("*"), ledger(warehouse)) == (landed, loads)


def test_a_held_back_delivery_is_not_promoted_by_a_replay(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    contract = contract_of("append")
    warehouse.take(contract, {"f.csv": FIRST})
    warehouse.deliver(contract, {"f.csv": SECOND})  # and no gate accepted it
    landed = warehouse.rows("*")
    lose(warehouse, contract)
    assert restored(warehouse, contract) == 1
    assert warehouse.rows("*") == landed


def test_rows_that_landed_under_an_earlier_contract_are_restored_under_it(warehouse: Any, make_contract: MakeContract) -> None:
    old = make_contract(columns=COLUMNS, load=LOADS["append"])
    new = make_contract(columns=[*COLUMNS, {"name": "w"}], load=LOADS["append"])
    warehouse.take(old, {"f.csv": FIRST})
    ensure_tables(warehouse.con, new, CITY_ZONE)
    warehouse.take(new, {"g.csv": "k,d,v,w\n7,2025-03-01,g,W\n"})
    landed = warehouse.rows("k, d, v, w, _contract")
    assert len({row[-1] for row in landed}) == 2
    lose(warehouse, new)
    restored(warehouse, new)
    assert warehouse.rows("k, d, v, w, _contract") == landed


def test_a_damaged_batch_is_named_and_the_same_delivery_mends_it(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    contract = contract_of("merge")
    warehouse.take(contract, {"f.csv": FIRST})
    warehouse.take(contract, {"f.csv": SECOND})
    landed, loads = warehouse.rows("*"), ledger(warehouse)
    newest = warehouse.store.records()[-1]
    batch = warehouse.store.batch(newest.load_id)
    batch.write_bytes(batch.read_bytes()[:-40] + b"x" * 40)
    lose(warehouse, contract)
    with pytest.raises(DeliveryLost, match=r"landing lacks 2 rows .*batch\.parquet has, and its bytes have changed") as lost:
        restored(warehouse, contract)
    assert warehouse.rows("v") == [("a",), ("b",)]  # what came before it is in
    quarantine_batch(warehouse.store, lost.value.load_id)
    (batch.parent / "accepted.json").write_text("{}")
    second = warehouse.deliver(contract, {"f.csv": SECOND})
    assert (second.load_id, second.sequence) == (newest.load_id, newest.sequence)
    assert (batch.parent / "accepted.json").read_text() == "{}"
    assert restored(warehouse, contract) == 1
    assert (warehouse.rows("*"), ledger(warehouse)) == (landed, loads)


def test_a_batch_without_a_row_left_in_landing_is_not_needed(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    contract = contract_of("replace")
    for text in (FIRST, SECOND, THIRD):
        warehouse.take(contract, {"f.csv": text})
    landed, loads = warehouse.rows("*"), ledger(warehouse)
    removed = prune_deliveries(warehouse.con, contract, warehouse.store, NOON + dt.timedelta(days=91), 90)
    assert removed == [load.load_id for load in warehouse.store.accepted()[:2]]
    lose(warehouse, contract)
    restored(warehouse, contract)
    assert (warehouse.rows("*"), ledger(warehouse)) == (landed, loads)


def test_a_load_whose_batch_is_lost_reports_no_superseded_rows(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    contract = contract_of("merge")
    states = ("1,2025-01-01,a\n2,2025-01-02,b\n3,2025-01-03,c\n", "1,2025-01-01,A\n", "1,2025-01-01,x\n")
    loads = [warehouse.take(contract, {"f.csv": f"k,d,v\n{rows}"}).load_id for rows in states]
    assert superseded.recorded_since(warehouse.con) == {contract.source: 2}
    shutil.rmtree(warehouse.store.folder / loads[1])
    lose(warehouse, contract)
    restored(warehouse, contract)
    assert superseded.recorded_since(warehouse.con) == {contract.source: 3}


def test_what_exists_already_is_not_written_again(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    contract = contract_of("merge")
    assert warehouse.store.accepted() == ()
    warehouse.take(contract, {"f.csv": FIRST})
    path = warehouse.store.accepted_file
    path.write_text(path.read_text() + "\n")
    written = path.read_text()
    warehouse.landing(contract).save()
    assert path.read_text() == written
    assert json.loads(written)[0]["rows_in_landing"] == 2


@pytest.mark.parametrize(
    ("days", "mode", "remaining"),
    [(89, "replace", 3), (91, "replace", 1), (91, "append", 3), (91, "merge", 3)],
)
def test_a_delivery_goes_when_it_is_old_and_no_row_stems_from_it(
    warehouse: Any, contract_of: Callable[[str], Contract], days: int, mode: str, remaining: int
) -> None:
    contract = contract_of(mode)
    for text in (FIRST, SECOND, THIRD):
        warehouse.take(contract, {"f.csv": text})
    prune_deliveries(warehouse.con, contract, warehouse.store, NOON + dt.timedelta(days=days), 90)
    assert len(warehouse.store.records()) == remaining
    assert not list(warehouse.store.folder.glob(".removing-*"))


def test_the_newest_delivery_stays_also_if_it_never_got_in(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    contract = contract_of("replace")
    ensure_tables(warehouse.con, contract, CITY_ZONE)
    warehouse.deliver(contract, {"f.csv": FIRST})
    waiting = warehouse.deliver(contract, {"f.csv": SECOND})
    prune_deliveries(warehouse.con, contract, warehouse.store, NOON + dt.timedelta(days=1000), 90)
    assert [receipt.load_id for receipt in warehouse.store.records()] == [waiting.load_id]


def test_damage_is_reported_for_batches_with_and_without_a_hash(warehouse: Any, contract_of: Callable[[str], Contract]) -> None:
    receipt = warehouse.deliver(contract_of("replace"), {"f.csv": FIRST})
    unhashed = type(receipt)(**{**receipt.__dict__, "batch_sha256": None})
    batch = warehouse.store.batch(receipt.load_id)
    assert find_damage(warehouse.store, receipt) is find_damage(warehouse.store, unhashed) is None
    content = batch.read_bytes()
    pq.write_table(pq.read_table(batch).slice(1), batch)
    assert find_damage(warehouse.store, receipt) == "its bytes have changed since it was written"
    assert find_damage(warehouse.store, unhashed) == "it has 2 of 3 rows"
    batch.write_bytes(content[: len(content) // 2])
    assert find_damage(warehouse.store, unhashed) == "it cannot be read"
    batch.unlink()
    assert find_damage(warehouse.store, receipt) == "it is missing"

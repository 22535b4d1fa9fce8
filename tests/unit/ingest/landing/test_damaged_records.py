"""A damaged record or list of deliveries is written again, or names its file: it never ends in a wrong order of loads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.delivery import RECORD
from ingest.errors import DeliveryError
from ingest.landing import AcceptedLoadsDamaged, DeliveryLost, ensure_tables, last_load
from tests.support.visits import CITY_ZONE

MakeContract = Callable[..., Contract]
COLUMNS = [{"name": "k", "type": "integer"}, {"name": "v"}]
FIRST, SECOND, THIRD = "k,v\n1,a\n2,b\n", "k,v\n2,B\n3,c\n", "k,v\n4,d\n"
DAMAGE = {
    "empty": b"",
    "cut off": b'[{"load_id": "abc", "sequ',
    "text": b"not JSON",
    "another type": b"42",
    "missing keys": b"[{}]",
    "an object": b"{}",
    "wrong types": b'{"source": 1, "sequence": "x", "files": 3}',
    "noise": os.urandom(300),
}
damaged = pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))


@pytest.fixture
def contract(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, load={"mode": "merge", "key": ["k"]})


def promote_all(warehouse: Any, contract: Contract, *texts: str) -> Path:
    """Promote these deliveries; the record of the newest."""
    for text in texts:
        warehouse.take(contract, {"f.csv": text})
    path: Path = warehouse.store.folder / warehouse.store.records()[-1].load_id / RECORD
    return path


def lose(warehouse: Any, contract: Contract) -> None:
    warehouse.con.execute(f'drop table landing."{contract.source}" cascade')
    for table in ("loads", "rejected_rows", "superseded_rows", "superseded_since"):
        warehouse.con.execute(f"delete from intake.{table}")
    ensure_tables(warehouse.con, contract, CITY_ZONE)


@damaged
def test_the_same_delivery_writes_its_damaged_record_again(warehouse: Any, contract: Contract, damage: bytes) -> None:
    record = promote_all(warehouse, contract, FIRST, SECOND)
    before = record.read_text()
    record.write_bytes(damage)
    assert warehouse.store.unreadable() == [record]
    assert len(warehouse.store.records()) == 1
    second = warehouse.deliver(contract, {"f.csv": SECOND})
    assert (last_load(warehouse.con, contract).load_id, 2) == (second.load_id, second.sequence), "nothing is promoted twice"
    assert warehouse.store.unreadable() == []
    assert {line for line in before.splitlines() if "delivered_at" not in line} <= set(record.read_text().splitlines())


@damaged
def test_another_delivery_is_held_back_until_the_record_is_restored(warehouse: Any, contract: Contract, damage: bytes) -> None:
    """The sequence of the damaged one would be given twice."""
    record = promote_all(warehouse, contract, FIRST, SECOND)
    content = record.read_bytes()
    record.write_bytes(damage)
    with pytest.raises(DeliveryError, match=str(record)) as refused:
        warehouse.deliver(contract, {"f.csv": THIRD})
    assert "restore it from a backup, or send that delivery again" in str(refused.value)
    assert not (warehouse.store.folder / ".incoming").exists()
    record.write_bytes(content)
    assert warehouse.deliver(contract, {"f.csv": THIRD}).sequence == 3


def test_a_removed_record_gives_its_sequence_to_no_other_load(warehouse: Any, contract: Contract) -> None:
    record = promote_all(warehouse, contract, FIRST, SECOND)
    record.parent.rename(warehouse.store.folder.parent / "moved away")
    assert warehouse.deliver(contract, {"f.csv": THIRD}).sequence == 3


@damaged
def test_landing_is_not_restored_without_a_needed_record(warehouse: Any, contract: Contract, damage: bytes) -> None:
    record = promote_all(warehouse, contract, FIRST)
    record.write_bytes(damage)
    lose(warehouse, contract)
    with pytest.raises(DeliveryLost, match=f"its record {record} cannot be read"):
        warehouse.landing(contract).restore()


@damaged
def test_a_damaged_list_is_written_again_from_the_warehouse(warehouse: Any, contract: Contract, damage: bytes) -> None:
    promote_all(warehouse, contract, FIRST, SECOND)
    listed = warehouse.store.accepted_file
    before = listed.read_text()
    listed.write_bytes(damage)
    assert warehouse.store.accepted() is None
    assert warehouse.landing(contract).restore() == 0
    warehouse.landing(contract).save()
    assert listed.read_text() == before


@damaged
def test_a_damaged_list_and_a_lost_warehouse_name_the_file(warehouse: Any, contract: Contract, damage: bytes) -> None:
    """Nothing records which deliveries had passed the gate."""
    promote_all(warehouse, contract, FIRST)
    listed = warehouse.store.accepted_file
    listed.write_bytes(damage)
    lose(warehouse, contract)
    with pytest.raises(AcceptedLoadsDamaged, match=str(listed)):
        warehouse.landing(contract).restore()


@pytest.mark.parametrize("damage", [damage for damage in DAMAGE.values() if damage != b"{}"])  # an empty list is one
def test_a_damaged_list_of_files_names_itself(warehouse: Any, contract: Contract, damage: bytes) -> None:
    promote_all(warehouse, contract, FIRST)
    (warehouse.store.folder / "files.json").write_bytes(damage)
    with pytest.raises(DeliveryError, match=r"files\.json: cannot be read; restore it from a backup"):
        warehouse.deliver(contract, {"f.csv": SECOND})

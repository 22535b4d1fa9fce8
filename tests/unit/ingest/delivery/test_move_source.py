"""A source that gets another name keeps landing, history and the keys of its rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import Removal, SourceRemovals, read_removals, save_removals
from ingest.delivery.store import TwoHistories, check_histories, move_sources
from ingest.landing import LandingTable, ensure_tables, last_load
from ingest.typing import record_hash
from tests.support.visits import CITY_ZONE, CONTRACT, NOON
from warehouse.paths import Home

MakeContract = Callable[..., Contract]
OLD, NEW = str(CONTRACT["source"]), "desk__calls"
COLUMNS = [{"name": "k", "type": "integer"}, {"name": "v"}]
LOAD: dict[str, Any] = {"mode": "merge", "key": ["k"]}


@pytest.fixture
def before(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, load=LOAD)


@pytest.fixture
def after(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, load=LOAD, source=NEW, department="desk", formerly=OLD)


@pytest.fixture
def two_loads(warehouse: Any, before: Contract) -> Any:
    """2 was corrected by the second load."""
    warehouse.take(before, {"a.csv": "k,v\n1,a\n2,b\n"})
    warehouse.take(before, {"b.csv": "k,v\n2,B\n3,c\n"})
    return warehouse


def home_of(warehouse: Any) -> Home:
    return Home(warehouse.folder)


def typed(warehouse: Any, source: str) -> list[Any]:
    rows: list[Any] = warehouse.con.execute(f"select k, v, _record_hash, _load_id from typed.{source} order by k").fetchall()
    return rows


def restored(warehouse: Any, contract: Contract) -> LandingTable:
    ensure_tables(warehouse.con, contract, CITY_ZONE)
    landing = LandingTable(warehouse.con, contract, DeliveryStore(warehouse.store.folder.parent, contract.source), CITY_ZONE)
    landing.restore()
    return landing


def test_landing_history_and_row_keys_stay(two_loads: Any, before: Contract, after: Contract) -> None:
    rows, loads = typed(two_loads, OLD), two_loads.store.accepted()
    last = last_load(two_loads.con, before)
    assert [row[:2] for row in rows] == [(1, "a"), (2, "B"), (3, "c")]
    (note,) = move_sources(home_of(two_loads), two_loads.con, [after])
    assert note == f"{OLD} is called {NEW} now; accepted loads that go on under that name: 2"
    landing = restored(two_loads, after)
    assert typed(two_loads, NEW) == rows
    assert [load.place for load in landing.accepted()] == [load.place for load in loads]
    assert {record.source for record in landing.store.records()} == {NEW}
    assert last_load(two_loads.con, after) == last
    assert not two_loads.store.folder.exists()
    left = two_loads.con.execute(
        f"select count(*) from duckdb_tables() where table_name = '{OLD}'"
        f" union all select count(*) from duckdb_views() where view_name = '{OLD}'"
        f" union all select count(*) from intake.loads where source = '{OLD}'"
    ).fetchall()
    assert left == [(0,), (0,), (0,)]
    assert move_sources(home_of(two_loads), two_loads.con, [after]) == []


def test_a_third_load_goes_on_from_them(two_loads: Any, after: Contract) -> None:
    move_sources(home_of(two_loads), two_loads.con, [after])
    restored(two_loads, after)
    two_loads.store = DeliveryStore(two_loads.store.folder.parent, NEW)
    load = two_loads.take(after, {"c.csv": "k,v\n1,A\n4,d\n"})
    assert load.sequence == 3
    assert [row[:2] for row in typed(two_loads, NEW)] == [(1, "A"), (2, "B"), (3, "c"), (4, "d")]


def test_the_same_delivery_is_the_same_load(two_loads: Any, before: Contract, after: Contract) -> None:
    first = two_loads.deliver(before, {"a.csv": "k,v\n9,z\n"}).load_id
    two_loads.store = DeliveryStore(two_loads.folder / "elsewhere", NEW)
    assert two_loads.deliver(after, {"a.csv": "k,v\n9,z\n"}).load_id == first


def test_a_key_is_of_the_first_of_several_names(make_contract: MakeContract, before: Contract) -> None:
    later = make_contract(columns=COLUMNS, load=LOAD, source="hr__calls", department="hr", formerly=[NEW, OLD])
    assert record_hash(later) == record_hash(before)


def test_removals_move_too(two_loads: Any, after: Contract) -> None:
    removal = Removal(removal_id="r", kind="erased", records=1, reason="asked", erased_at=NOON, erased_by="a person")
    save_removals(two_loads.store.folder, SourceRemovals(removals=(removal,)))
    move_sources(home_of(two_loads), two_loads.con, [after])
    assert read_removals(two_loads.store.folder.with_name(NEW)).removals == (removal,)


def test_a_kill_before_the_folder_moved_loses_nothing(two_loads: Any, after: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = typed(two_loads, OLD)
    with monkeypatch.context() as killed:
        killed.setattr("pathlib.Path.rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            move_sources(home_of(two_loads), two_loads.con, [after])
    assert len(move_sources(home_of(two_loads), two_loads.con, [after])) == 1
    restored(two_loads, after)
    assert typed(two_loads, NEW) == rows


def test_two_histories_are_refused_and_the_remedy_joins_them(two_loads: Any, after: Contract) -> None:
    own = DeliveryStore(two_loads.store.folder.parent, NEW)
    old, two_loads.store = two_loads.store, own
    two_loads.take(after.model_copy(update={"formerly": ()}), {"c.csv": "k,v\n4,d\n"})
    two_loads.store = old
    with pytest.raises(
        TwoHistories, match=rf"has formerly: {OLD}, but this home has loads of both.* move the folder {own.folder} out"
    ):
        check_histories(home_of(two_loads), [after])
    shutil.move(own.folder, two_loads.folder / "aside")
    check_histories(home_of(two_loads), [after])
    move_sources(home_of(two_loads), two_loads.con, [after])
    restored(two_loads, after)
    assert [row[:2] for row in typed(two_loads, NEW)] == [(1, "a"), (2, "B"), (3, "c")]

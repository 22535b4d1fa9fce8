"""Random lives of a department's table, asked again and again for what is new: no row is lost, and none is there twice.

Rows arrive, arrive late, are corrected, are written by slow or fast clocks, and are deleted; fetches are promoted, held
back or cut off, and now and then everything is asked for. The plain-Python model below defines what landing must contain.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.connectors import FetchRequest, open_live
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, deliver
from ingest.landing import ensure_tables, read_cursor
from ingest.landing.loads import contract_fingerprint
from tests.support.fuzzing import number_of_examples
from tests.support.visits import CITY_ZONE, HASH_KEY, NOON

MakeContract = Callable[..., Contract]
NewWarehouse = Callable[[], AbstractContextManager[Any]]
START = dt.datetime(2025, 3, 8, 12)  # the night after it has no hour from two to three
LOOKBACK_HOURS = 48
MOST_ACTIONS = 4  # in a round, an hour each
LOADS = {
    "merge": {"mode": "merge", "key": ["k"]},
    "replace_period": {"mode": "replace_period", "period_column": "d", "period": "day"},
    "replace_period with key": {"mode": "replace_period", "period_column": "d", "period": "day", "key": ["k"]},
}
# half of what is written is late
HOURS = st.integers(-LOOKBACK_HOURS, -1) | st.integers(0, 72)
KEYS = st.integers(1, 6)
ACTIONS = (
    st.tuples(st.just("write"), KEYS, HOURS)
    | st.tuples(st.just("write"), KEYS, HOURS)
    | st.tuples(st.just("write without time"), KEYS, st.just(0))
    | st.tuples(st.just("delete"), KEYS, st.just(0))
)
ENDS = st.sampled_from(["take"] * 5 + ["hold back", "take everything", "change the contract and take"])
ROUNDS = st.lists(st.tuples(st.lists(ACTIONS, min_size=1, max_size=MOST_ACTIONS), ENDS), min_size=3, max_size=7)


@dataclass
class Life:
    """The department's table, and what landing must hold of it. Rows are k → (time, version)."""

    periods: bool
    origin: dict[int, tuple[dt.datetime | None, int]] = field(default_factory=dict)
    landing: dict[int, tuple[dt.datetime | None, int]] = field(default_factory=dict)
    clock: dt.datetime = START
    version: int = 0

    def newest(self, hours_on: int = 0) -> dt.datetime | None:
        """The newest time in landing that a reader believes now, or will in some hours: a fast clock's comes true by and by."""
        until = self.clock + dt.timedelta(hours=hours_on)
        return max((at for at, _ in self.landing.values() if at is not None and at <= until), default=None)

    def act(self, what: str, key: int, hours: int) -> None:
        """Something happens to the table."""
        # late is as late as the look-back allows, seen from the newest row that will have landed when the round is fetched
        newest = self.newest(MOST_ACTIONS)
        at = (newest or self.clock) + dt.timedelta(hours=hours)
        old = self.origin.get(key)
        reached = newest is None or (old is not None and old[0] is not None and old[0] >= self.floor(newest))
        self.version += 1
        if what == "write without time" and not self.periods:
            self.origin[key] = (None, self.version)
        elif what == "write" and (old is None or not self.periods):
            self.origin[key] = (at, self.version)
        elif what == "write" and old is not None and reached:
            self.origin[key] = (old[0], self.version)
        elif what == "delete" and (reached or not self.periods):
            self.origin.pop(key, None)
        self.clock += dt.timedelta(hours=1)

    def floor(self, newest: dt.datetime) -> dt.datetime:
        """From where on rows are asked for."""
        floor = newest - dt.timedelta(hours=LOOKBACK_HOURS)
        return floor.replace(hour=0) if self.periods else floor

    def take(self, everything: bool) -> None:
        """Everything that the table holds gets in; what was deleted goes if it was asked for again."""
        if everything or self.periods:
            self.landing = dict(self.origin)
        else:
            self.landing |= self.origin


class Department:
    """The same table for real: SQLite, the connector, the batch on disk, landing."""

    def __init__(self, contracts: list[Contract], warehouse: Any) -> None:
        self.contracts, self.warehouse = contracts, warehouse
        self.path: Path = warehouse.folder / "department.db"
        ensure_tables(warehouse.con, contracts[0], CITY_ZONE)

    def deliver(self, life: Life, which: int, everything: bool) -> Any:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("drop table if exists visits")
            database.execute("create table visits (k, d, v)")
            rows = [(k, at and at.isoformat(sep=" "), f"v{version}") for k, (at, version) in life.origin.items()]
            database.executemany("insert into visits values (?, ?, ?)", rows)
            database.commit()
        contract, con = self.contracts[which], self.warehouse.con
        since = None if everything else read_cursor(con, contract, CITY_ZONE, life.clock)
        origin = open_live(contract, FetchRequest({"DPT_URL": f"sqlite:///{self.path}"}, self.warehouse.folder, since))
        assert origin is not None
        return deliver(contract, origin, self.warehouse.store, HASH_KEY, NOON, DeliveryOptions(live=True, since=since))

    def landed_otherwise(self, which: int) -> bool:
        """Whether any row landed under another contract than this one."""
        query = "select count(*) from landing.dpt__visits where _contract <> ?"
        return bool(self.warehouse.con.execute(query, [contract_fingerprint(self.contracts[which])]).fetchone()[0])

    def landed(self) -> list[tuple[Any, ...]]:
        return list(self.warehouse.con.execute("select k, d, v from landing.dpt__visits order by all").fetchall())


@pytest.mark.parametrize("mode", LOADS)
def test_no_row_is_lost_and_none_is_there_twice(make_contract: MakeContract, new_warehouse: NewWarehouse, mode: str) -> None:
    contracts = [
        make_contract(
            connector={
                "kind": "database", "credentials_env": "DPT_URL", "table": "visits", "cursor": "d",
                "lookback": f"{LOOKBACK_HOURS} hours",
            },
            columns=[{"name": "k", "type": "integer"}, {"name": "d", "type": "timestamp"}, {"name": "v", "null_tokens": tokens}],
            load=LOADS[mode],
        )
        for tokens in ({}, {"-": "not_collected"})
    ]  # fmt: skip

    @settings(max_examples=number_of_examples(8), deadline=None)
    @given(ROUNDS)
    def holds(rounds: list[tuple[list[tuple[str, int, int]], str]]) -> None:
        life, which = Life(periods=mode != "merge"), 0
        with new_warehouse() as warehouse:
            department = Department(contracts, warehouse)
            for actions, end in rounds:
                for action in actions:
                    life.act(*action)
                which = 1 - which if end == "change the contract and take" else which
                everything = end == "take everything"
                whole = everything or life.newest() is None or department.landed_otherwise(which)
                before = department.landed()
                receipt = department.deliver(life, which, everything)
                assert receipt.whole == whole
                if end == "hold back":
                    assert department.landed() == before
                    continue
                warehouse.promote(contracts[which], receipt)
                life.take(whole)
                assert department.landed() == sorted(
                    ((str(k), at and at.isoformat(sep=" "), f"v{version}") for k, (at, version) in life.landing.items()),
                    key=lambda row: row[0],
                )

    holds()

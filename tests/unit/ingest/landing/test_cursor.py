"""Asking for what is new: how far back, from which moment of which clock, and when everything is asked for again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.landing import read_cursor
from tests.support.visits import CITY_ZONE

MakeContract = Callable[..., Contract]
NOW = dt.datetime(2025, 12, 1, 12)


def with_cursor(make_contract: MakeContract, lookback: str = "2 days", **at: Any) -> Contract:
    """A contract whose column `at` is the cursor."""
    load = at.pop("load", {"mode": "merge", "key": ["a"]})
    return make_contract(
        connector={"kind": "database", "credentials_env": "DPT_URL", "table": "visits", "cursor": "at", "lookback": lookback},
        columns=[{"name": "a"}, {"name": "at", "type": "timestamp", **at}],
        load=load,
    )


def landed(warehouse: Any, contract: Contract, *times: str) -> Any:
    """The cursor after these times have landed."""
    rows = "".join(f"{number},{time}\n" for number, time in enumerate(times))
    warehouse.take(contract, {"visits.csv": "a,at\n" + rows})
    since = read_cursor(warehouse.con, contract, CITY_ZONE, NOW)
    return since.value if since else None


def test_without_a_cursor_everything_is_asked_for(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract()
    warehouse.take(contract, {"visits.csv": "A,B\n1,2\n"})
    assert read_cursor(warehouse.con, contract, CITY_ZONE, NOW) is None


@pytest.mark.parametrize(
    ("lookback", "since"),
    [
        ("30 minutes", "2025-11-20 08:30:00"),
        ("1 hour", "2025-11-20 08:00:00"),
        ("2 days", "2025-11-18 09:00:00"),
        ("1 week", "2025-11-13 09:00:00"),
        ("0 days", "2025-11-20 09:00:00"),
    ],
)
def test_the_look_back_is_taken_off(warehouse: Any, make_contract: MakeContract, lookback: str, since: str) -> None:
    found = landed(warehouse, with_cursor(make_contract, lookback), "2025-11-20 09:00", "2025-11-19 23:00", "")
    assert found == dt.datetime.fromisoformat(since)


def test_a_time_in_the_future_moves_nothing(warehouse: Any, make_contract: MakeContract) -> None:
    """A year typed wrong would keep a source from ever being asked for anything new again."""
    found = landed(warehouse, with_cursor(make_contract), "2052-11-20 09:00", "2025-11-20 09:00", "2025-12-01 12:00:01")
    assert found == dt.datetime(2025, 11, 18, 9)


@pytest.mark.parametrize("times", [[], ["", "soon"], ["2052-11-20 09:00"]], ids=["nothing", "no times", "only later"])
def test_without_a_usable_time_everything_is_asked_for(warehouse: Any, make_contract: MakeContract, times: list[str]) -> None:
    assert landed(warehouse, with_cursor(make_contract), *times) is None


def test_rows_that_landed_under_another_contract_are_asked_for_again(warehouse: Any, make_contract: MakeContract) -> None:
    """A column that the contract names since then is empty in them."""
    assert landed(warehouse, with_cursor(make_contract), "2025-11-20 09:00") is not None
    contract = with_cursor(make_contract, formats=["%Y-%m-%d %H:%M"])
    assert read_cursor(warehouse.con, contract, CITY_ZONE, NOW) is None


@pytest.mark.parametrize(
    ("zone", "delivered", "since"),
    [
        (None, "2025-07-20 09:00", "2025-07-20 08:00:00"),
        ("UTC", "2025-07-20 09:00", "2025-07-20 08:00:00"),
        (None, "2025-07-20 09:00:00Z", "2025-07-20 03:00:00"),
        # the hour from one to two comes twice on 2025-11-02: it is asked for from before its first beginning
        (None, "2025-11-02 02:30", "2025-11-02 00:30:00"),
        (None, "2025-11-02 03:30", "2025-11-02 02:30:00"),
    ],
    ids=["city", "UTC", "instant", "twice", "after it"],
)
def test_the_moment_is_one_of_the_sources_own_clock(
    warehouse: Any, make_contract: MakeContract, zone: str | None, delivered: str, since: str
) -> None:
    contract = with_cursor(make_contract, "1 hour", timezone=zone)
    assert landed(warehouse, contract, delivered) == dt.datetime.fromisoformat(since)
    request = read_cursor(warehouse.con, contract, CITY_ZONE, NOW)
    assert request is not None and request.zone == (zone or CITY_ZONE)


@pytest.mark.parametrize(
    ("period", "since"),
    [("day", "2025-11-18"), ("month", "2025-11-01"), ("quarter", "2025-10-01"), ("year", "2025-01-01")],
)
def test_periods_are_asked_for_whole(warehouse: Any, make_contract: MakeContract, period: str, since: str) -> None:
    """A period that is replaced by half of its rows has lost the other half."""
    load = {"mode": "replace_period", "period_column": "at", "period": period}
    assert landed(warehouse, with_cursor(make_contract, load=load), "2025-11-20 09:00") == dt.datetime.fromisoformat(since)
    contract = with_cursor(make_contract, load=load, type="date")
    warehouse.con.execute("delete from landing.dpt__visits")
    assert landed(warehouse, contract, "2025-11-20") == dt.date.fromisoformat(since)


def test_a_number_looks_back_by_a_number(warehouse: Any, make_contract: MakeContract) -> None:
    assert landed(warehouse, with_cursor(make_contract, "1000", type="integer"), "5000", "7", "") == 4000

"""Of several states of one record the newest is loaded: by its date or the age of its file, never by the file's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.landing import find_rival_states

MakeContract = Callable[..., Contract]
COLUMNS = [{"name": "k", "type": "integer"}, {"name": "d", "type": "date"}, {"name": "v"}]


@pytest.fixture
def contract_of(make_contract: MakeContract) -> Callable[..., Contract]:
    """A contract of load mode merge, with other load keys."""
    return lambda mode, **load: make_contract(columns=COLUMNS, load={"mode": mode, "key": ["k"]} | load)


def rows(*records: str) -> str:
    return "\n".join(["k,d,v", *records, ""])


@pytest.mark.parametrize(
    ("mode", "order_by"),
    [
        ("merge", ["_source_file", "_source_row"]),
        ("merge", ["d"]),
        ("replace", ["_source_row"]),
        ("replace_period with key", ["d"]),
    ],
)
def test_the_name_of_a_file_never_puts_an_older_state_over_a_newer_one(
    warehouse: Any, make_contract: MakeContract, mode: str, order_by: list[str]
) -> None:
    """The older file has the later name, and stays in the folder."""
    loads = {"merge": {"mode": "merge"}, "replace": {"mode": "replace"}}
    load = loads.get(mode, {"mode": "replace_period", "period_column": "d", "period": "year"}) | {
        "key": ["k"],
        "order_by": order_by,
    }
    contract = make_contract(columns=COLUMNS, load=load)
    december = {"calls_december.csv": rows("1,2025-01-01,older", "2,2025-01-01,only")}
    warehouse.take(contract, december)
    warehouse.take(contract, december | {"calls_august.csv": rows("1,2025-01-01,newer")})
    assert warehouse.rows("k, v") == [("1", "newer"), ("2", "only")]


def test_a_file_that_stays_in_the_folder_does_not_undo_a_later_load(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract, first = contract_of("merge"), {"a.csv": rows("1,,first", "2,,only")}
    warehouse.take(contract, first)
    warehouse.take(contract, {"b.csv": rows("1,,second")})
    warehouse.take(contract, first | {"c.csv": rows("3,,new")})
    assert warehouse.rows("k, v") == [("1", "second"), ("2", "only"), ("3", "new")]


def test_names_of_files_may_date_their_states(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of("merge", release={"file_name": r"_(\d+)\."})
    files = {"calls_9.csv": rows("1,,older"), "calls_10.csv": rows("1,,newer")}
    receipt = warehouse.deliver(contract, files)
    assert find_rival_states(warehouse.batch(contract, receipt)) == ()
    warehouse.promote(contract, receipt)
    assert warehouse.rows("v") == [("newer",)]


@pytest.mark.parametrize(
    ("order_by", "a", "b", "rivals"),
    [
        (None, ["1,,x"], ["1,,y"], ("a.csv", "b.csv")),
        (None, ["1,,x", "1,,y"], ["1,,y", "2,,z"], ()),
        (None, ["1,,x"], ["2,,y"], ()),
        (["d"], ["1,2025-01-01,x"], ["1,2025-01-02,y"], ()),
        (["d"], ["1,2025-01-02,x"], ["1,2025-01-02,y"], ("a.csv", "b.csv")),
        (["d"], ["1,2025-01-01,x", "1,2025-01-03,z"], ["1,2025-01-01,y"], ()),
    ],
)  # fmt: skip
def test_files_with_states_that_nothing_dates_are_rivals(
    warehouse: Any,
    contract_of: Callable[..., Contract],
    order_by: list[str] | None,
    a: list[str],
    b: list[str],
    rivals: tuple[str, ...],
) -> None:
    contract = contract_of("merge", **({"order_by": order_by} if order_by else {}))
    receipt = warehouse.deliver(contract, {"a.csv": rows(*a), "b.csv": rows(*b)})
    assert find_rival_states(warehouse.batch(contract, receipt)) == rivals

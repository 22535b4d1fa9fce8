"""Socrata: rows that leave out what is empty, a hidden app token, and incremental fetching."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from ingest.connectors import CursorPosition
from ingest.contract import Contract
from ingest.errors import DeliveryError
from tests.support.portals import FakeSocrata, status
from tests.unit.ingest.connectors.conftest import Live

MakeContract = Callable[..., Contract]
TOKEN = "hunter2"
COLUMNS = [{"name": "k", "from": "K"}, {"name": "at", "from": "AT", "type": "timestamp", "timezone": "America/Chicago"}]


def keys(portal: FakeSocrata, **more: Any) -> dict[str, Any]:
    return {"connector": {"kind": "socrata", "base_url": portal.url, "resource": "abcd-1234", **more}}


def test_a_column_that_no_row_has_is_not_missing(socrata: FakeSocrata, make_contract: MakeContract, read_live: Live) -> None:
    socrata.load([{"A": "1", "B": None}, {"A": "2", "B": None}])
    (table,) = read_live(make_contract(**keys(socrata)))
    assert (table.rows, table.missing) == ([("1", None), ("2", None)], ())


def test_columns_that_the_portal_computes_are_none_of_the_deliverys(
    socrata: FakeSocrata, make_contract: MakeContract, read_live: Live
) -> None:
    socrata.load([{"A": "1", "B": "2"}])
    (table,) = read_live(make_contract(**keys(socrata)))
    assert table.header == ("A", "B")


def test_pages_are_asked_for_in_a_stable_order(socrata: FakeSocrata, make_contract: MakeContract, read_live: Live) -> None:
    """Without one, Socrata gives rows in any order, and pages repeat some and lose others."""
    socrata.load([{"A": str(number), "B": ""} for number in range(25)])
    socrata.most = 10
    read_live(make_contract(**keys(socrata)))
    pages = [request for request in socrata.asked if "offset" in request.query_string.decode()]
    assert len(pages) > 3
    assert {request.args["$order"] for request in pages} == {":id"}


def test_the_app_token_goes_into_a_header_and_nowhere_else(
    socrata: FakeSocrata, make_contract: MakeContract, read_live: Live
) -> None:
    socrata.load([{"A": "1", "B": "2"}])
    contract = make_contract(**keys(socrata, credentials_env="DPT_TOKEN"))
    read_live(contract, environment={"DPT_TOKEN": TOKEN})
    assert {request.headers.get("X-App-Token") for request in socrata.asked} == {TOKEN}
    assert not any(TOKEN in request.url for request in socrata.asked)
    socrata.faults = [status(403, TOKEN)]
    with pytest.raises(DeliveryError) as error:
        read_live(contract, environment={"DPT_TOKEN": TOKEN})
    assert TOKEN not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("token", [None, "", "two\nlines", " hunter2"])
def test_a_token_that_is_none_is_reported_by_its_name(
    socrata: FakeSocrata, make_contract: MakeContract, read_live: Live, token: str | None
) -> None:
    environment = {} if token is None else {"DPT_TOKEN": token}
    with pytest.raises(DeliveryError, match="DPT_TOKEN is not set, or its value is no app token; set DPT_TOKEN") as error:
        read_live(make_contract(**keys(socrata, credentials_env="DPT_TOKEN")), environment=environment)
    assert "hunter2" not in str(error.value) and socrata.asked == []


@pytest.mark.parametrize(
    ("kind", "moment"),
    [("calendar_date", "2025-07-01T12:00:00"), ("fixed_timestamp", "2025-07-01T17:00:00Z")],
    ids=["wall clock", "instant"],
)
def test_what_is_new_is_asked_for_with_what_has_no_time(
    socrata: FakeSocrata, make_contract: MakeContract, read_live: Live, kind: str, moment: str
) -> None:
    times = ["2025-07-01T11:59:59", "2025-07-01T12:00:00", None, "2025-07-02T00:00:00"]
    if kind == "fixed_timestamp":
        times = ["2025-07-01T16:59:59Z", "2025-07-01T17:00:00Z", None, "2025-07-02T00:00:00Z"]
    socrata.load([{"K": str(number), "AT": time} for number, time in enumerate(times)])
    socrata.fields["AT"] = kind
    contract = make_contract(
        **keys(socrata, cursor="at", lookback="1 day"), columns=COLUMNS, load={"mode": "merge", "key": ["k"]}
    )
    since = CursorPosition(contract.column("at"), dt.datetime(2025, 7, 1, 12), "America/Chicago")
    (table,) = read_live(contract, since=since)
    assert [row[0] for row in table.rows] == ["1", "2", "3"]
    assert any(f">= '{moment}' or" in request.args.get("$where", "") for request in socrata.asked)


def test_a_cursor_that_does_not_exist_is_reported(socrata: FakeSocrata, make_contract: MakeContract, read_live: Live) -> None:
    socrata.load([{"K": "1", "changed": "2025-07-01T12:00:00"}])
    contract = make_contract(
        **keys(socrata, cursor="at", lookback="1 day"), columns=COLUMNS, load={"mode": "merge", "key": ["k"]}
    )
    since = CursorPosition(contract.column("at"), dt.datetime(2025, 7, 1, 12), "America/Chicago")
    with pytest.raises(
        DeliveryError, match="it has no column AT, which is the cursor; ask the steward for the column's new name"
    ):
        read_live(contract, since=since)


@pytest.mark.parametrize("answer", ["{}", "[]", '[{"count": null}]', '"x"', "[[]]"])
def test_an_answer_that_is_not_socratas_is_reported(
    socrata: FakeSocrata, make_contract: MakeContract, read_live: Live, answer: str
) -> None:
    socrata.load([{"A": "1", "B": "2"}])
    for before in (0, 1):
        socrata.faults = [None] * before + [status(200, answer, Content_Type="application/json")]
        with pytest.raises(DeliveryError, match=r"its answer has no (list of columns|number of rows); check that base_url"):
            read_live(make_contract(**keys(socrata)))

"""The view behind typed.<source>: which rows it holds, the columns it has, and the record hash."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.typing import accepted_rows, record_hash, rejection, required_columns

MakeContract = Callable[..., Contract]
Row = dict[str, Any]
ZONE = "America/Chicago"
NO_LOAD = "1 as _load_id, 1 as _source_file, 1 as _source_row"
COLUMNS = [
    {"name": "number", "type": "integer", "role": "key"},
    {"name": "opened_at", "type": "timestamp", "role": "event_time"},
    {"name": "fee", "type": "decimal", "currency": "USD", "null_tokens": {"*": "suppressed_at_source"}},
    {"name": "channel", "values": ["desk", "phone"]},
    {"name": "note", "null_tokens": {"null": "declined"}},
    {"name": "race", "role": "race", "vocabulary": "eeo4_hr", "null_tokens": {"Unknown": "declined"}},
    {"name": "dimension", "required": True},
    {"name": "phone", "privacy": "direct_identifier"},
]
LOAD = {"mode": "replace_period", "period_column": "opened_at", "period": "day", "key": ["number"]}
GOOD = {
    "number": "1.0",
    "opened_at": "2025-11-30 08:00:00",
    "fee": "$5",
    "channel": "desk",
    "note": " by hand ",
    "race": " White ",
    "dimension": "all",
}


@pytest.fixture
def contract(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, load=LOAD)


@pytest.fixture
def view(con: DuckDBPyConnection, contract: Contract) -> Callable[[Row], list[Row]]:
    """The rows that the view shows of one good row with some cells changed."""

    def rows(changes: Row) -> list[Row]:
        cells = GOOD | changes
        values = ", ".join(f'cast(? as varchar) as "{name}"' for name in cells)
        con.execute(
            f"create or replace temp table landed as select {values}, "
            "'load' as _load_id, 'f.csv' as _source_file, 7 as _source_row",
            list(cells.values()),
        )
        result = con.execute(accepted_rows(contract, "landed", ZONE))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return rows


def test_a_good_row(view: Callable[[Row], list[Row]]) -> None:
    (row,) = view({})
    assert row.pop("_record_hash") == hashlib.md5(b"dpt__visits\x1f1.0").hexdigest()
    assert row == {
        "number": 1,
        "opened_at": dt.datetime(2025, 11, 30, 8),
        "fee": 5,
        "fee_missing_reason": None,
        "channel": "desk",
        "channel_missing_reason": None,
        "note": "by hand",
        "note_missing_reason": None,
        "race": " White ",
        "dimension": "all",
        "_load_id": "load",
        "_source_file": "f.csv",
        "_source_row": 7,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fee": ""}, {"fee": None, "fee_missing_reason": "not_collected"}),
        ({"fee": None}, {"fee": None, "fee_missing_reason": "not_collected"}),
        ({"fee": "*"}, {"fee": None, "fee_missing_reason": "suppressed_at_source"}),
        ({"fee": "free"}, {"fee": None, "fee_missing_reason": "invalid"}),
        ({"channel": "mail"}, {"channel": None, "channel_missing_reason": "invalid"}),
        ({"note": "null"}, {"note": None, "note_missing_reason": "declined"}),
        ({"note": "  "}, {"note": None, "note_missing_reason": "not_collected"}),
        # labels stay as sent: the crosswalk decides what is missing
        ({"race": "Unknown"}, {"race": "Unknown"}),
        ({"race": ""}, {"race": ""}),
        ({"race": None}, {"race": ""}),
    ],
    ids=str,
)
def test_an_optional_cell_without_a_value_has_a_reason(view: Callable[[Row], list[Row]], changes: Row, expected: Row) -> None:
    (row,) = view(changes)
    (before,) = view({})
    changed = {name: value for name, value in row.items() if value != before[name]}
    assert changed == {name: value for name, value in expected.items() if value != before[name]}
    assert row.items() >= expected.items()


@pytest.mark.parametrize(
    "changes",
    [
        {"number": ""},
        {"number": "one"},
        {"number": "1.5"},
        {"opened_at": None},
        {"opened_at": "2025-13-01"},
        {"dimension": " "},
        {"dimension": None},
    ],
    ids=str,
)
def test_a_row_without_key_period_or_required_cell_is_refused(view: Callable[[Row], list[Row]], changes: Row) -> None:
    assert view(changes) == []


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({}, None, None),
        ({"number": ""}, "number", "missing"),
        ({"number": "x", "dimension": ""}, "number", "invalid"),
        ({"dimension": ""}, "dimension", "missing"),
    ],
    ids=str,
)
def test_the_reason_of_a_refusal(
    con: DuckDBPyConnection, contract: Contract, changes: Row, column: str | None, reason: str | None
) -> None:
    cells = GOOD | changes
    values = ", ".join(f'cast(? as varchar) as "{name}"' for name in cells)
    refused = f"select {rejection(required_columns(contract), ZONE)} as rejection from (select {values})"
    found = con.execute(f'select rejection."column", rejection.reason_code from ({refused})', list(cells.values()))
    assert found.fetchone() == (column, reason)


def test_without_required_columns_nothing_is_refused(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    assert required_columns(make_contract()) == ()
    assert con.execute(f"select {rejection((), ZONE)}").fetchone() == (None,)
    rows = f"(select null as a, null as b, {NO_LOAD})"
    assert con.execute(f"select count(*) from ({accepted_rows(make_contract(), rows, ZONE)})").fetchone() == (1,)


def test_required_columns_are_key_period_and_those_of_the_contract(contract: Contract) -> None:
    assert [column.name for column in required_columns(contract)] == ["number", "opened_at", "dimension"]


def test_without_a_key_the_record_hash_covers_every_kept_column(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    contract = make_contract(columns=[{"name": "a"}, {"name": "b"}, {"name": "phone", "privacy": "direct_identifier"}])
    rows = "(values (' x ', null), ('x', ''), ('x', 'y'), ('', 'x')) as t(a, b)"
    found = [row[0] for row in con.execute(f"select {record_hash(contract)} from {rows}").fetchall()]
    assert found[0] == found[1] == hashlib.md5(b"dpt__visits\x1fx\x1f").hexdigest()
    assert len(set(found)) == 3


def test_a_label_may_be_required_and_a_key(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    """As the school groups are: the label stays as sent, and a row without one is refused."""
    contract = make_contract(
        columns=[
            {"name": "dimension", "required": True},
            {"name": "label", "required": True, "role": "group", "vocabulary": {"by": "dimension", "Race": "dpi_wisedash"}},
        ],
        load={"mode": "merge", "key": ["dimension", "label"]},
    )
    rows = f"(select *, {NO_LOAD} from (values ('Race', ' White'), ('Race', ' ')) as t(dimension, label))"
    assert con.execute(f"select dimension, label from ({accepted_rows(contract, rows, ZONE)})").fetchall() == [("Race", " White")]

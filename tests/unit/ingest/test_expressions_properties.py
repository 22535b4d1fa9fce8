"""Whatever text comes: no cell is silently wrong, and each is exactly one of missing, invalid and typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.contract import Contract
from ingest.landing.tables import rejected_rows, rejected_values
from ingest.typing import (
    accepted_rows,
    can_be_invalid,
    invalid_condition,
    invalid_flag,
    missing_condition,
    missing_flag,
    read_cells,
    required_columns,
    typed_cell,
    typed_expression,
)
from tests.support.fuzzing import number_of_examples

MakeContract = Callable[..., Contract]
Typed = Callable[[list[str], dict[str, Any]], list[Any]]
CHICAGO = "America/Chicago"
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "chosen": {"values": ["desk", "phone"]},
    "tokens": {"type": "integer", "null_tokens": {"*": "suppressed_at_source", "": "not_asked", "O'K": "declined"}},
    "whole": {"type": "integer", "min": 0, "max": 100},
    "real": {"type": "decimal"},
    "german": {"type": "decimal", "decimal": ",", "thousands": "."},
    "money": {"type": "decimal", "currency": "USD", "thousands": ","},
    "flag": {"type": "boolean"},
    "day": {"type": "date", "min": dt.date(2000, 1, 1)},
    "us_day": {"type": "date", "formats": ["%m/%d/%Y", "%m/%d/%y"]},
    "moment": {"type": "timestamp", "max": dt.date(2100, 1, 1)},
    "utc": {"type": "timestamp", "timezone": "UTC"},
    "us_moment": {"type": "timestamp", "formats": ["%m/%d/%Y %I:%M:%S %p"], "timezone": "America/New_York"},
    "instant": {"type": "timestamp", "formats": ["%Y-%m-%dT%H:%M:%S%z"]},
    "place": {"type": "geometry"},
}
# Characters that numbers and times are made of, so that texts come close to being some.
NEAR = st.text(alphabet="0123456789.,-+()$€ eE_xZT:/UCAPM\t\n", max_size=24)
TRAPS = """nan NaN inf -inf infinity epoch true no 0x1F 1e400 1e-400 -0 +-5 () $ - 9999-12-31 290309-12-22(BC) 2025-02-30 24:00:00
    2025-11-02T01:30:00-05:00 2025-03-09T02:30:00 294247-01-10T00:00:00Z 99999999999999999999 9223372036854775808 ' " ; -- null"""
WORDS = st.sampled_from(TRAPS.split())
GOOD = st.sampled_from(["1", "0", "1.0", "1e0"])
ANY = st.text(max_size=30) | NEAR | WORDS
SETTINGS = settings(max_examples=number_of_examples(60), deadline=None)
FEWER = settings(max_examples=number_of_examples(15), deadline=None)


@pytest.fixture(scope="module")
def database() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        yield connection


@pytest.fixture(scope="module")
def typed(database: DuckDBPyConnection, make_contract: MakeContract) -> Typed:
    """The typed values of cells, in their order; None where missing or invalid."""

    def values(texts: list[str], keys: dict[str, Any]) -> list[Any]:
        (column,) = make_contract(columns=[{"name": "x", **keys}]).columns
        sql = f"select case when not {invalid_condition(column, CHICAGO)} then {typed_expression(column, CHICAGO)} end"
        found = database.execute(f"{sql} from (select unnest(?::varchar[]) as x)", [texts]).fetchall()
        return [value for (value,) in found]

    return values


@given(texts=st.lists(ANY, min_size=1, max_size=20))
@FEWER
def test_each_cell_is_missing_or_invalid_or_typed(
    database: DuckDBPyConnection, make_contract: MakeContract, texts: list[str]
) -> None:
    columns = make_contract(columns=[{"name": name, **keys} for name, keys in KINDS.items()]).columns
    states = ", ".join(
        f"({missing_condition(c)})::int + ({invalid_condition(c, CHICAGO)})::int "
        f"+ (not {invalid_condition(c, CHICAGO)} and {typed_expression(c, CHICAGO)} is not null)::int"
        for c in columns
    )
    cells = ", ".join(f'x as "{c.name}"' for c in columns)
    for row in database.execute(
        f"select {states} from (select {cells} from (select unnest(?::varchar[]) as x))", [texts]
    ).fetchall():
        assert row == (1,) * len(columns)


@given(texts=st.lists(ANY | GOOD | st.none(), min_size=1, max_size=20))
@example(
    texts=[
        "desk ",
        " desk",
        "\u00a0desk",
        "desk\u00a0",
        "\tdesk",
        " é ",
        "1 ",
        " ",
        "",
        None,
        "*",
        "2025-01-02T03:04:05-06",
        "epoch",
    ]
)
@FEWER
def test_cells_read_in_layers_are_those_that_are_read_one_by_one(
    database: DuckDBPyConnection, make_contract: MakeContract, texts: list[str | None]
) -> None:
    columns = make_contract(columns=[{"name": name, **keys} for name, keys in KINDS.items()]).columns
    names = ", ".join(f'x as "{c.name}"' for c in columns)
    cells = f"(select {names} from (select unnest(?::varchar[]) as x))"
    one_by_one = ", ".join(
        f"({missing_condition(c)}), {typed_expression(c, CHICAGO)}"
        + (f", ({invalid_condition(c, CHICAGO)})" if can_be_invalid(c) else "")
        for c in columns
    )
    layers = ", ".join(
        f"{missing_flag(c)}, {typed_cell(c)}" + (f", {invalid_flag(c)}" if can_be_invalid(c) else "") for c in columns
    )
    found = database.execute(f"select {layers} from {read_cells(columns, cells, CHICAGO)}", [texts]).fetchall()
    assert found == database.execute(f"select {one_by_one} from {cells}", [texts]).fetchall()


@given(texts=st.lists(ANY | GOOD | st.none(), min_size=1, max_size=20))
@FEWER
def test_no_text_breaks_the_views(database: DuckDBPyConnection, make_contract: MakeContract, texts: list[str | None]) -> None:
    """Every row is accepted or refused, and every emptied cell is reported, whatever it contains."""
    contract = make_contract(
        columns=[{"name": name, **keys, "required": name in ("plain", "flag")} for name, keys in KINDS.items()],
        load={"mode": "replace", "key": ["real"]},
    )
    rotated = ", ".join(f't[1 + (n + {at // 3}) % len(t)] as "{name}"' for at, name in enumerate(KINDS))
    database.execute(
        f"create or replace temp table cells as select {rotated}, 'l' as _load_id, 'f' as _source_file, n as _source_row "
        "from (select ?::varchar[] as t), range(?) as r(n)",
        [texts, len(texts)],
    )
    result = database.execute(accepted_rows(contract, "cells", CHICAGO))
    reasons = [at for at, column in enumerate(result.description or ()) if column[0].endswith("_missing_reason")]
    accepted = result.fetchall()
    refused = database.execute(rejected_rows(contract, required_columns(contract), "cells", CHICAGO)).fetchall()
    assert len(accepted) + len(refused) == len(texts)
    rejections = rejected_values(contract, "cells", CHICAGO)
    assert rejections is not None
    assert sum(row[at] == "invalid" for row in accepted for at in reasons) == len(database.execute(rejections).fetchall())


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@SETTINGS
def test_whole_numbers_come_back(typed: Typed, numbers: list[int]) -> None:
    assert typed([str(n) for n in numbers], {"type": "integer"}) == numbers
    assert typed([f"{n:,}" for n in numbers], {"type": "integer", "thousands": ","}) == numbers
    assert typed([f" {n:+d} " for n in numbers], {"type": "integer"}) == numbers


@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
@SETTINGS
def test_real_numbers_come_back(typed: Typed, numbers: list[float]) -> None:
    assert typed([repr(n) for n in numbers], {"type": "decimal"}) == numbers
    assert typed([repr(n).replace(".", ",") for n in numbers], {"type": "decimal", "decimal": ","}) == numbers


@given(amounts=st.lists(st.decimals(-(10**13), 10**13, places=2, allow_nan=False), min_size=1))
@SETTINGS
def test_amounts_come_back_to_the_cent(typed: Typed, amounts: list[Decimal]) -> None:
    money = KINDS["money"]
    assert typed([str(a) for a in amounts], money) == amounts
    assert typed([f"${a:,}" for a in amounts], money) == amounts
    assert typed([f"({abs(a):,})" for a in amounts], money) == [-abs(a) for a in amounts]


@given(days=st.lists(st.dates(dt.date(1000, 1, 1)), min_size=1))
@SETTINGS
def test_days_come_back(typed: Typed, days: list[dt.date]) -> None:
    assert typed([day.isoformat() for day in days], {"type": "date"}) == days
    assert typed([f"{d.month}/{d.day}/{d.year}" for d in days], {"type": "date", "formats": ["%m/%d/%Y"]}) == days


@given(
    moments=st.lists(
        st.datetimes(
            dt.datetime(1971, 1, 1),
            dt.datetime(2037, 1, 1),
            timezones=st.integers(-840, 840).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
        ),
        min_size=1,
    )
)
@SETTINGS
def test_instants_reach_the_citys_clock(typed: Typed, moments: list[dt.datetime]) -> None:
    """By Python's own time zones, through every change of the clock."""
    local = [moment.astimezone(ZoneInfo(CHICAGO)).replace(tzinfo=None) for moment in moments]
    utc = [moment.astimezone(dt.UTC) for moment in moments]
    assert typed([moment.isoformat() for moment in moments], {"type": "timestamp"}) == local
    assert typed([f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" for moment in utc], {"type": "timestamp"}) == local
    assert typed([f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in utc], {"type": "timestamp", "timezone": "UTC"}) == local


@given(texts=st.lists(NEAR | WORDS, min_size=1, max_size=20))
@settings(max_examples=number_of_examples(150), deadline=None)
def test_what_is_typed_as_a_number_reads_as_that_number(typed: Typed, texts: list[str]) -> None:
    for text, value in zip(texts, typed(texts, {"type": "decimal"}), strict=True):
        assert value is None or float(text.strip().removeprefix("+")) == value, text
    for text, value in zip(texts, typed(texts, {"type": "integer"}), strict=True):
        assert value is None or float(text.strip().removeprefix("+")) == value, text
    for text, value in zip(texts, typed(texts, KINDS["money"]), strict=True):
        if value is None:
            continue
        found = re.fullmatch(r"[-+]?(?:[$€] *)?[-+]?([\d,]*)(.*?)|\((?:[$€] *)?([\d,]*)(.*?)\)", text.strip())
        assert found, text
        whole, rest = (found[1], found[2]) if found[3] is None else (found[3], found[4])
        first, *groups = whole.split(",")
        assert not groups or (1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)), text
        sign = -1 if "-" in text.split("e")[0].split("E")[0] or text.strip().startswith("(") else 1
        assert value == pytest.approx(sign * Decimal(whole.replace(",", "") + rest), abs=Decimal("0.00006")), text


@given(texts=st.lists(st.text(max_size=30), min_size=1))
@SETTINGS
def test_text_is_only_trimmed(typed: Typed, texts: list[str]) -> None:
    for text, value in zip(texts, typed(texts, {}), strict=True):
        assert (value or "") in text
        assert (value or "").strip() == text.strip()

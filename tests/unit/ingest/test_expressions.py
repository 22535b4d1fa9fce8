"""What a delivered text means by its contract, type by type, on VALUES in DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from ingest.contract import Column, Contract
from ingest.contract.sections.column import DIRECTIVE
from ingest.typing import hidden_below, invalid_condition, missing_condition, missing_reason, typed_expression

MakeContract = Callable[..., Contract]
Cell = Callable[..., Any]
INVALID, MISSING = "invalid", "missing"
CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"
MONEY = {"type": "decimal", "currency": "USD", "thousands": ","}
GERMAN = {"type": "decimal", "thousands": ".", "decimal": ","}
US_DATE = {"type": "date", "formats": ["%m/%d/%Y", "%m/%d/%Y %H:%M"]}
US_TIME = {"type": "timestamp", "formats": ["%m/%d/%Y %I:%M:%S %p"]}
AT = dt.datetime


@pytest.fixture
def cell(con: DuckDBPyConnection, make_contract: MakeContract) -> Cell:
    """The typed value of one cell, or INVALID, or MISSING."""

    def typed(text: str | None, keys: dict[str, Any], zone: str | None = CHICAGO) -> Any:
        column = make_contract(columns=[{"name": "x", **keys}]).columns[0]
        missing, invalid = missing_condition(column), invalid_condition(column, zone)
        sql = f"select {missing}, {invalid}, {typed_expression(column, zone)} from (values (cast(? as varchar))) as t(x)"
        is_missing, is_invalid, value = con.execute(sql, [text]).fetchone()  # type: ignore[misc]
        if is_missing:
            assert value is None and not is_invalid
            return MISSING
        return INVALID if is_invalid else value

    return typed


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        ({"type": "text"}, {"desk": "desk", "  desk ": "desk", "": MISSING, "   ": MISSING, "a\x00b": "a\x00b", "'": "'"}),
        (
            {"type": "integer"},
            {"100": 100, " 7 ": 7, "100.0": 100, "100.5": INVALID, "1e2": 100, "-3": -3, "+3": 3, "007": 7, "1,000": INVALID}
            | {"9223372036854775807": 2**63 - 1, "9223372036854775808": INVALID, "9007199254740993": 2**53 + 1, "0x1F": INVALID}
            | {"NaN": INVALID, "inf": INVALID, "-": INVALID, "٣": INVALID, "one": INVALID, "true": INVALID},
        ),
        (
            {"type": "integer", "thousands": ","},
            {"1,234,567": 1234567, "1234": 1234, "1,5": INVALID, "12,34": INVALID, ",5": INVALID},
        ),
        ({"type": "integer", "thousands": " "}, {"1 000": 1000, "10 00": INVALID}),
        (
            {"type": "integer", "null_tokens": {"<10": "suppressed_at_source"}},
            {
                "<10": MISSING,
                "<20": MISSING,
                "< 5": MISSING,
                "≤4": MISSING,
                "<=4": MISSING,
                "20": 20,
                ">20": INVALID,
                "<x": INVALID,
            },
        ),
        # a limit of detection is no hidden number
        ({"type": "decimal", "null_tokens": {"n/a": "not_collected"}}, {"<20": INVALID}),
        (
            {"type": "decimal"},
            {"1.5": 1.5, ".5": 0.5, "5.": 5.0, "1e3": 1000.0, "-0.25": -0.25, "1,5": INVALID, "1.2.3": INVALID, "$5": INVALID}
            | {"nan": INVALID, "NaN": INVALID, "inf": INVALID, "-Infinity": INVALID, "1e400": INVALID, "(5)": INVALID},
        ),
        (GERMAN, {"1.234,5": 1234.5, "1,5": 1.5, "1.500": 1500.0, "1.5": INVALID, "1,234,567": INVALID, "1234": 1234.0}),
        ({"type": "decimal", "decimal": ","}, {"1,5": 1.5, "-0,25": -0.25, "1.5": INVALID, "1.500": INVALID, "nan": INVALID}),
        (
            MONEY,
            {"$1,234.50": Decimal("1234.5"), "71,296.74": Decimal("71296.74"), "0.1": Decimal("0.1"), "$ 5": Decimal(5)}
            | {"-$5": Decimal(-5), "$-5": Decimal(-5), "€5": Decimal(5), "(1,234.50)": Decimal("-1234.5"), "($5)": Decimal(-5)}
            | {"(5": INVALID, "5)": INVALID, "-(5)": INVALID, "(-5)": INVALID, "10$0": INVALID, "5 USD": INVALID, "$": INVALID}
            | {"()": INVALID, "1,5": INVALID, "nan": INVALID, "inf": INVALID, "1e15": INVALID, "$$5": INVALID},
        ),
        ({"type": "integer", "currency": "USD"}, {"$5": 5, "(5)": -5, "$5.50": INVALID}),
        (
            {"type": "boolean"},
            dict.fromkeys(("true", "TRUE", "T", "yes", "YES", "Y", "1", " yes "), True)
            | dict.fromkeys(("false", "F", "no", "NO", "n", "0"), False)
            | dict.fromkeys(("2", "ja", "unknown", "NA", "1.0"), INVALID),
        ),
        ({"type": "geometry"}, {" POINT (1 2) ": "POINT (1 2)", "": MISSING}),
    ],
    ids=str,
)
def test_plain_types(cell: Cell, keys: dict[str, Any], cells: dict[str, Any]) -> None:
    found = {text: cell(text, keys) for text in cells}
    assert found == cells
    assert {text: type(value) for text, value in found.items()} == {text: type(value) for text, value in cells.items()}


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        (
            {"type": "date"},
            {"2025-11-30": dt.date(2025, 11, 30), "2025-11-30 23:59:59": dt.date(2025, 11, 30), "2025-02-29": INVALID}
            | {"2024-02-29": dt.date(2024, 2, 29), "2025-11-30T23:00:00-06:00": dt.date(2025, 11, 30), "11/30/2025": INVALID}
            | {"20251130": INVALID, "epoch": INVALID, "infinity": INVALID, "-infinity": INVALID, "today": INVALID},
        ),
        (
            US_DATE,
            {"11/30/2025": dt.date(2025, 11, 30), "1/5/2025": dt.date(2025, 1, 5), "1/5/2025 0:00": dt.date(2025, 1, 5)}
            | {"13/01/2025": INVALID, "2025-11-30": INVALID, "11/30/2025 x": INVALID, "epoch": INVALID, "INF": INVALID},
        ),
        (
            US_TIME,
            {"11/30/2025 12:00:00 AM": AT(2025, 11, 30), "11/30/2025 12:00:00 PM": AT(2025, 11, 30, 12)}
            | {"1/5/2025 3:07:09 PM": AT(2025, 1, 5, 15, 7, 9), "1/5/2025 13:07:09 PM": INVALID, "infinity": INVALID},
        ),
        (
            {"type": "timestamp"},
            {"2025-11-30": AT(2025, 11, 30), "2025-11-30T06:30:00": AT(2025, 11, 30, 6, 30), "2025-11-30 25:00:00": INVALID}
            | {"2025-11-30 06:30:00.250": AT(2025, 11, 30, 6, 30, 0, 250000), "epoch": INVALID, "Infinity": INVALID}
            | {"20250-01-01": INVALID, "0044-03-15 (BC)": INVALID, "9999-12-31 00:00:00": AT(9999, 12, 31)},
        ),
    ],
    ids=str,
)
def test_dates_and_times(cell: Cell, keys: dict[str, Any], cells: dict[str, Any]) -> None:
    assert {text: cell(text, keys) for text in cells} == cells


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2025-11-30T12:00:00Z", AT(2025, 11, 30, 6)),
        ("2025-11-30 12:00:00 UTC", AT(2025, 11, 30, 6)),
        ("2025-11-30T12:00:00.000+00", AT(2025, 11, 30, 6)),
        ("2025-11-30T12:00:00-0600", AT(2025, 11, 30, 12)),
        ("2025-11-30 12:00:00+05:30", AT(2025, 11, 30, 0, 30)),
        ("2025-11-30 12:00:00+05:30:15", AT(2025, 11, 30, 0, 29, 45)),
        # spring forward: 08:00 UTC is 03:00, the hour from 02:00 does not exist
        ("2025-03-09T07:59:59Z", AT(2025, 3, 9, 1, 59, 59)),
        ("2025-03-09T08:00:00Z", AT(2025, 3, 9, 3)),
        # fall back: two instants an hour apart read the same on the wall
        ("2025-11-02T06:30:00Z", AT(2025, 11, 2, 1, 30)),
        ("2025-11-02T07:30:00Z", AT(2025, 11, 2, 1, 30)),
        ("2025-11-02T01:30:00-05:00", AT(2025, 11, 2, 1, 30)),
    ],
)
@pytest.mark.parametrize("zone", [None, "UTC", NEW_YORK])
def test_a_time_with_an_offset_is_an_instant(cell: Cell, text: str, local: dt.datetime, zone: str | None) -> None:
    """The offset takes precedence over the contract's zone."""
    assert cell(text, {"type": "timestamp", "timezone": zone}) == local


@pytest.mark.parametrize(
    ("text", "zone", "local"),
    [
        ("2025-11-30 12:00:00", "UTC", AT(2025, 11, 30, 6)),
        ("2025-07-01 12:00:00", "UTC", AT(2025, 7, 1, 7)),
        ("2025-03-09 07:59:59", "UTC", AT(2025, 3, 9, 1, 59, 59)),
        ("2025-03-09 08:00:00", "UTC", AT(2025, 3, 9, 3)),
        ("2025-11-02 06:30:00", "UTC", AT(2025, 11, 2, 1, 30)),
        ("2025-11-02 07:30:00", "UTC", AT(2025, 11, 2, 1, 30)),
        ("2025-11-30 00:30:00", NEW_YORK, AT(2025, 11, 29, 23, 30)),
        ("2025-11-30", "UTC", AT(2025, 11, 29, 18)),
        # the city's own clock is taken at its word, even in the hour that does not exist
        ("2025-03-09 02:30:00", CHICAGO, AT(2025, 3, 9, 2, 30)),
        ("2025-11-02 01:30:00", CHICAGO, AT(2025, 11, 2, 1, 30)),
    ],
)
def test_a_time_without_an_offset_is_on_the_contracts_clock(cell: Cell, text: str, zone: str, local: dt.datetime) -> None:
    assert cell(text, {"type": "timestamp", "timezone": zone}) == local


def test_formats_read_times_on_the_contracts_clock(cell: Cell) -> None:
    assert cell("11/02/2025 01:30:00 AM", US_TIME | {"timezone": "UTC"}) == AT(2025, 11, 1, 20, 30)
    assert cell("11/02/2025 01:30:00 AM", US_TIME) == AT(2025, 11, 2, 1, 30)


def test_formats_with_an_offset_read_instants(cell: Cell, con: DuckDBPyConnection) -> None:
    keys = {"type": "timestamp", "formats": ["%Y-%m-%dT%H:%M:%S%z"]}
    con.execute("set timezone = 'Asia/Tokyo'")
    assert cell("2025-11-30T12:00:00+0000", keys) == AT(2025, 11, 30, 6)
    assert cell("2025-11-02T01:30:00-0500", keys) == AT(2025, 11, 2, 1, 30)
    assert cell("2025-11-30T12:00:00", keys) == INVALID


def test_the_machines_clock_plays_no_part(cell: Cell, con: DuckDBPyConnection) -> None:
    for machine in ("Asia/Tokyo", "UTC"):
        con.execute(f"set timezone = '{machine}'")
        assert cell("2025-11-30T12:00:00Z", {"type": "timestamp"}) == AT(2025, 11, 30, 6)
        assert cell("2025-11-30 12:00:00", {"type": "timestamp", "timezone": "UTC"}) == AT(2025, 11, 30, 6)


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        ({"values": ["desk", "phone"]}, {"desk": "desk", " phone ": "phone", "Desk": INVALID, "mail": INVALID, "": MISSING}),
        ({"type": "integer", "values": ["1", "2"]}, {"1": 1, "3": INVALID}),
        ({"type": "integer", "min": 0, "max": 10}, {"0": 0, "10": 10, "-1": INVALID, "11": INVALID, "": MISSING}),
        ({"type": "decimal", "min": -90.5, "max": 90}, {"-90.5": -90.5, "-90.6": INVALID, "90.0001": INVALID}),
        (MONEY | {"min": 0}, {"0": Decimal(0), "(1)": INVALID}),
        ({"type": "date", "min": dt.date(2025, 1, 1)}, {"2025-01-01": dt.date(2025, 1, 1), "2024-12-31": INVALID}),
        (
            {"type": "timestamp", "min": dt.date(2025, 1, 1), "max": dt.date(2025, 1, 31)},
            {"2025-01-01 00:00:00": AT(2025, 1, 1), "2025-01-31 23:59:59": AT(2025, 1, 31, 23, 59, 59)}
            | {"2025-02-01 00:00:00": INVALID, "2024-12-31 23:59:59": INVALID},
        ),
        # the crosswalk decides about a label
        ({"role": "race", "vocabulary": "eeo4_hr", "values": ["WHITE"]}, {"BLACK": "BLACK", "": MISSING}),
    ],
    ids=str,
)
def test_values_min_and_max(cell: Cell, keys: dict[str, Any], cells: dict[str, Any]) -> None:
    assert {text: cell(text, keys) for text in cells} == cells


def test_null_tokens_and_the_reasons_they_give(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    tokens = {"*": "suppressed_at_source", "null": "declined", "it's": "not_asked"}
    (column,) = make_contract(columns=[{"name": "x", "type": "integer", "null_tokens": tokens}]).columns
    texts = {"*": "suppressed_at_source", " * ": "suppressed_at_source", "null": "declined", "it's": "not_asked"}
    for text, reason in (texts | {"": "not_collected", "  ": "not_collected", None: "not_collected"}).items():
        sql = f"select {missing_condition(column)}, {missing_reason(column)} from (values (cast(? as varchar))) as t(x)"
        assert con.execute(sql, [text]).fetchone() == (True, reason), text
    for text in ("NULL", "**", "5"):
        assert con.execute(f"select {missing_condition(column)} from (values (?)) as t(x)", [text]).fetchone() == (False,)


def test_the_reason_of_an_empty_cell_may_be_the_contracts(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    for tokens in ({"": "not_applicable"}, {"": "not_applicable", "-": "declined"}):
        (column,) = make_contract(columns=[{"name": "x", "null_tokens": tokens}]).columns
        assert con.execute(f"select {missing_reason(column)} from (values (' ')) as t(x)").fetchone() == ("not_applicable",)


def test_the_directives_that_contracts_may_use_are_duckdbs(con: DuckDBPyConnection) -> None:
    for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%":
        for directive in (f"%{letter}", f"%-{letter}"):
            try:
                con.execute(f"select try_strptime('x', ['{directive}'])").fetchall()
                is_valid = True
            except Exception:
                is_valid = False
            assert bool(DIRECTIVE.fullmatch(directive)) == is_valid, directive


def test_every_type_has_an_expression(make_contract: MakeContract) -> None:
    for kind in Column.model_fields["type"].annotation.__args__:  # type: ignore[union-attr]
        (column,) = make_contract(columns=[{"name": "x", "type": kind}]).columns
        assert '"x"' in typed_expression(column, CHICAGO)


@pytest.mark.parametrize(
    ("text", "reason", "most"),
    [
        ("<20", "suppressed_at_source", 19),
        ("≤ 19", "suppressed_at_source", 19),
        ("*", "suppressed_at_source", None),
        ("", "x", None),
    ],
)
def test_a_hidden_number_has_its_reason_and_its_limit(
    con: DuckDBPyConnection, make_contract: MakeContract, text: str, reason: str, most: int | None
) -> None:
    tokens = {"*": "suppressed_at_source", "": "not_collected"}
    column = make_contract(columns=[{"name": "x", "type": "integer", "null_tokens": tokens}]).columns[0]
    found = con.execute(f"select {missing_reason(column)}, {hidden_below('x')} from (values (?)) as t(x)", [text]).fetchone()
    assert found == ("not_collected" if text == "" else reason, most)

"""A race of a place in a year has no row, and three published margins can give it away; two margins cannot."""

from __future__ import annotations

import datetime as dt

from expectations.disclosure.inputs.audit_inputs import CellKey, Row
from tests.unit.expectations.disclosure.world import attack, district, leaking, measure, publish, slice_rows, where

LEAD = measure("proportion", "lead")
YEARS, CHILDREN = (2021, 2022, 2023), 200
# District → race → elevated results of three years. Every sum over places, races or years is 11 or more.
RESULTS = {1: {"black": (3, 10, 10), "white": (30, 30, 30)}, 2: {"black": (30, 30, 30), "white": (20, 1, 1)}}


def _rows(at: CellKey, places: tuple[int, ...], years: tuple[int, ...]) -> list[Row]:
    cells = {
        race: (sum(RESULTS[place][race][year] for place in places for year in years), CHILDREN * len(places) * len(years))
        for race in ("black", "white")
    }
    return slice_rows(LEAD, at, cells)


def _year(number: int) -> dict[str, object]:
    return {"period_start": dt.date(YEARS[number], 1, 1)}


POOLED: dict[str, object] = {"period_type": "3_year", "period_start": dt.date(2021, 1, 1)}
CITY = [row for number in range(3) for row in _rows(where(**_year(number)), (1, 2), (number,))]
OVER_YEARS = [row for place in (1, 2) for row in _rows(district(place, **POOLED), (place,), (0, 1, 2))]
BY_YEAR = [row for place in (1, 2) for number in range(3) for row in _rows(district(place, **_year(number)), (place,), (number,))]
TOTALS = [row for row in BY_YEAR if row.where.race == "all"]
BLACK = ("lead.numerator", district(1, "black", **_year(0)))


def test_three_margins_give_a_cell_away() -> None:
    found = attack(publish([*CITY, *OVER_YEARS, *TOTALS]), [*CITY, *OVER_YEARS, *BY_YEAR])
    assert BLACK in leaking(found)
    assert [(leak.low, leak.high) for leak in found.leaks if (leak.records, leak.where) == BLACK] == [(0, 5)]


def test_two_margins_do_not() -> None:
    assert not attack(publish([*CITY, *OVER_YEARS]), [*CITY, *OVER_YEARS, *BY_YEAR]).leaks


def test_a_hidden_margin_protects_the_cell() -> None:
    hidden = [row.where for row in TOTALS]
    assert not attack(publish([*CITY, *OVER_YEARS, *TOTALS], hidden), [*CITY, *OVER_YEARS, *BY_YEAR]).leaks


def test_a_year_outside_the_longer_period_has_no_cells_and_no_contradiction() -> None:
    before = {"period_start": dt.date(2020, 1, 1)}
    city = _rows(where(**before), (1, 2), (0,))
    of_districts = [row for place in (1, 2) for row in _rows(district(place, **before), (place,), (0,))]
    totals = [row for row in of_districts if row.where.race == "all"]
    truth = [*CITY, *OVER_YEARS, *BY_YEAR, *city, *of_districts]
    found = attack(publish([*CITY, *OVER_YEARS, *TOTALS, *city, *totals]), truth)
    assert not found.contradictions
    assert {at.period_start for _, at in leaking(found)} <= {dt.date(year, 1, 1) for year in YEARS}

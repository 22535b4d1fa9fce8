"""The suppressor protects a race of a place in a year, which has no row, where three margins enclose it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
import pytest

from warehouse.disclosure import suppress
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.disclosure.suppress import enclosed_cells
from warehouse.paths import Home

# District → race → elevated results of three years. Every sum over places, races or years is 11 or more.
RESULTS = {1: {"black": (3, 10, 10), "white": (30, 30, 30)}, 2: {"black": (30, 30, 30), "white": (20, 1, 1)}}
CHILDREN = 200
_MARTS = (
    "select * exclude (threshold, hides_zeros, kind, minimum_n, numerator_records, denominator_records, rests_on_records, "
    "known_numerator, known_denominator, records, known_records, is_confidential, bin_records, has_small_bin) from rows"
)


def _row(race: str, places: Sequence[int], years: Sequence[int]) -> tuple[object, ...]:
    races = ("black", "white") if race == "all" else (race,)
    count = sum(RESULTS[place][of][year] for place in places for of in races for year in years)
    whole = len(places) == 2
    period = ("year", f"{2021 + years[0]}-01-01") if len(years) == 1 else ("3_year", "2021-01-01")
    place = ("city", "current", "5553000") if whole else ("aldermanic_district", "2022", str(places[0]))
    return (
        "lead", 1, *period, f"{2021 + years[-1]}-12-31", *place, "spd15_2024", race, "exclusive", "individual", "all", "all",
        "computed", "reliable", count, CHILDREN * len(places) * len(races) * len(years), 0.0, 11, False, "proportion", 20.0,
        "elevated", "children", None, None, None, None, None, True, None, None, None,
    )  # fmt: skip


def _fill(con: duckdb.DuckDBPyConnection, totals: bool) -> None:
    """Rows of the plan by city and year, by district over three years, and `totals` of districts by year; the marts have all."""
    races, one_year = ("black", "white", "all"), [(0,), (1,), (2,)]
    planned = [_row(race, (1, 2), years) for race in races for years in one_year]
    planned += [_row(race, (place,), (0, 1, 2)) for race in races for place in (1, 2)]
    inside = [_row(race, (place,), years) for race in ("black", "white") for place in (1, 2) for years in one_year]
    of_districts = [_row("all", (place,), years) for place in (1, 2) for years in one_year]
    (planned if totals else inside).extend(of_districts)
    con.execute("insert into release.marts.dim_measure values ('lead', 1, 'health')")
    con.execute("create table rows as from intermediate.int_disclosure__planned limit 0")
    con.executemany(f"insert into rows values ({', '.join('?' * 34)})", [*planned, *inside])
    con.execute(f"insert into release.marts.fct_equity_measures {_MARTS}")
    of_all = "and race_ethnicity_code <> 'all'" if totals else ""
    con.execute(f"delete from rows where geography_type <> 'city' and period_type = 'year' {of_all}")
    con.execute("insert into intermediate.int_disclosure__planned from rows")
    con.execute(
        "insert into intermediate.int_disclosure__thresholds "
        "values ('lead', 1, 'proportion', 20, true, 11, false, 'elevated', 'children', null)"
    )


@pytest.mark.parametrize("totals", [True, False])
def test_a_margin_is_hidden_where_three_enclose_a_small_cell(con: duckdb.DuckDBPyConnection, home: Home, totals: bool) -> None:
    _fill(con, totals)
    suppress(con, home.reported, dt.datetime(2024, 4, 5))
    hidden = con.execute(f"select count(*) from {REPORTED} where hidden_because = 'secondary'").fetchone()
    assert hidden is not None
    assert (hidden[0] > 0) == totals
    assert len(list(enclosed_cells(con))) == (12 if totals else 0)


def test_margins_of_another_day_enclose_nothing(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _fill(con, totals=True)
    suppress(con, home.reported, dt.datetime(2024, 4, 5))
    con.execute(f"update {REPORTED} set is_revision_pending = true where period_type = '3_year'")
    assert not list(enclosed_cells(con))

"""What a publisher withdraws does not come back, a pooled period waits with its years, and a definition that replaced another."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from warehouse.disclosure import publish_ledger, suppress, write_ledger
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.paths import Home

Reported = dict[tuple[Any, ...], tuple[Any, ...]]


def _row(
    race: str, number: float | None, total: float, period: str = "year", start: str = "2024-01-01", **also: object
) -> dict[str, Any]:
    months = {"year": 12, "3_year": 36, "snapshot": 0}[period]
    first = dt.date.fromisoformat(start)
    end = first if not months else first.replace(year=first.year + months // 12) - dt.timedelta(days=1)
    return {
        "measure_id": "stops", "measure_version": 1, "period_type": period, "period_start": first, "period_end": end,
        "geography_type": "city", "geography_vintage": "current", "geoid": "5553000", "race_standard": "spd15_2024",
        "race_ethnicity_code": race, "tabulation": "exclusive", "method": "individual", "stratum_type": "all",
        "stratum_code": "all", "value_status": "computed" if number is not None else "suppressed_at_source",
        "reliability": "reliable", "numerator": number, "denominator": total if number is not None else None,
        "value": None if number is None else 100 * number / total, "threshold": 11, "hides_zeros": False,
        "kind": "composition", "minimum_n": 20, "numerator_records": "stops", "denominator_records": "stops",
        "known_numerator": total, "known_denominator": total, "is_confidential": True, **also,
    }  # fmt: skip


def _slice(cells: dict[str, float | None], total: float | None = None, **also: Any) -> list[dict[str, Any]]:
    whole = total if total is not None else sum(number or 0 for number in cells.values())
    return [_row(race, number, whole, **also) for race, number in (*cells.items(), ("all", whole))]


def _run(con: duckdb.DuckDBPyConnection, home: Home, rows: list[dict[str, Any]], as_of: str) -> Reported:
    """One released run; by period, start and race: the figure reported, its status, whether it waits, why it is hidden."""
    con.execute("delete from intermediate.int_disclosure__planned")
    for row in rows:
        places = ", ".join("?" for _ in row)
        con.execute(f"insert into intermediate.int_disclosure__planned ({', '.join(row)}) values ({places})", list(row.values()))
    moment = dt.datetime.fromisoformat(as_of)
    suppress(con, home.reported, moment)
    con.execute(
        "create or replace table public.published.equity_measures as "
        f"select * exclude (hidden_because, is_settled) from {REPORTED}"
    )
    folder = home.release(f"{moment:%Y%m%dT%H%M%SZ}-00000000")
    folder.mkdir()
    write_ledger(con, home, folder, release_id=folder.name, published_at=moment)
    publish_ledger(home, folder.name)
    found = con.execute(
        "select period_type, period_start::varchar, race_ethnicity_code, numerator, value_status, is_revision_pending, "
        f"hidden_because, measure_version from {REPORTED} order by all"
    ).fetchall()
    grain = ", ".join(GRAIN)
    assert con.execute(f"select count(*) - count(distinct ({grain})) from {REPORTED}").fetchone() == (0,), "one row per figure"
    return {row[:3]: row[3:] for row in found}


YEAR = ("year", "2024-01-01")


@pytest.mark.parametrize("waits", [False, True], ids=["alone", "with a pending correction"])
def test_a_figure_that_its_publisher_now_hides_is_not_reported_again(
    con: duckdb.DuckDBPyConnection, home: Home, waits: bool
) -> None:
    cells: dict[str, float | None] = {"black": 60, "white": 80, "hispanic": 30}
    _run(con, home, _slice(cells), "2025-02-05")
    withdrawn = _slice(cells | {"hispanic": None, "black": 63 if waits else 60}, total=170)
    for night in ("2025-02-06", "2025-02-07"):
        later = _run(con, home, withdrawn, night)
        assert later[*YEAR, "hispanic"][:3] == (None, "suppressed_at_source", False)
        assert later[*YEAR, "black"][:3] == (60.0, "computed", waits)


def test_a_withdrawal_keeps_no_other_figure_of_its_time_back(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    cells: dict[str, float | None] = {"black": 60, "white": 80, "hispanic": 30}
    _run(con, home, _slice(cells), "2025-02-05")
    strata = _slice({"black": 60, "white": 80}, total=170, stratum_type="sex", stratum_code="female")
    later = _run(con, home, [*_slice(cells | {"hispanic": None}, total=170), *strata], "2025-02-06")
    assert later
    assert con.execute(f"select count(*) from {REPORTED} where stratum_type = 'sex'").fetchone() == (3,)


def test_an_aggregate_is_removed_with_its_row(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    rows = _slice({"black": 60, "white": 80, "hispanic": 30}, method="aggregate")
    _run(con, home, rows, "2025-02-05")
    later = _run(con, home, [row for row in rows if row["race_ethnicity_code"] != "hispanic"], "2025-02-06")
    assert (*YEAR, "hispanic") not in later
    assert later[*YEAR, "black"][:3] == (60.0, "computed", False)
    # a missing row of records is a correction to zero, and waits
    records = _slice({"black": 60, "white": 80, "hispanic": 30}, start="2023-01-01")
    _run(con, home, [*rows, *records], "2025-02-07")
    later = _run(con, home, [*rows, *(row for row in records if row["race_ethnicity_code"] != "hispanic")], "2025-02-08")
    assert later["year", "2023-01-01", "hispanic"][:3] == (30.0, "computed", True)


def _years(**black: float) -> list[dict[str, Any]]:
    """Three years and their pool; `y2022=63` corrects a year."""
    counts = {"y2021": 50.0, "y2022": 60.0, "y2023": 70.0} | black
    rows = [row for year, number in counts.items() for row in _slice({"black": number, "white": 80}, start=f"{year[1:]}-01-01")]
    return [*rows, *_slice({"black": sum(counts.values()), "white": 240}, period="3_year", start="2021-01-01")]


def test_a_pooled_period_is_revised_with_its_years(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """A large correction of one year waits with a small one of another, because the pool would reveal the small one."""
    pool = ("3_year", "2021-01-01", "black")
    _run(con, home, _years(), "2024-02-05")
    revised = _run(con, home, _years(y2022=100), "2024-04-05")
    assert (revised[pool][0], revised["year", "2022-01-01", "black"][0]) == (220.0, 100.0)
    both = _run(con, home, _years(y2022=140, y2023=73), "2024-07-05")
    assert (both[pool][0], both["year", "2022-01-01", "black"][0], both["year", "2023-01-01", "black"][0]) == (220.0, 100.0, 70.0)
    assert all(both[key][2] for key in (pool, ("year", "2022-01-01", "black"), ("year", "2023-01-01", "black")))


def test_one_snapshot_per_quarter_is_reported(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    cells: dict[str, float | None] = {"black": 60, "white": 80, "hispanic": 30}
    days = ("2025-01-15", "2025-02-15", "2025-03-31", "2025-04-10", "2025-05-20", "2025-07-01", "2025-08-30")
    january, *others = (_slice(cells, period="snapshot", start=day) for day in days)
    _run(con, home, january, "2025-02-20")
    for night in ("2025-10-20", "2025-10-21"):
        later = _run(con, home, [*january, *(row for rows in others for row in rows)], night)
        assert {start for _, start, _ in later} == {"2025-01-15", "2025-04-10", "2025-07-01"}
    fresh = Home(home.root.parent / "another")
    fresh.ensure()
    assert {start for _, start, _ in _run(con, fresh, [row for rows in others for row in rows], "2025-10-20")} == {
        "2025-02-15",
        "2025-04-10",
        "2025-07-01",
    }


def test_a_definition_that_replaced_another_keeps_what_was_chosen(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """The next version of the same counts hides the same rows: a pattern that moves would reveal what both files hide."""
    cells: dict[str, float | None] = {"black": 60, "white": 80, "asian": 4, "hispanic": 30}
    first = _run(con, home, _slice(cells), "2025-02-05")
    con.execute("update release.marts.dim_measure set measure_version = 2")
    second = _run(con, home, _slice(cells | {"hispanic": 31, "white": 79}, measure_version=2), "2025-02-06")
    assert {race: row[3] for (*_, race), row in second.items()} == {race: row[3] for (*_, race), row in first.items()}
    assert second[*YEAR, "hispanic"] == (30.0, "computed", True, first[*YEAR, "hispanic"][3], 2)
    # two definitions side by side are two measures
    con.execute("insert into release.marts.dim_measure select 'stops', 3, 'police'")
    both = _run(
        con, home, [*_slice(cells, measure_version=2), *_slice({"black": 90, "white": 70}, measure_version=3)], "2025-02-07"
    )
    assert con.execute(f"select count(distinct measure_version) from {REPORTED}").fetchone() == (2,)
    assert both

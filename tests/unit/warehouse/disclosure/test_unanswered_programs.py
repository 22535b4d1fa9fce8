"""What the suppressor hides where HiGHS has no answer, and where the audit had none."""

from __future__ import annotations

import datetime as dt

import duckdb
import highspy
import pytest

from tests.unit.warehouse.disclosure.tables import composition, counted, narrowest
from warehouse.disclosure import Scope, suppress
from warehouse.disclosure import linear_programs as programs
from warehouse.disclosure.complementary_suppression import find_pattern
from warehouse.disclosure.linear_programs import DeviationProgram, NoAnswer
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.disclosure.suppression_units import suppression_units
from warehouse.paths import Home

# A small count, whose program hides hispanic at the smallest loss.
CELLS = {"black": 400, "white": 600, "asian": 4, "hispanic": 30}


def _chosen() -> tuple[set[str], float]:
    figures = composition(CELLS)
    counts = counted(figures)
    chosen = find_pattern(counts, suppression_units(figures, counts), [0.0] * len(counts))
    assert not chosen.unsafe
    safe = narrowest(figures, counts, set(chosen.rows), set(chosen.unknown), [0.0] * len(counts))
    return {key.at.race for key in chosen.rows}, safe


@pytest.mark.parametrize("failing", range(5))
def test_the_pattern_is_the_same_by_each_method(monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """The first `failing` runs of each program end as Unknown, as HiGHS ends some."""
    tried = {"runs": 0}
    status = programs.QuietHighs.getModelStatus
    cheapest = DeviationProgram.cheapest

    def begin(program: DeviationProgram, number: int, more: float) -> object:
        tried["runs"] = 1
        try:
            return cheapest(program, number, more)
        finally:
            tried["runs"] = 0

    def unknown(solver: highspy.Highs) -> highspy.HighsModelStatus:
        if 0 < tried["runs"] <= failing:
            tried["runs"] += 1
            return highspy.HighsModelStatus.kUnknown
        return status(solver)

    monkeypatch.setattr(DeviationProgram, "cheapest", begin)
    monkeypatch.setattr(programs.QuietHighs, "getModelStatus", unknown)
    races, safe = _chosen()
    assert races == {"asian", "hispanic"}
    assert safe >= -1e-5


def test_without_an_answer_more_is_hidden_until_the_count_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise NoAnswer

    monkeypatch.setattr(DeviationProgram, "cheapest", fail)
    races, safe = _chosen()
    assert races > {"asian"}
    assert safe >= -1e-5


def _reported(con: duckdb.DuckDBPyConnection, home: Home, also: tuple[Scope, ...]) -> dict[tuple[str, str], str | None]:
    for start, cells in (("2024-01-01", {"black": 60, "white": 80}), ("2024-02-01", {"black": 50, "white": 70})):
        for race, number in (*cells.items(), ("all", sum(cells.values()))):
            con.execute(
                """
                insert into intermediate.int_disclosure__planned
                select 'stops', 1, 'month', ?, ?::date + interval 1 month - interval 1 day, 'city', 'current', '5553000',
                    'spd15_2024', ?, 'exclusive', 'individual', 'all', 'all', 'computed', 'reliable', ?, ?, 1.0, 11,
                    false, 'composition', 20, 'stops', 'stops', null, ?, ?, null, null, true, null, null, null
                """,
                [start, start, race, number, *[sum(cells.values())] * 3],
            )
    suppress(con, home.reported, dt.datetime(2024, 4, 5), also=also)
    rows = con.execute(f"select period_start::varchar, race_ethnicity_code, hidden_because from {REPORTED}").fetchall()
    return {(start, race): because for start, race, because in rows}


@pytest.mark.parametrize(
    ("scope", "hidden"),
    [
        (None, set()),
        (Scope("stops", "city", "5553000", dt.date(2024, 2, 1)), {"2024-02-01"}),
        (Scope("stops", "aldermanic_district"), set()),
        (Scope("stops", "city"), {"2024-01-01", "2024-02-01"}),
        (Scope("children less stops"), {"2024-01-01", "2024-02-01"}),
        (Scope("children"), set()),
    ],
)
def test_rows_of_a_scope_are_hidden_whatever_they_count(
    con: duckdb.DuckDBPyConnection, home: Home, scope: Scope | None, hidden: set[str]
) -> None:
    rows = _reported(con, home, () if scope is None else (scope,))
    assert {start for (start, _), because in rows.items() if because} == hidden
    assert all(because == "secondary" for (start, _), because in rows.items() if start in hidden)

"""The first figures of the as-reported history reveal no count of their day that today's file hides."""

from __future__ import annotations

import highspy
import pytest

from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.history_attack import History, counts_revealed_by_history
from expectations.disclosure.inputs.audit_inputs import Published, Row
from expectations.disclosure.intervals import linear_programs
from tests.unit.expectations.disclosure.world import KINDS, measure, month, publish, quarter, slice_rows, where

STOPS = measure("count", "stops")
# a group of 30, withdrawn since; everyone else was revised by at least the threshold, or not at all
THEN = {"black": (30, 0), "white": (1100, 0), "asian": (60, 0), "hispanic": (350, 0)}
NOW = {"black": (30, 0), "white": (1200, 0), "asian": (60, 0), "hispanic": (390, 0)}
HIDDEN = (where("all"), where("black"))


def rows_of(rows: list[Row], *races: str) -> list[Row]:
    return [row for row in rows if row.where.race in races]


def revealed(before: list[Row], now: list[Row], hidden: tuple, repeated: list[Row], unchanged: list[Row]) -> set[str]:
    published = Published((STOPS,), publish(now, hidden), publish(before), KINDS)
    model = build_attacker_model(published, now)
    found = counts_revealed_by_history(model, published, History(tuple(repeated), tuple(unchanged)))
    return {f"{at.race} {at.period_type}" for _, at, _ in found}


def of_release(release: str, rows: list[Row]) -> list[Row]:
    return [row._replace(release=release) for row in rows]


def test_a_withdrawn_group_follows_from_the_first_total_and_the_first_figures_of_the_others() -> None:
    then, now = slice_rows(STOPS, where(), THEN), slice_rows(STOPS, where(), NOW)
    others = of_release("r1", rows_of(then, "white", "hispanic"))
    same = of_release("r1", rows_of(now, "asian"))
    assert revealed(then, now, HIDDEN, others, same) == set()
    total = of_release("r1", rows_of(then, "all"))
    assert "black year" in revealed(then, now, HIDDEN, [*others, *total], same)


def test_a_figure_that_never_changed_counts_as_known_on_the_earlier_day() -> None:
    then, now = slice_rows(STOPS, where(), THEN), slice_rows(STOPS, where(), NOW)
    repeated = of_release("r1", rows_of(then, "white", "hispanic", "all"))
    # without the figure of one more group two are open, and their sum of 90 leaves each of them wide
    assert "black year" not in revealed(then, now, (*HIDDEN, where("asian")), repeated, [])
    assert "black year" in revealed(then, now, HIDDEN, repeated, of_release("r0", rows_of(now, "asian")))


def test_figures_of_two_releases_are_not_taken_for_one_day() -> None:
    then, now = slice_rows(STOPS, where(), THEN), slice_rows(STOPS, where(), NOW)
    same = of_release("r1", rows_of(now, "asian"))
    total = of_release("r2", rows_of(slice_rows(STOPS, where(), THEN | {"white": (9, 0)}), "all"))
    mixed = [*of_release("r1", rows_of(then, "white", "hispanic")), *total]
    # the total of the second release is smaller than its parts in the first: no figures fulfil both
    assert "black year" not in revealed(then, now, HIDDEN, mixed, same)


def test_a_count_that_was_always_hidden_is_protected_on_the_earlier_day() -> None:
    small = THEN | {"black": (5, 0), "asian": (17, 0)}
    then, now = slice_rows(STOPS, where(), small), slice_rows(STOPS, where(), NOW | {"black": (5, 0), "asian": (40, 0)})
    hidden = (*HIDDEN, where("asian"))
    repeated = of_release("r1", rows_of(then, "white", "hispanic", "all"))
    shown_then = [row for row in then if row.where.race not in ("black", "asian")]
    # 22 for two groups leaves both wide; with one of them repeated the other is known
    assert "black year" not in revealed(shown_then, now, hidden, repeated, [])
    assert "black year" in revealed(shown_then, now, hidden, [*repeated, *of_release("r1", rows_of(then, "asian"))], [])


def test_a_withdrawn_month_follows_from_the_first_quarter_and_its_other_months() -> None:
    def counted(first: int, second: int, third: int) -> list[Row]:
        counts = enumerate((first, second, third), start=1)
        months = [row for number, x in counts for row in slice_rows(STOPS, month(number), {"all": (x, 0)})]
        return [*months, *slice_rows(STOPS, quarter(1), {"all": (first + second + third, 0)})]

    then, now = counted(100, 40, 90), counted(130, 40, 120)
    hidden = (month(2), quarter(1))
    of_months = of_release("r1", [row for row in then if row.where in (month(1), month(3))])
    of_quarter = of_release("r1", [row for row in then if row.where == quarter(1)])
    assert revealed(then, now, hidden, of_months, []) == set()
    assert "all month" in revealed(then, now, hidden, [*of_months, *of_quarter], [])


def test_a_count_of_an_earlier_day_without_an_answer_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """All six methods and the exact search fail: the caller hides more, and with it these first figures."""
    then, now = slice_rows(STOPS, where(), THEN), slice_rows(STOPS, where(), NOW)
    published = Published((STOPS,), publish(now, HIDDEN), publish(then), KINDS)
    history = History(tuple(of_release("r1", rows_of(then, "white", "hispanic"))), tuple(of_release("r1", rows_of(now, "asian"))))
    model = build_attacker_model(published, now)
    assert list(counts_revealed_by_history(model, published, history)) == []
    monkeypatch.setattr(linear_programs, "_maximise", lambda *_: highspy.HighsModelStatus.kUnknown)
    monkeypatch.setattr("expectations.disclosure.intervals.exact_deviations.NEIGHBOURS", ())
    assert {(name, is_unanswered) for name, _, is_unanswered in counts_revealed_by_history(model, published, history)} == {
        ("stops.numerator", True)
    }

"""What the audit concludes where HiGHS has no answer: other methods, exact numbers, and at last a disclosed count."""

from __future__ import annotations

import math
from fractions import Fraction

import highspy
import numpy as np
import pytest
from scipy.optimize import linprog

from expectations.disclosure.intervals import linear_programs
from expectations.disclosure.intervals.exact_deviations import deviations
from expectations.disclosure.intervals.feasibility_intervals import intervals
from expectations.disclosure.intervals.linear_programs import Program, ProgramFailed
from expectations.disclosure.intervals.linear_system import Floats, System
from tests.unit.expectations.disclosure.tables import tables
from tests.unit.expectations.disclosure.world import attack, measure, publish, slice_rows, where

UNKNOWN = highspy.HighsModelStatus.kUnknown
STOPS = measure("composition", "stops")


def fail(monkeypatch: pytest.MonkeyPatch, times: int) -> list[object]:
    """Let the first `times` runs of the solver of each program end as Unknown; the calls."""
    calls: list[object] = []
    maximise = linear_programs._maximise

    def failing(solver: highspy.Highs, objective: Floats) -> highspy.HighsModelStatus:
        calls.append(solver)
        return UNKNOWN if len(calls) <= times else maximise(solver, objective)

    monkeypatch.setattr(linear_programs, "_maximise", failing)
    return calls


@pytest.mark.parametrize("times", [0, 1, 2, 3, 4, 5])
def test_each_method_gives_the_same_answer(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    # of 10 persons, 4 x + y = 25 at least: x is at most 5 where y ≥ 5
    system = System.of([0, 5], [math.inf] * 2, [({0: 4096.0, 1: 1024.0}, 25600.0)])
    calls = fail(monkeypatch, times)
    np.testing.assert_allclose(Program([system]).largest(np.array([1.0, 0.0])), [5, 5], atol=1e-6)
    assert len(calls) == times + 1


def test_an_answer_that_the_equations_do_not_allow_is_none() -> None:
    """HiGHS ends as Unknown here. Scaled, it calls 187 the largest value of a count that is 13.8 by exact arithmetic."""
    a, b, c, d, e = 41.15422515661929, 493.8507018792443, 208694.01360304322, 1.3978690169844655e-07, 2504328.163237497
    assert (Fraction(e) - Fraction(c) * Fraction(b) / Fraction(a)) / Fraction(d) == pytest.approx(13.8, abs=0.1)
    system = System.of([0, 0], [math.inf] * 2, [({1: a}, b), ({1: c, 0: d}, e)])
    with pytest.raises(ProgramFailed):
        Program([system]).largest(np.array([1.0, 0.0]))


def test_without_an_answer_exact_numbers_prove_what_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    # x + y = 20 and 3 z = 21: x and y may be 0 to 20; z is one of two in one equation with x, so that it is known
    system = System.of(
        [0] * 4, [math.inf] * 4, [({0: 1.0, 1: 1.0}, 20.0), ({2: 3.0, 3: 3.0}, 21.0), ({0: 1.0, 2: 1.0, 1: 1.0}, 24.0)],
        [10.0, math.nan, 10.0, math.nan],
    )  # fmt: skip
    fail(monkeypatch, 10**6)
    answer = intervals(system, np.array([8.0, 12.0, 4.0, 3.0]))
    assert answer.width[0] >= 10.0
    assert not answer.unanswered[0]
    assert answer.width[2] == pytest.approx(0.0)


def test_a_count_for_which_nothing_has_an_answer_is_disclosed(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0), "hispanic": (40, 0)})
    public = publish(truth, [where("black"), where("asian")])
    assert not attack(public, truth).leaks
    fail(monkeypatch, 10**6)
    assert not attack(public, truth).unanswered  # exact numbers: 5 may be 0 to 35
    monkeypatch.setattr("expectations.disclosure.intervals.exact_deviations.NEIGHBOURS", ())
    found = attack(public, truth)
    assert {name for name, _ in found.unanswered} == {"stops.numerator"}
    assert {at.race for _, at in found.unanswered} == {"black"}
    assert not found.leaks


@pytest.mark.parametrize("seed", range(12))
def test_exact_intervals_are_never_wider_than_the_truth(seed: int) -> None:
    """Against SciPy's program over everything: equal where all figures are near, never wider."""
    system, truth = tables(1, 4, 5, 10, ("scattered", "block", "rectangles")[seed % 3], seed)
    matrix = np.zeros((len(system.total), len(truth)))
    matrix[system.equation, system.cell] = system.coefficient
    for cell in np.flatnonzero(system.asked).tolist():
        small, large = deviations(system, truth, cell)
        for figures in (small, large):
            np.testing.assert_allclose(matrix @ figures, system.total, atol=1e-9)
            assert (figures >= system.lower - 1e-9).all()
            assert (figures <= system.upper + 1e-9).all()
        bounds = [(low, None if math.isinf(high) else high) for low, high in zip(system.lower, system.upper, strict=True)]
        ends = [
            linprog(sign * np.eye(len(truth))[cell], A_eq=matrix, b_eq=system.total, bounds=bounds).fun * sign for sign in (1, -1)
        ]
        assert large[cell] - small[cell] == pytest.approx(min(ends[1] - ends[0], system.wanted[cell]), abs=1e-6)

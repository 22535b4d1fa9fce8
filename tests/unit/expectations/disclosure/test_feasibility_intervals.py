"""The attack's arithmetic: exact where marked so, never narrower or wider than the truth; contradictions raise an error.

Here: systems of a few figures, and random ones against a slow oracle that shares nothing with ours. Not here: tables of a city.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from expectations.disclosure.intervals import feasibility_intervals as module
from expectations.disclosure.intervals.bound_propagation import propagate
from expectations.disclosure.intervals.feasibility_intervals import intervals
from expectations.disclosure.intervals.linear_programs import Infeasible, Program
from expectations.disclosure.intervals.linear_system import System
from tests.support.fuzzing import number_of_examples
from tests.unit.expectations.disclosure.tables import tables

WIDE = math.inf  # asks for an exact interval: nothing is wide enough
_SLOW = settings(max_examples=number_of_examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def system_of(
    lower: list[float], upper: list[float], equations: list[tuple[dict[int, float], float]], width: float = WIDE
) -> System:
    return System.of(lower, upper, equations, [width] * len(lower))


def test_what_one_equation_leaves_is_known() -> None:
    found = intervals(system_of([0, 0], [math.inf, math.inf], [({0: 1.0}, 7.0), ({0: 1.0, 1: 1.0}, 12.0)]))
    assert found.exact.all()
    np.testing.assert_allclose([found.lower, found.upper], [[7, 5], [7, 5]])


def test_what_only_two_equations_reveal_together_is_found() -> None:
    # x + y + z = 10 and x + y − z = 2 imply z = 4, and leave x and y between 0 and 6
    system = system_of([0] * 3, [math.inf] * 3, [({0: 1.0, 1: 1.0, 2: 1.0}, 10.0), ({0: 1.0, 1: 1.0, 2: -1.0}, 2.0)])
    assert not propagate(system).known[2]
    found = intervals(system)
    assert found.exact.all()
    np.testing.assert_allclose([found.lower, found.upper], [[0, 0, 4], [6, 6, 4]], atol=1e-6)


def test_shares_bind_as_well_as_sums() -> None:
    # a quarter of x and y together is x; together they are 40
    found = intervals(system_of([0, 0], [math.inf, math.inf], [({0: 0.75, 1: -0.25}, 0.0), ({0: 1.0, 1: 1.0}, 40.0)]))
    np.testing.assert_allclose([found.lower, found.upper], [[10, 30], [10, 30]], atol=1e-6)


def test_a_figure_without_an_end_has_none() -> None:
    found = intervals(system_of([0, 1], [math.inf, math.inf], [({0: 1.0, 1: -1.0}, 0.0)]))
    np.testing.assert_allclose(found.lower, [1, 1], atol=1e-6)
    assert np.isposinf(found.upper).all()


def test_a_figure_that_nothing_holds_is_as_wide_as_its_bounds() -> None:
    found = intervals(system_of([1], [math.inf], []))
    assert (found.lower[0], found.upper[0], bool(found.exact[0])) == (1, math.inf, True)


def test_a_width_that_is_wanted_is_proven_without_limits() -> None:
    system = system_of([0] * 4, [math.inf] * 4, [(dict.fromkeys(range(4), 1.0), 100.0)], width=10.0)
    found = intervals(system)
    assert (found.width >= 10 - 1e-6).all()
    assert (found.lower >= -1e-6).all()
    assert (found.upper <= 100 + 1e-6).all()


def test_cells_that_were_not_requested_are_not_exact() -> None:
    system = System.of([0, 0], [math.inf] * 2, [({0: 1.0, 1: 1.0}, 9.0)])
    found = intervals(system)
    assert not found.exact.any()
    np.testing.assert_allclose([found.lower, found.upper], [[0, 0], [9, 9]])


@pytest.mark.parametrize(
    "equations",
    [
        [({0: 1.0, 1: 1.0}, 5.0), ({0: 1.0, 1: 1.0}, 6.0)],
        [({0: 1.0}, 5.0), ({0: 1.0}, 6.0)],
        [({0: 1.0, 1: 1.0}, -1.0)],
        [({0: 1.0, 1: 1.0, 2: 1.0}, 5.0), ({0: 1.0, 1: 1.0}, 4.0), ({1: 1.0, 2: 1.0}, 4.0), ({0: 1.0, 2: 1.0}, 4.0)],
    ],
)
def test_what_contradicts_itself_is_reported_and_nothing_else(equations: list[tuple[dict[int, float], float]]) -> None:
    sound = ({3: 1.0, 4: 1.0}, 9.0)
    found = intervals(system_of([0] * 5, [math.inf] * 5, [*equations, sound]))
    assert found.contradicted[:3].any()
    assert not found.contradicted[3:].any()
    np.testing.assert_allclose([found.lower[3:], found.upper[3:]], [[0, 0], [9, 9]], atol=1e-6)


def test_one_contradiction_among_many_tables_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STACKED", 50)
    system, _ = tables(30, 4, 4, 9, "block")
    total = system.total.copy()
    total[8 * 11] += 1000.0  # a row of the twelfth table
    found = intervals(dataclasses.replace(system, total=total))
    assert set(np.flatnonzero(found.contradicted) // 16) == {11}
    sound, whole = (np.arange(len(system.lower)) // 16 != 11) & system.asked, intervals(system)
    assert 0 < (whole.width[sound] < 10 - 1e-6).sum() < sound.sum()
    np.testing.assert_array_equal(found.width[sound] < 10 - 1e-6, whole.width[sound] < 10 - 1e-6)


def test_a_program_without_a_solution_raises_an_error() -> None:
    with pytest.raises(Infeasible):
        Program([system_of([0, 0], [1, 1], [({0: 1.0, 1: 1.0}, 5.0)])]).largest(np.ones(2))


def test_the_solver_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    intervals(system_of([0] * 3, [math.inf] * 3, [({0: 1.0, 1: 1.0, 2: 1.0}, 10.0)]))
    assert capfd.readouterr() == ("", "")


def test_components_keep_what_belongs_together() -> None:
    system = System.of([0] * 6, [9] * 6, [({4: 1.0, 0: 1.0}, 3.0), ({1: 1.0, 2: 1.0}, 4.0), ({2: 1.0, 5: 2.0}, 5.0)])
    found = [(cells.tolist(), equations.tolist()) for cells, equations in system.components()]
    assert found == [([0, 4], [0]), ([1, 2, 5], [1, 2]), ([3], [])]
    part = system.part(*next(itertools.islice(system.components(), 1, None)))
    assert (part.equation.tolist(), part.cell.tolist(), part.coefficient.tolist()) == ([0, 0, 1, 1], [0, 1, 1, 2], [1, 1, 1, 2])


def oracle(system: System, cell: int) -> tuple[float, float]:
    """The interval of a cell by two programs of scipy's, each from nothing."""
    matrix = np.zeros((len(system.total), len(system.lower)))
    np.add.at(matrix, (system.equation, system.cell), system.coefficient)
    limits = []
    for sign in (1, -1):
        costs = np.zeros(len(system.lower))
        costs[cell] = sign
        bounds = [(low, None if math.isinf(high) else high) for low, high in zip(system.lower, system.upper, strict=True)]
        found = linprog(costs, A_eq=matrix, b_eq=system.total, bounds=bounds)
        assert found.status in (0, 3), found.message
        limits.append(sign * found.fun if found.status == 0 else -sign * math.inf)
    return limits[0], limits[1]


@st.composite
def known_tables(draw: st.DrawFn) -> tuple[System, np.ndarray]:
    """A table with margins, with hidden cells and hidden margins, and sometimes a share; its counts are a solution."""
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    counts = np.array(draw(st.lists(st.integers(0, 30), min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
    hidden = np.array(draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
    lines = [*np.arange(rows * columns).reshape(rows, columns), *np.arange(rows * columns).reshape(rows, columns).T]
    out = draw(st.lists(st.sampled_from(range(len(lines))), min_size=len(lines) - 2, max_size=len(lines), unique=True))
    truth = counts.ravel().astype(float)
    equations = [(dict.fromkeys(lines[at].tolist(), 1.0), float(truth[lines[at]].sum())) for at in out]
    one, other = draw(st.integers(0, rows * columns - 1)), draw(st.integers(0, rows * columns - 1))
    if one != other and truth[other] and draw(st.booleans()):
        equations.append(({one: 1.0, other: -truth[one] / truth[other]}, 0.0))
    lower = np.where(hidden.ravel(), np.minimum(truth, 1.0), truth)
    upper = np.where(hidden.ravel(), np.inf, truth)
    wanted = np.where(hidden.ravel(), draw(st.sampled_from([4.0, 10.0, WIDE])), np.nan)
    return System.of(lower.tolist(), upper.tolist(), equations, wanted.tolist()), truth


@_SLOW
@given(known_tables())
def test_intervals_are_those_of_the_oracle(table: tuple[System, np.ndarray]) -> None:
    system, truth = table
    found = intervals(system, workers=1)
    assert not found.contradicted.any()
    for cell in np.flatnonzero(system.asked):
        low, high = oracle(system, int(cell))
        assert low - 1e-5 <= truth[cell] <= high + 1e-5
        if found.exact[cell]:
            assert (found.lower[cell], found.upper[cell]) == (pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5))
        else:
            # a proof: within the interval, and as wide as wanted
            assert low - 1e-5 <= found.lower[cell]
            assert found.upper[cell] <= high + 1e-5
            assert found.width[cell] >= system.wanted[cell] - 1e-6


@_SLOW
@given(st.lists(st.integers(0, 4), min_size=6, max_size=6), st.sets(st.integers(0, 5), min_size=1))
def test_no_whole_numbers_fall_outside(counts: list[int], hidden: set[int]) -> None:
    """Two rows of three, small enough to try every table that the margins allow."""
    numbers = np.arange(6).reshape(2, 3)
    lines = [*numbers.tolist(), *numbers.T.tolist()]
    equations = [(dict.fromkeys(line, 1.0), float(sum(counts[at] for at in line))) for line in lines]
    lower = [0.0 if at in hidden else float(counts[at]) for at in range(6)]
    upper = [math.inf if at in hidden else float(counts[at]) for at in range(6)]
    found = intervals(System.of(lower, upper, equations, [WIDE] * 6), workers=1)
    possible = []
    for first, second in itertools.product(range(9), repeat=2):  # two cells decide the other four
        top = [first, second, sum(counts[:3]) - first - second]
        table = [*top, *(counts[at] + counts[at + 3] - top[at] for at in range(3))]
        if min(table) >= 0 and all(table[at] == counts[at] for at in range(6) if at not in hidden):
            possible.append(table)
    for at in range(6):
        # margins of whole numbers have whole corners, so that the relaxed interval is the true one
        values = [table[at] for table in possible]
        assert (found.lower[at], found.upper[at]) == (pytest.approx(min(values), abs=1e-6), pytest.approx(max(values), abs=1e-6))


@settings(max_examples=number_of_examples(25), deadline=None)
@given(st.permutations(range(12)), st.integers(1, 400))
def test_the_order_of_cells_changes_no_verdict(order: list[int], seed: int) -> None:
    system, _ = tables(1, 3, 4, 6, "scattered", seed)
    place = np.argsort(order)
    shuffled = dataclasses.replace(
        system, lower=system.lower[order], upper=system.upper[order], wanted=system.wanted[order], cell=place[system.cell]
    )
    first, second = intervals(system, workers=1), intervals(shuffled, workers=1)
    narrow, other = (found.width < of.wanted - 1e-6 for found, of in ((first, system), (second, shuffled)))
    np.testing.assert_array_equal(narrow[order], other)


def test_many_tables_at_once_are_what_each_is_alone() -> None:
    for pattern in ("scattered", "block", "rectangles"):
        system, truth = tables(12, 5, 4, 10, pattern)
        found = intervals(system)
        for cells, equations in system.components():
            part = system.part(cells, equations)
            for at in np.flatnonzero(part.asked)[:4]:
                low, high = oracle(part, int(at))
                narrow = high - low < part.wanted[at] - 1e-6
                assert bool(found.width[cells[at]] < part.wanted[at] - 1e-6) == narrow
                assert found.lower[cells[at]] - 1e-5 <= truth[cells[at]] <= found.upper[cells[at]] + 1e-5 or not narrow


def test_a_hundred_tables_take_a_second() -> None:
    """What 2,000 take is measured by `make stress`; 0.2 s of processor when this was written, here bounded for slow machines."""
    system, _ = tables(100, 15, 9, 20, "rectangles")
    used = time.process_time()
    found = intervals(system, workers=2)
    assert time.process_time() - used < 5
    assert (found.exact | (found.width >= system.wanted - 1e-6))[system.asked].all()

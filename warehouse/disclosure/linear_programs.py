"""Find alternative cities that a reader cannot distinguish from the true one: linear programs in HiGHS, warm-started.

Each count may be larger, or smaller by at most value − least. The deviations satisfy every equation, so that the changed counts
are as possible as the true ones. `DeviationProgram` finds the cheapest deviations for one count: it minimises Σ cost · (up +
down). `HiddenDeviations` finds deviations of hidden counts alone for many counts at once, which hide nothing more. See
`complementary_suppression` for the costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from warehouse.disclosure.counts import CountSystem, Equation

Entries = Callable[[int], Iterable[tuple[int, float]]]
ENDLESS = 1e7  # more people than a city has
_FEASIBLE = 1e-7
# A warm start of the simplex, then methods from a cold start: some programs end without an answer in one of them.
_METHODS: tuple[dict[str, str | int], ...] = (
    {},
    {"presolve": "on"},
    {"simplex_strategy": 4, "presolve": "off"},
    {"simplex_strategy": 1, "simplex_scale_strategy": 4, "presolve": "off"},
    {"solver": "ipm", "run_crossover": "on", "presolve": "off"},
)


class NoAnswer(RuntimeError):
    """No method of HiGHS solved a program."""


class QuietHighs(highspy.Highs):
    """HiGHS without output, because a run's standard output is its result."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        """Replace the set-up of the library, which prints."""
        self.setOptionValue("output_flag", False)


_OPTIONS: dict[str, str | int] = {"threads": 1, "random_seed": 0, "solver": "simplex", "presolve": "off"}
_WARM: dict[str, str | int] = {**_OPTIONS, "simplex_strategy": 1, "simplex_scale_strategy": 2, "run_crossover": "on"}
_PRIMAL = 4  # zero deviations are always feasible, and only the objective changes between two programs


def _solver(
    equations: Sequence[Equation],
    counts: CountSystem,
    entries: Entries,
    upper: NDArray[np.float64],
    sense: highspy.ObjSense = highspy.ObjSense.kMinimize,
    **options: str | int,
) -> QuietHighs:
    """A solver of a model with the equations. `entries`: the columns of a count's deviation, each with its sign.

    `upper`: the upper bound of each column; the lower bounds and the costs are zero.
    """
    model = highspy.HighsLp()
    model.num_col_, model.num_row_, model.sense_ = len(upper), len(equations), sense
    model.col_cost_, model.col_lower_, model.col_upper_ = np.zeros(len(upper)), np.zeros(len(upper)), upper
    starts, index, value, low, high = [0], [], [], [], []
    for equation in equations:
        for number, factor in equation.terms.items():
            for column, sign in entries(number):
                index.append(column)
                value.append(sign * factor)
        starts.append(len(index))
        slack = -math.fsum(factor * counts.value[number] for number, factor in equation.terms.items())
        low.append(-ENDLESS if equation.at_most else 0.0)
        high.append((ENDLESS if math.isnan(slack) else max(slack, 0.0)) if equation.at_most else 0.0)
    model.row_lower_, model.row_upper_ = np.array(low), np.array(high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    model.a_matrix_.index_ = np.array(index, dtype=np.int32)
    model.a_matrix_.value_ = np.array(value, dtype=np.float64)
    solver = QuietHighs()  # type: ignore[no-untyped-call]
    for option, setting in {**_OPTIONS, **options}.items():
        solver.setOptionValue(option, setting)
    # a method that goes round in circles gives way to the next one; the limit is in steps, so that runs repeat
    solver.setOptionValue("simplex_iteration_limit", 10_000 + 10 * len(upper))
    solver.passModel(model)
    return solver


def _room_below(counts: CountSystem, members: Sequence[int], least: Sequence[float]) -> NDArray[np.float64]:
    """How much smaller each count may be; a count that its source hides may not be smaller."""
    values = [counts.value[number] for number in members]
    return np.array([0.0 if math.isnan(v) else max(v - least[n], 0.0) for n, v in zip(members, values, strict=True)])


class HiddenDeviations:
    """Deviations of the counts that are free, with all others at their true values: one column per count.

    Any such deviations are an alternative city in which everything shown is the same.
    """

    def __init__(
        self, counts: CountSystem, members: Sequence[int], equations: Sequence[Equation], least: Sequence[float]
    ) -> None:
        self._at = {number: at for at, number in enumerate(members)}
        self._down = _room_below(counts, members, least)
        self._free = np.zeros(len(members), dtype=bool)
        self._rewards, self._cap = np.zeros(len(members)), np.full(len(members), ENDLESS)
        self._solver = _solver(
            equations,
            counts,
            lambda number: ((self._at[number], 1.0),),
            np.zeros(len(members)),
            highspy.ObjSense.kMaximize,
            simplex_strategy=_PRIMAL,
        )

    def free(self, number: int, *, is_free: bool) -> None:
        """Let a count deviate, or fix it at its true value."""
        at = self._at[number]
        if self._free[at] != is_free:
            self._free[at] = is_free
            self._bound(at)

    def push(self, wanted: Mapping[int, float]) -> NDArray[np.float64] | None:
        """Deviations in which counts are larger by up to what is wanted of each (smaller, if negative); one value per member.

        The program maximises the sum of the parts reached. None if it fails.
        """
        rewards, caps = np.zeros(len(self._at)), np.full(len(self._at), ENDLESS)
        for number, by in wanted.items():
            rewards[self._at[number]], caps[self._at[number]] = 1.0 / by, abs(by)
        changed = np.flatnonzero(caps != self._cap)
        self._cap = caps
        for at in changed.tolist():
            self._bound(at)
        for at in np.flatnonzero(rewards != self._rewards).tolist():
            self._solver.changeColCost(at, float(rewards[at]))
        self._rewards = rewards
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._solver.clearSolver()
            return None
        return np.array(self._solver.getSolution().col_value)

    def _bound(self, at: int) -> None:
        free = self._free[at]
        down, up = (min(self._down[at], self._cap[at]), self._cap[at]) if free else (0.0, 0.0)
        self._solver.changeColBounds(at, -down, up)


class DeviationProgram:
    """A linear program over some counts (`members`, by number) and the equations between them."""

    def __init__(
        self, counts: CountSystem, members: Sequence[int], equations: Sequence[Equation], least: Sequence[float]
    ) -> None:
        self.members = list(members)
        self._at = {number: at for at, number in enumerate(self.members)}
        size = len(self.members)
        self._up, self._down = np.full(size, ENDLESS), _room_below(counts, self.members, least)
        self._fixed = np.zeros(size, dtype=bool)
        bounds = np.concatenate([self._up, self._down])
        self._solver = _solver(
            equations, counts, lambda number: ((self._at[number], 1.0), (size + self._at[number], -1.0)), bounds
        )

    def cost(self, number: int, cost: float) -> None:
        """Set the cost of changing a count by one."""
        at = self._at[number]
        for column in (at, len(self.members) + at):
            self._solver.changeColCost(column, cost)

    def fix(self, number: int, *, fixed: bool) -> None:
        """Fix a count at its true value, or release it."""
        at = self._at[number]
        if self._fixed[at] != fixed:
            self._fixed[at] = fixed
            self._bound(at, 0.0, 0.0 if fixed else self._up[at], 0.0, 0.0 if fixed else self._down[at])

    def cheapest(self, number: int, more: float) -> NDArray[np.float64] | None:
        """The cheapest deviations in which a count is larger by `more` (smaller, if negative); None if there are none.

        One value per member, in their order; values below the solver's tolerance are zero. NoAnswer if no method solves the
        program.
        """
        at = self._at[number]
        if self._fixed[at] or -more > self._down[at] + _FEASIBLE:
            return None
        self._bound(at, max(more, 0.0), max(more, 0.0), max(-more, 0.0), max(-more, 0.0))
        try:
            if not self._solve():
                return None
            found = np.array(self._solver.getSolution().col_value)
        finally:
            self._bound(at, 0.0, self._up[at], 0.0, self._down[at])
        found[np.abs(found) < 1e-6] = 0.0
        size = len(self.members)
        deviation: NDArray[np.float64] = found[:size] - found[size:]
        return deviation

    def _solve(self) -> bool:
        """Run the solver; False if there are no such deviations."""
        try:
            for method in _METHODS:
                for option, setting in method.items():
                    self._solver.setOptionValue(option, setting)
                self._solver.run()
                status = self._solver.getModelStatus()
                if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
                    return bool(status == highspy.HighsModelStatus.kOptimal)
                self._solver.clearSolver()
        finally:
            for option, setting in _WARM.items():
                self._solver.setOptionValue(option, setting)
        raise NoAnswer(self._solver.modelStatusToString(status))

    def _bound(self, at: int, low_up: float, high_up: float, low_down: float, high_down: float) -> None:
        self._solver.changeColBounds(at, low_up, high_up)
        self._solver.changeColBounds(len(self.members) + at, low_down, high_down)

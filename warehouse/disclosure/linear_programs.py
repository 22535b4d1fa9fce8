"""Find the cheapest alternative city that a reader cannot distinguish from the true one: linear programs in HiGHS, warm-started.

Each count i may be larger by up[i] ≥ 0 or smaller by down[i] ≤ value − least. The deviations satisfy every equation, so that the
changed counts are as possible as the true ones. The program minimises Σ cost · (up + down). See `complementary_suppression` for
the costs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from warehouse.disclosure.counts import CountSystem, Equation

ENDLESS = 1e7  # more people than a city has
_FEASIBLE = 1e-7


class QuietHighs(highspy.Highs):
    """HiGHS without output, because a run's standard output is its result."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        """Replace the set-up of the library, which prints."""
        self.setOptionValue("output_flag", False)


class DeviationProgram:
    """A linear program over some counts (`members`, by number) and the equations between them."""

    def __init__(
        self, counts: CountSystem, members: Sequence[int], equations: Sequence[Equation], least: Sequence[float]
    ) -> None:
        self.members = list(members)
        self._at = {number: at for at, number in enumerate(self.members)}
        size = len(self.members)
        values = [counts.value[number] for number in self.members]
        self._up = np.full(size, ENDLESS)
        self._down = np.array(
            [0.0 if math.isnan(v) else max(v - least[n], 0.0) for n, v in zip(self.members, values, strict=True)]
        )
        self._fixed = np.zeros(size, dtype=bool)
        self._cost = np.zeros(2 * size)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = 2 * size, len(equations)
        model.col_cost_, model.col_lower_ = np.zeros(2 * size), np.zeros(2 * size)
        model.col_upper_ = np.concatenate([self._up, self._down])
        starts, index, value, low, high = [0], [], [], [], []
        for equation in equations:
            for number, factor in equation.terms.items():
                index += [self._at[number], size + self._at[number]]
                value += [factor, -factor]
            starts.append(len(index))
            slack = -math.fsum(factor * counts.value[number] for number, factor in equation.terms.items())
            low.append(-ENDLESS if equation.at_most else 0.0)
            high.append((ENDLESS if math.isnan(slack) else max(slack, 0.0)) if equation.at_most else 0.0)
        model.row_lower_, model.row_upper_ = np.array(low), np.array(high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(index, dtype=np.int32)
        model.a_matrix_.value_ = np.array(value, dtype=np.float64)
        self._solver = QuietHighs()  # type: ignore[no-untyped-call]
        options: dict[str, str | int] = {"threads": 1, "random_seed": 0, "solver": "simplex", "presolve": "off"}
        for option, setting in options.items():
            self._solver.setOptionValue(option, setting)
        self._solver.passModel(model)

    def cost(self, number: int, cost: float) -> None:
        """Set the cost of changing a count by one."""
        at = self._at[number]
        for column in (at, len(self.members) + at):
            self._cost[column] = cost
            self._solver.changeColCost(column, cost)

    def fix(self, number: int, *, fixed: bool) -> None:
        """Fix a count at its true value, or release it."""
        at = self._at[number]
        if self._fixed[at] != fixed:
            self._fixed[at] = fixed
            self._bound(at, 0.0, 0.0 if fixed else self._up[at], 0.0, 0.0 if fixed else self._down[at])

    def cheapest(self, number: int, more: float) -> NDArray[np.float64] | None:
        """The cheapest deviations in which a count is larger by `more` (smaller, if negative); None if there are none.

        One value per member, in their order; values below the solver's tolerance are zero.
        """
        at = self._at[number]
        if self._fixed[at] or -more > self._down[at] + _FEASIBLE:
            return None
        self._bound(at, max(more, 0.0), max(more, 0.0), max(-more, 0.0), max(-more, 0.0))
        try:
            for presolve in ("off", "on"):
                self._solver.setOptionValue("presolve", presolve)
                self._solver.run()
                status = self._solver.getModelStatus()
                if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
                    break
                self._solver.clearSolver()
            if status != highspy.HighsModelStatus.kOptimal:
                return None
            found = np.array(self._solver.getSolution().col_value)
        finally:
            self._solver.setOptionValue("presolve", "off")
            self._bound(at, 0.0, self._up[at], 0.0, self._down[at])
        found[np.abs(found) < 1e-6] = 0.0
        size = len(self.members)
        moved: NDArray[np.float64] = found[:size] - found[size:]
        return moved

    def together(self, wanted: Mapping[int, float], free: Collection[int]) -> NDArray[np.float64] | None:
        """Deviations in which many counts are larger by what is `wanted` of each, and only `free` counts deviate.

        One program shows most counts of a large component to be safe, instead of one each. None if the solver fails.
        """
        size = len(self.members)
        may = np.zeros(size, dtype=bool)
        may[[self._at[number] for number in free]] = True
        up, down = np.where(may & ~self._fixed, self._up, 0.0), np.where(may & ~self._fixed, self._down, 0.0)
        cost = np.zeros(2 * size)
        for number, more in wanted.items():
            at = self._at[number]
            up[at], cost[at] = min(up[at], more), -1.0
        columns = np.arange(2 * size, dtype=np.int32)
        self._solver.changeColsBounds(2 * size, columns, np.zeros(2 * size), np.concatenate([up, down]))
        self._solver.changeColsCost(2 * size, columns, cost)
        self._solver.setOptionValue("presolve", "on")
        self._solver.run()
        is_solved = self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found = np.array(self._solver.getSolution().col_value)
        own = np.concatenate([np.where(self._fixed, 0.0, self._up), np.where(self._fixed, 0.0, self._down)])
        self._solver.changeColsBounds(2 * size, columns, np.zeros(2 * size), own)
        self._solver.changeColsCost(2 * size, columns, self._cost)
        self._solver.setOptionValue("presolve", "off")
        return found[:size] - found[size:] if is_solved else None

    def _bound(self, at: int, low_up: float, high_up: float, low_down: float, high_down: float) -> None:
        self._solver.changeColBounds(at, low_up, high_up)
        self._solver.changeColBounds(len(self.members) + at, low_down, high_down)

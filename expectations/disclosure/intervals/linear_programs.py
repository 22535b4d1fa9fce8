"""Solve linear programs over several systems at once, warm-started from one objective to the next.

Only this module calls HiGHS. See `feasibility_intervals` for the objectives.

Systems that share no figure are stacked into one program: the largest sum of one figure of each is also the largest value of
every one. Only the objective changes between solutions, so the last basis stays feasible and the primal simplex continues from
it.
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np

from expectations.disclosure.intervals.linear_system import TOLERANCE, Floats, Ints, System

# The value for "unbounded" in a program: far above any count of people in a city, small enough for the arithmetic.
ENDLESS = 1e8
_PRIMAL_SIMPLEX = 4


class ProgramFailed(RuntimeError):
    """HiGHS gave no optimum for a program that has one; its figures have no result."""


class Infeasible(ValueError):
    """No figures at all fulfil the equations and bounds."""


def solver_version() -> str:
    """The version of HiGHS, on which a result depends."""
    return str(_QuietHighs().version())  # type: ignore[no-untyped-call]


class Program:
    """Several systems as one program; `starts[i]` is where the cells of the i-th begin."""

    def __init__(self, systems: Sequence[System]) -> None:
        self.systems = tuple(systems)
        sizes = [len(system.lower) for system in systems]
        self.starts: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._solver = _solver(systems, self.starts)
        self._all = np.arange(self.starts[-1], dtype=np.int32)

    def largest(self, objective: Floats) -> Floats:
        """Figures that fulfil everything and make Σ objective · x as large as it can be.

        Raises:
            Contradiction: there are none.
            ProgramFailed: the solver ended without an answer.
        """
        costs = np.ascontiguousarray(-objective, dtype=np.float64)
        self._solver.changeColsCost(len(self._all), self._all, costs)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            # once more from a cold start: a reused basis may have become a bad one
            self._solver.clearSolver()
            self._solver.setOptionValue("presolve", "on")
            self._solver.run()
            self._solver.setOptionValue("presolve", "off")
            status = self._solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            raise Infeasible
        if status != highspy.HighsModelStatus.kOptimal:
            raise ProgramFailed(self._solver.modelStatusToString(status))
        return np.array(self._solver.getSolution().col_value)


class _QuietHighs(highspy.Highs):
    """HiGHS without its own callbacks: their set-up writes a banner to the standard output, where a run prints its JSON."""

    def enableCallbacks(self) -> None:  # noqa: N802 (the name is highspy's)
        self.setOptionValue("output_flag", False)


def _solver(systems: Sequence[System], starts: Ints) -> highspy.Highs:
    program = highspy.HighsLp()
    program.num_col_ = int(starts[-1])
    program.num_row_ = sum(len(system.total) for system in systems)
    program.col_cost_ = np.zeros(program.num_col_)
    program.col_lower_ = np.concatenate([np.maximum(system.lower, -ENDLESS) for system in systems])
    program.col_upper_ = np.concatenate([np.minimum(system.upper, ENDLESS) for system in systems])
    totals = np.concatenate([system.total for system in systems])
    program.row_lower_ = totals
    program.row_upper_ = totals
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    begins, columns, values = [np.zeros(1, dtype=np.int64)], [], []
    entries = 0
    for system, start in zip(systems, starts, strict=False):
        order = np.argsort(system.equation, kind="stable")
        columns.append(system.cell[order] + start)
        values.append(system.coefficient[order])
        counts = np.bincount(system.equation, minlength=len(system.total))
        begins.append(entries + np.cumsum(counts))
        entries += len(order)
    program.a_matrix_.start_ = np.concatenate(begins).astype(np.int32)
    program.a_matrix_.index_ = np.concatenate(columns).astype(np.int32)
    program.a_matrix_.value_ = np.concatenate(values)
    solver = _QuietHighs()  # type: ignore[no-untyped-call]
    options: dict[str, str | int | float] = {
        "threads": 1,
        "solver": "simplex",
        "simplex_strategy": _PRIMAL_SIMPLEX,
        "presolve": "off",
        "primal_feasibility_tolerance": TOLERANCE / 100,
        "dual_feasibility_tolerance": TOLERANCE / 100,
        "random_seed": 0,
    }
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(program)
    return solver

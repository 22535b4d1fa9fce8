"""Solve linear programs over several systems at once, warm-started from one objective to the next.

Only this module calls HiGHS. See `feasibility_intervals` for the objectives.

Systems that share no figure are stacked into one program: the largest sum of one figure of each is also the largest value of
every one. Only the objective changes between solutions, so the last basis stays feasible and the primal simplex continues from
it. HiGHS ends some programs with coefficients of very different size without an answer; other methods solve them (`_METHODS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import highspy
import numpy as np

from expectations.disclosure.intervals.linear_system import TOLERANCE, Floats, Ints, System

# The value for "unbounded" in a program: far above any count of people in a city, small enough for the arithmetic.
ENDLESS = 1e8
_DUAL_SIMPLEX, _PRIMAL_SIMPLEX = 1, 4
# The error of an equation that the answer of another method may have, relative to its largest term.
_RESIDUAL = 1e-11
Options = Mapping[str, str | int | float]
# The methods after the first one, each from a cold start: whether the equations are scaled, and HiGHS's options.
_METHODS: tuple[tuple[bool, Options], ...] = (
    (False, {"presolve": "on"}),
    (True, {}),
    (True, {"simplex_strategy": _DUAL_SIMPLEX}),
    (True, {"simplex_strategy": _DUAL_SIMPLEX, "presolve": "on"}),
    (True, {"solver": "ipm", "run_crossover": "on"}),
)


class ProgramFailed(RuntimeError):
    """No method of HiGHS gave an optimum for a program; its figures have no result."""


class Infeasible(ValueError):
    """No figures at all fulfil the equations and bounds."""


class Program:
    """Several systems as one program; `starts[i]` is where the cells of the i-th begin."""

    def __init__(self, systems: Sequence[System]) -> None:
        self.systems = tuple(systems)
        sizes = [len(system.lower) for system in systems]
        self.starts: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._solver = _solver(systems, self.starts)

    def largest(self, objective: Floats) -> Floats:
        """Figures that fulfil everything and make Σ objective · x as large as it can be.

        Raises:
            Infeasible: there are none.
            ProgramFailed: no method gave an answer.
        """
        status = _maximise(self._solver, objective)
        if status == highspy.HighsModelStatus.kOptimal:
            return np.array(self._solver.getSolution().col_value)
        self._solver.clearSolver()  # a reused basis may have become a bad one
        for is_scaled, options in _METHODS:
            other = _solver([_scaled(system) for system in self.systems] if is_scaled else self.systems, self.starts, options)
            status = _maximise(other, objective)
            figures = np.array(other.getSolution().col_value)
            if status == highspy.HighsModelStatus.kOptimal and (not is_scaled or self._fulfils(figures)):
                return figures
            if (
                status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
                and not is_scaled
            ):
                raise Infeasible
        raise ProgramFailed(other.modelStatusToString(status))

    def _fulfils(self, figures: Floats) -> bool:
        """Whether figures fulfil the equations as they are: a scaled equation has another tolerance."""
        for system, start, end in zip(self.systems, self.starts, self.starts[1:], strict=False):
            terms = system.coefficient * figures[start:end][system.cell]
            size = np.maximum(np.abs(system.total), 1.0)
            np.maximum.at(size, system.equation, np.abs(terms))
            error = np.bincount(system.equation, terms, minlength=len(system.total)) - system.total
            if (np.abs(error) > np.maximum(_RESIDUAL * size, TOLERANCE / 100)).any():
                return False
        return True


class _QuietHighs(highspy.Highs):
    """HiGHS without its own callbacks: their set-up writes a banner to the standard output, where a run prints its JSON."""

    def enableCallbacks(self) -> None:  # noqa: N802 (the name is highspy's)
        self.setOptionValue("output_flag", False)


def _maximise(solver: highspy.Highs, objective: Floats) -> highspy.HighsModelStatus:
    """Run the solver for an objective; its status."""
    columns = np.arange(len(objective), dtype=np.int32)
    solver.changeColsCost(len(columns), columns, np.ascontiguousarray(-objective, dtype=np.float64))
    solver.run()
    return solver.getModelStatus()


def _scaled(system: System) -> System:
    """The system with each equation divided by a power of two, so that its largest coefficient is about one."""
    largest = np.zeros(len(system.total))
    np.maximum.at(largest, system.equation, np.abs(system.coefficient))
    factor = 2.0 ** -np.round(np.log2(np.where(largest > 0, largest, 1.0)))
    return replace(system, coefficient=system.coefficient * factor[system.equation], total=system.total * factor)


def _solver(systems: Sequence[System], starts: Ints, other: Options | None = None) -> highspy.Highs:
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
        "simplex_iteration_limit": 20_000 + 10 * program.num_col_,  # a method in a circle gives way to the next one
    }
    for option, value in {**options, **(other or {})}.items():
        solver.setOptionValue(option, value)
    solver.passModel(program)
    return solver

"""Compute the feasibility interval of a figure, given everything that a reader knows at once.

This module orders the linear programs, so that few of them answer many questions. See `linear_programs` for the solver,
`bound_propagation` for single equations, and `audit` for the required width.

For each requested figure the answer is exact, or a proof that its interval is at least as wide as required: two sets of
figures that both fulfil everything and differ in it by that width. Programs that push all open figures up or down at random give
dozens of such witnesses; only figures that are still open get their own program, in all systems at once. A system that no method
of the solver answers is split around each open figure, and solved in exact numbers (`exact_deviations`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from expectations.disclosure.intervals.bound_propagation import propagate, without_known
from expectations.disclosure.intervals.exact_deviations import deviations
from expectations.disclosure.intervals.linear_programs import ENDLESS, Infeasible, Program, ProgramFailed
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags, Floats, Ints, System

# Figures in one program. Larger programs need more steps a solution, smaller ones more calls.
STACKED = 1500
# Programs that push all open figures at random before single ones; more of them prove little.
RANDOM_ROUNDS = 6
_SEED = 20240328  # any value; a fixed one makes runs repeatable


@dataclass(frozen=True)
class Intervals:
    """The result per cell. Where `exact`, the interval is [lower, upper]; else it is at least that wide.

    Cells that were not requested have the bounds of single equations, and are not exact. `contradicted` are the cells of
    parts that no figures fulfil: no conclusion is drawn for them. `unanswered` are requested cells whose interval may be wider,
    or exact: no program for it has an answer.
    """

    lower: Floats
    upper: Floats
    exact: Flags
    contradicted: Flags
    unanswered: Flags

    @property
    def width(self) -> Floats:
        """The width of the interval; a lower limit of it where not exact."""
        return np.asarray(self.upper - self.lower)


def intervals(system: System, truth: Floats | None = None, *, workers: int | None = None) -> Intervals:
    """The interval of every requested cell of `system`.

    `truth`: the true figures, NaN where they are unknown; they widen intervals for which no program has an answer.
    `workers`: threads, by default one per processor; the solver works outside Python's lock.
    """
    bounds = propagate(system)
    smaller = without_known(system, bounds)
    nowhere = np.zeros(len(system.lower), dtype=bool)
    answer = Intervals(bounds.lower.copy(), bounds.upper.copy(), bounds.known, nowhere, nowhere.copy())
    open_parts = []
    for cells, equations in smaller.components():
        if len(np.intersect1d(equations, bounds.contradicted, assume_unique=True)):
            _contradict(answer, cells)
        elif len(equations) == 0:
            answer.exact[cells] = True  # only its own bounds limit it
        elif smaller.asked[cells].any():
            known = np.full(len(cells), np.nan) if truth is None else truth[cells]
            open_parts.append(_Component(cells, smaller.part(cells, equations), known))
    _contradict(answer, system.cell[np.isin(system.equation, bounds.contradicted)])
    chunks = list(_stacked(open_parts))
    threads = min(workers or os.cpu_count() or 1, max(len(chunks), 1))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_witness, chunks))
        rest = [part for part in open_parts if part.open.any() and not part.contradicted]
        list(pool.map(_find_limits, _stacked(rest)))
    for part in open_parts:
        _take(answer, part)
    return answer


class _Component:
    """One system and its state: the least and largest values found, and which of them are limits."""

    def __init__(self, cells: Ints, system: System, truth: Floats) -> None:
        self.cells, self.system, self.truth = cells, system, truth
        self.least = np.full(len(cells), np.inf)
        self.largest = np.full(len(cells), -np.inf)
        self.least_is_limit = np.zeros(len(cells), dtype=bool)
        self.largest_is_limit = np.zeros(len(cells), dtype=bool)
        self.contradicted = self.failed = False

    @property
    def open(self) -> Flags:
        """Requested, and neither proven wide enough nor exact."""
        wide = self.largest - self.least >= self.system.wanted - TOLERANCE
        return np.asarray(self.system.asked & ~wide & ~(self.least_is_limit & self.largest_is_limit))

    def see(self, values: Floats) -> None:
        self.least = np.fmin(self.least, values)
        self.largest = np.fmax(self.largest, values)


def _contradict(answer: Intervals, cells: Ints) -> None:
    answer.contradicted[cells] = True
    answer.exact[cells] = False


def _take(answer: Intervals, part: _Component) -> None:
    """Write what was found for a part into the answer."""
    if part.contradicted:
        _contradict(answer, part.cells)
        return
    sensitive = np.flatnonzero(part.system.asked)
    cells = part.cells[sensitive]
    answer.lower[cells] = np.where(part.least[sensitive] <= -ENDLESS, -np.inf, part.least[sensitive])
    answer.upper[cells] = np.where(part.largest[sensitive] >= ENDLESS, np.inf, part.largest[sensitive])
    answer.exact[cells] = part.least_is_limit[sensitive] & part.largest_is_limit[sensitive]
    if part.failed:
        answer.unanswered[part.cells[part.open]] = True
        # without any figures that fulfil everything, the least that is known to be possible
        unseen = part.system.asked & (part.least > part.largest)
        answer.lower[part.cells[unseen]] = answer.upper[part.cells[unseen]] = part.system.lower[unseen]


def _stacked(parts: Iterable[_Component]) -> Iterator[list[_Component]]:
    """The parts in stacks of about `STACKED` cells."""
    heap: list[_Component] = []
    size = 0
    for part in parts:
        heap.append(part)
        size += len(part.cells)
        if size >= STACKED:
            yield heap
            heap, size = [], 0
    if heap:
        yield heap


def _witness(parts: Sequence[_Component]) -> None:
    """Programs that push all open figures of a stack: up, down, and at random. Without an answer for a part, limits come next."""
    draws = np.random.default_rng(_SEED)
    with _without_answer(_witness, parts):
        program = Program([part.system for part in parts])
        for turn in range(2 + RANDOM_ROUNDS):
            objective = np.zeros(program.starts[-1])
            for part, start in zip(parts, program.starts, strict=False):
                wished = np.flatnonzero(part.open)
                objective[start + wished] = (1.0, -1.0)[turn] if turn < 2 else draws.choice([-1.0, 1.0], len(wished))
            if not objective.any():
                return
            _see(parts, program, program.largest(objective))


def _find_limits(parts: Sequence[_Component]) -> None:
    """Programs for the limits of one open figure of each part, until none is open."""
    with _without_answer(_find_limits, parts):
        program = Program([part.system for part in parts])
        while any(part.open.any() for part in parts):
            chosen = [_most_nearly_wide(part) for part in parts]
            for sign in (1.0, -1.0):
                objective = np.zeros(program.starts[-1])
                for cell, start in zip(chosen, program.starts, strict=False):
                    if cell is not None:
                        objective[start + cell] = sign
                _see(parts, program, program.largest(objective))
                for part, cell in zip(parts, chosen, strict=True):
                    if cell is not None:
                        (part.largest_is_limit if sign > 0 else part.least_is_limit)[cell] = True


@contextmanager
def _without_answer(work: Callable[[Sequence[_Component]], None], parts: Sequence[_Component]) -> Iterator[None]:
    """Halve a stack whose program has no answer until the part is found that has none; the others are evaluated."""
    try:
        yield
    except (Infeasible, ProgramFailed) as error:
        half = len(parts) // 2
        if half:
            work(parts[:half])
            work(parts[half:])
        elif isinstance(error, Infeasible):
            parts[0].contradicted = True
        elif work is _find_limits:
            parts[0].failed = True
            _deviate(parts[0])


def _deviate(part: _Component) -> None:
    """Widen the open intervals of one part by deviations of few figures from the true ones."""
    for cell in np.flatnonzero(part.open).tolist():
        if part.open[cell]:
            for figures in deviations(part.system, part.truth, cell):
                part.see(figures)


def _most_nearly_wide(part: _Component) -> int | None:
    """The open figure with the widest known interval: its program most likely settles it and others."""
    return int(np.argmax(np.where(part.open, part.largest - part.least, -np.inf))) if part.open.any() else None


def _see(parts: Sequence[_Component], program: Program, values: Floats) -> None:
    for part, start, end in zip(parts, program.starts, program.starts[1:], strict=False):
        part.see(values[start:end])

"""Between what a figure lies, given everything that a reader knows at once.

Here: the order in which questions are asked, so that few programs answer many. Not here: how a program is solved (`programs`),
what single equations tell (`propagation`), whether a width is enough for a person (`judgement`).

For each figure that is asked about the answer is exact, or a proof that its interval is at least as wide as wanted: two sets of
figures that both fulfil everything and differ in it by as much. Such witnesses come by the dozen from programs that push all open
figures up or down at random; only what is still open then is asked one by one, in all systems at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from expectations.disclosure.bound_propagation import propagate, without_known
from expectations.disclosure.linear_programs import ENDLESS, Contradiction, Program
from expectations.disclosure.linear_system import TOLERANCE, Flags, Floats, Ints, System

# Figures in one program. Larger programs need more steps a solution, smaller ones more calls.
STACKED = 1500
# Programs in which all open figures are pushed at random before single ones are asked; few bring much after these.
RANDOM_ROUNDS = 6
_SEED = 20240328  # any; a fixed one makes the same run twice


@dataclass(frozen=True)
class Intervals:
    """What is known of each cell. Where `exact`, the interval is [lower, upper]; else it is at least that wide.

    Cells that nobody asked about have the bounds that single equations imply, and are not exact. `contradicted` are the cells of
    parts that no figures fulfil: nothing is concluded of them.
    """

    lower: Floats
    upper: Floats
    exact: Flags
    contradicted: Flags

    @property
    def width(self) -> Floats:
        """How far a reader may be off; a lower limit of it where not exact."""
        return np.asarray(self.upper - self.lower)


def intervals(system: System, *, workers: int | None = None) -> Intervals:
    """The interval of every cell of `system` that is asked about.

    `workers`: threads, by default one a processor; the solver works outside Python's lock.
    """
    bounds = propagate(system)
    smaller = without_known(system, bounds)
    answer = _Answer(system, bounds.lower, bounds.upper, bounds.known)
    open_parts = []
    for cells, equations in smaller.components():
        if len(np.intersect1d(equations, bounds.contradicted, assume_unique=True)):
            answer.contradict(cells)
        elif len(equations) == 0:
            answer.exact[cells] = True  # nothing but its own bounds holds it
        elif smaller.asked[cells].any():
            open_parts.append(_Part(cells, smaller.part(cells, equations)))
    answer.contradict(system.cell[np.isin(system.equation, bounds.contradicted)])
    chunks = list(_stacked(open_parts))
    threads = min(workers or os.cpu_count() or 1, max(len(chunks), 1))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_witness, chunks))
        rest = [part for part in open_parts if part.open.any() and not part.contradicted]
        list(pool.map(_settle, _stacked(rest)))
    for part in open_parts:
        answer.take(part)
    return answer.done()


class _Part:
    """One system and what is known of it so far: the least and largest values seen, and which of them are limits."""

    def __init__(self, cells: Ints, system: System) -> None:
        self.cells, self.system = cells, system
        self.least = np.full(len(cells), np.inf)
        self.largest = np.full(len(cells), -np.inf)
        self.least_is_limit = np.zeros(len(cells), dtype=bool)
        self.largest_is_limit = np.zeros(len(cells), dtype=bool)
        self.contradicted = False

    @property
    def open(self) -> Flags:
        """Asked about and neither proven wide enough nor exact."""
        wide = self.largest - self.least >= self.system.wanted - TOLERANCE
        return np.asarray(self.system.asked & ~wide & ~(self.least_is_limit & self.largest_is_limit))

    def see(self, values: Floats) -> None:
        self.least = np.minimum(self.least, values)
        self.largest = np.maximum(self.largest, values)


class _Answer:
    def __init__(self, system: System, lower: Floats, upper: Floats, known: Flags) -> None:
        self.lower, self.upper, self.exact = lower.copy(), upper.copy(), known.copy()
        self.contradicted = np.zeros(len(system.lower), dtype=bool)

    def contradict(self, cells: Ints) -> None:
        self.contradicted[cells] = True
        self.exact[cells] = False

    def take(self, part: _Part) -> None:
        if part.contradicted:
            self.contradict(part.cells)
            return
        asked = np.flatnonzero(part.system.asked)
        cells = part.cells[asked]
        self.lower[cells] = np.where(part.least[asked] <= -ENDLESS, -np.inf, part.least[asked])
        self.upper[cells] = np.where(part.largest[asked] >= ENDLESS, np.inf, part.largest[asked])
        self.exact[cells] = part.least_is_limit[asked] & part.largest_is_limit[asked]

    def done(self) -> Intervals:
        return Intervals(self.lower, self.upper, self.exact, self.contradicted)


def _stacked(parts: Iterable[_Part]) -> Iterator[list[_Part]]:
    """The parts in heaps of some `STACKED` cells."""
    heap: list[_Part] = []
    size = 0
    for part in parts:
        heap.append(part)
        size += len(part.cells)
        if size >= STACKED:
            yield heap
            heap, size = [], 0
    if heap:
        yield heap


def _witness(parts: Sequence[_Part]) -> None:
    """Programs that push all open figures of a heap: up, down, and at random."""
    program = Program([part.system for part in parts])
    draws = np.random.default_rng(_SEED)
    try:
        for turn in range(2 + RANDOM_ROUNDS):
            objective = np.zeros(program.starts[-1])
            for part, start in zip(parts, program.starts, strict=False):
                wished = np.flatnonzero(part.open)
                objective[start + wished] = (1.0, -1.0)[turn] if turn < 2 else draws.choice([-1.0, 1.0], len(wished))
            if not objective.any():
                return
            _see(parts, program, program.largest(objective))
    except Contradiction:
        _apart(_witness, parts)


def _settle(parts: Sequence[_Part]) -> None:
    """Programs that ask for the limits of one open figure of each part, until none is open."""
    program = Program([part.system for part in parts])
    try:
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
    except Contradiction:
        _apart(_settle, parts)


def _most_nearly_wide(part: _Part) -> int | None:
    """The open figure of which most is seen already: it is the likeliest to be settled, and its program to settle others."""
    return int(np.argmax(np.where(part.open, part.largest - part.least, -np.inf))) if part.open.any() else None


def _see(parts: Sequence[_Part], program: Program, values: Floats) -> None:
    for part, start, end in zip(parts, program.starts, program.starts[1:], strict=False):
        part.see(values[start:end])


def _apart(work: Callable[[Sequence[_Part]], None], parts: Sequence[_Part]) -> None:
    """Halves of a heap that contradicts itself, until the part is found that does; the others are looked at as ever."""
    if len(parts) == 1:
        parts[0].contradicted = True
        return
    half = len(parts) // 2
    work(parts[:half])
    work(parts[half:])

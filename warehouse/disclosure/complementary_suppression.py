"""Which units are hidden, so that no small count can be told.

Here: primary units, those with a small count, and secondary ones, without which a small count could be computed. Not here: the
program that finds the cheapest (`program`), what goes out at all (the plan).

A small count is safe if another city is possible in which it is more by threshold − 1 and all that is shown is the same. For
each the cheapest such city is looked for, hidden counts nearly free, shown ones at the price of what readers would lose; what
differs in it is hidden. Hiding more never makes a safe count unsafe, so one pass over all of them is enough. A second pass, in
which what the first one did not hide costs in full and what it hid a part, takes back what proved needless.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from warehouse.disclosure.counts import EQUAL, Counts, Equation
from warehouse.disclosure.linear_programs import Deviations
from warehouse.disclosure.planned_figures import Key
from warehouse.disclosure.suppression_units import Unit

PRIMARY, SECONDARY, CARRIED = "primary", "secondary", "earlier_snapshot"
_HIDDEN_COST, _NO_ROW_COST, _AGAIN = 1e-3, 1e-4, 0.05


@dataclass(frozen=True)
class Before:
    """What earlier releases have settled, by row, and by the row of all races for the figures of unknown race."""

    shown: Collection[Key] = frozenset()
    hidden: Collection[Key] = frozenset()
    unknown_shown: Collection[Key] = frozenset()
    unknown_hidden: Collection[Key] = frozenset()


@dataclass(frozen=True)
class Choice:
    """Hidden rows with the reason, slices whose figures of unknown race are hidden, hidden counts, small counts left unsafe."""

    rows: dict[Key, str]
    unknown: frozenset[Key]
    counts: dict[int, bool]
    unsafe: tuple[int, ...]


def choose(
    counts: Counts,
    units: Sequence[Unit],
    least: Sequence[float],
    before: Before | None = None,
    known: Collection[int] = frozenset(),
) -> Choice:
    """The hidden units. `least`: what a reader takes each count to be at least; `known`: counts that no hiding protects any more.

    Deterministic: equal input gives an equal choice, in whatever order rows were delivered.
    """
    search = _Search(counts, units, before or Before(), known)
    hidden, unsafe = search.run(least, frozenset())
    if hidden:
        again, unsafe_again = search.run(least, hidden)
        if search.loss(again) < search.loss(hidden):
            hidden, unsafe = again, unsafe_again
    rows = {unit.key: search.reason(at) for at, unit in enumerate(units) if unit.is_row and at in hidden}
    shown_counts = {number for at, unit in enumerate(units) if at not in hidden for number in unit.counts}
    return Choice(
        rows=rows,
        unknown=frozenset(unit.key for at, unit in enumerate(units) if not unit.is_row and at in hidden),
        counts={number: number not in shown_counts for number in range(len(counts))},
        unsafe=tuple(unsafe),
    )


class _Search:
    def __init__(self, counts: Counts, units: Sequence[Unit], before: Before, known: Collection[int]) -> None:
        self._counts, self._units = counts, units
        self._of_count: dict[int, list[int]] = defaultdict(list)
        for at, unit in enumerate(units):
            for number in unit.counts:
                self._of_count[number].append(at)
        settled = {True: (before.shown, before.hidden), False: (before.unknown_shown, before.unknown_hidden)}
        shown = {at for at, unit in enumerate(units) if unit.key in settled[unit.is_row][0]}
        self._known = {number for at in shown for number in units[at].counts}.union(known)
        self._forced = {at for at, unit in enumerate(units) if unit.key in settled[unit.is_row][1]}
        self.primary = {
            at for at, unit in enumerate(units) if any(counts.is_sensitive(number) for number in unit.counts) and at not in shown
        }
        self._parts = list(_components(counts))

    def reason(self, at: int) -> str:
        """Why a hidden unit is hidden."""
        if at not in self.primary:
            return SECONDARY
        return PRIMARY if any(self._counts.is_small(number) for number in self._units[at].counts) else CARRIED

    def loss(self, hidden: Collection[int]) -> float:
        """What readers lose by hidden units."""
        return math.fsum(_weight(self._units[at]) for at in hidden)

    def run(self, least: Sequence[float], again: Collection[int]) -> tuple[frozenset[int], list[int]]:
        """Units hidden so that all small counts are safe, and the counts that are not; units in `again` are cheap to hide."""
        hidden = self._closed({*self.primary, *self._forced})
        unsafe: list[int] = []
        for members, equations in self._parts:
            small = [number for number in members if self._counts.is_sensitive(number) and number not in self._known]
            if small:
                unsafe += _Part(self, members, equations, least, hidden, again).protect(small)
        return frozenset(hidden), unsafe

    def cost(self, number: int, hidden: Collection[int], again: Collection[int]) -> float:
        """What moving a count costs: what readers lose by the units that show it and are not hidden yet."""
        of_count = self._of_count.get(number)
        if not of_count:
            return _NO_ROW_COST
        weights = [_weight(self._units[at]) * (_AGAIN if at in again else 1.0) for at in of_count if at not in hidden]
        return math.fsum(weights) if weights else _HIDDEN_COST

    def is_fixed(self, number: int, hidden: Collection[int]) -> bool:
        """Whether a reader knows a count for good: it was out, or it is out and nobody."""
        if number in self._known:
            return True
        return self._counts.is_none(number) and any(at not in hidden for at in self._of_count.get(number, ()))

    def hide(self, number: int, hidden: set[int]) -> list[int]:
        """Hide what shows a count; the counts that it touches."""
        new = {at for at in self._of_count.get(number, ()) if at not in hidden}
        if not new:
            return []
        before = set(hidden)
        hidden |= new
        self._closed(hidden)
        return sorted({touched for at in hidden - before for touched in self._units[at].counts})

    def _closed(self, hidden: set[int]) -> set[int]:
        """With the units that are nothing without a hidden one."""
        rows = {self._units[at].key for at in hidden if self._units[at].is_row}
        hidden |= {at for at, unit in enumerate(self._units) if unit.needs in rows}
        return hidden


class _Part:
    """One part of the counts that no equation joins to others."""

    def __init__(
        self,
        search: _Search,
        members: Sequence[int],
        equations: Sequence[Equation],
        least: Sequence[float],
        hidden: set[int],
        again: Collection[int],
    ) -> None:
        self._search, self._members, self._hidden, self._again = search, members, hidden, again
        self._counts = search._counts
        self._program = Deviations(self._counts, members, equations, least)
        self._set(members)

    def protect(self, small: Sequence[int]) -> list[int]:
        """Hide until every small count is safe; those that cannot be, since too much is out."""
        safe: set[int] = set()
        unsafe = []
        for number in small:
            if number in safe:
                continue
            wanted = self._counts.threshold(number) - 1.0
            moved = self._program.cheapest(number, wanted)
            if moved is None:
                unsafe.append(number)
                continue
            touched: list[int] = []
            for at, by in zip(self._members, moved, strict=True):
                if abs(by) > EQUAL:
                    touched += self._search.hide(at, self._hidden)
                if by >= self._counts.threshold(at) - 1.0 - EQUAL:
                    safe.add(at)
            self._set(dict.fromkeys(touched))
        return unsafe

    def _set(self, numbers: Collection[int]) -> None:
        inside = set(self._members)
        for number in numbers:
            if number in inside:
                self._program.cost(number, self._search.cost(number, self._hidden, self._again))
                self._program.fix(number, fixed=self._search.is_fixed(number, self._hidden))


def _weight(unit: Unit) -> float:
    """What readers lose by a unit: a cell, and more of it the more people it tells of."""
    return 1.0 + math.log1p(max(unit.persons, 0.0))


def _components(counts: Counts) -> list[tuple[list[int], list[Equation]]]:
    """The counts that equations join, each part in the order of its counts' names."""
    above = list(range(len(counts)))

    def root(number: int) -> int:
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    for equation in counts.equations:
        first, *others = equation.terms
        for other in others:
            above[root(other)] = root(first)
    members: dict[int, list[int]] = defaultdict(list)
    for number in sorted(range(len(counts)), key=lambda at: (counts.names[at].records, tuple(map(str, counts.names[at].at)))):
        members[root(number)].append(number)
    equations: dict[int, list[Equation]] = defaultdict(list)
    for equation in counts.equations:
        equations[root(next(iter(equation.terms)))].append(equation)
    return [(part, equations[at]) for at, part in members.items()]

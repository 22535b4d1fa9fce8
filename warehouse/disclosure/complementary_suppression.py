"""Choose the units to hide: primary suppression of small counts, and complementary suppression that protects them.

A small count is safe if a reader cannot exclude two cities in which that count differs by threshold − 1 and every shown figure is
the same. Programs over hidden counts alone (`linear_programs`) find such cities for many small counts at once. For each count
that is still open, a program finds the cheapest city in which it is larger by threshold − 1: changing a hidden count costs almost
nothing, changing a shown count costs what readers would lose. The counts that differ in it are hidden. Hiding more never makes a
safe count unsafe, so one pass over all small counts is enough. A second pass, in which units hidden by the first are cheap,
removes suppressions that proved unnecessary.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from warehouse.disclosure.counts import EQUAL, CountSystem, Equation
from warehouse.disclosure.linear_programs import DeviationProgram, HiddenDeviations, NoAnswer
from warehouse.disclosure.states.planned_figures import RowKey
from warehouse.disclosure.suppression_units import SuppressionUnit

# By the small counts of a component and its units hidden at first and in an earlier pass: more units to hide, and unsafe counts.
Solved = dict[tuple[tuple[int, ...], frozenset[int], frozenset[int]], tuple[frozenset[int], tuple[int, ...]]]
PRIMARY, SECONDARY, CARRIED = "primary", "secondary", "earlier_snapshot"
_HIDDEN_COST, _NO_ROW_COST, _AGAIN = 1e-3, 1e-4, 0.05
_WORTH_A_ROUND = 0.05  # a round of screening that settles a smaller share of the open counts is the last
_SIGNS = ((1.0,), (-1.0,), (1.0, -1.0), (-1.0, 1.0))  # of the first rounds: all larger, all smaller, every other; then random
_SEED = 20240328  # any value; a fixed one makes runs repeatable


@dataclass(frozen=True)
class EarlierReleases:
    """Whether earlier releases show a row, and (`unknown`) per row of all races the figures of unknown race."""

    rows: Mapping[RowKey, bool] = field(default_factory=dict)
    unknown: Mapping[RowKey, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class SuppressionPattern:
    """A suppression pattern.

    `rows`: hidden rows with the reason. `unknown`: slices whose figures of unknown race are hidden. `counts`: whether a count is
    hidden. `unsafe`: small counts that no pattern can protect.
    """

    rows: dict[RowKey, str]
    unknown: frozenset[RowKey]
    counts: dict[int, bool]
    unsafe: tuple[int, ...]


def find_pattern(
    counts: CountSystem,
    units: Sequence[SuppressionUnit],
    least: Sequence[float],
    before: EarlierReleases | None = None,
    known: Collection[int] = frozenset(),
    solved: Solved | None = None,
) -> SuppressionPattern:
    """The pattern that protects every small count at the smallest loss found.

    `least`: the lower bound of each count that a reader knows. `known`: counts that earlier publications disclose already.
    `solved`: components that an earlier call with equal counts, units and bounds has solved; this call adds its own.
    Deterministic: equal input gives an equal pattern, whatever the order of delivered rows.
    """
    search = _PatternSearch(counts, units, before or EarlierReleases(), known, {} if solved is None else solved)
    hidden, unsafe = search.run(least, frozenset())
    if hidden:
        second, unsafe_again = search.run(least, hidden)
        if search.loss(second) < search.loss(hidden):
            hidden, unsafe = second, unsafe_again
    rows = {unit.key: search.reason(at) for at, unit in enumerate(units) if unit.is_row and at in hidden}
    shown_counts = {number for at, unit in enumerate(units) if at not in hidden for number in unit.counts}
    return SuppressionPattern(
        rows=rows,
        unknown=frozenset(unit.key for at, unit in enumerate(units) if not unit.is_row and at in hidden),
        counts={number: number not in shown_counts for number in range(len(counts))},
        unsafe=tuple(unsafe),
    )


class _PatternSearch:
    def __init__(
        self,
        counts: CountSystem,
        units: Sequence[SuppressionUnit],
        before: EarlierReleases,
        known: Collection[int],
        solved: Solved,
    ) -> None:
        self._counts, self._units, self._solved = counts, units, solved
        self._of_count: dict[int, list[int]] = defaultdict(list)
        self._needing: dict[RowKey, list[int]] = defaultdict(list)
        for at, unit in enumerate(units):
            for number in unit.counts:
                self._of_count[number].append(at)
            if unit.needs is not None:
                self._needing[unit.needs].append(at)
        settled = [(before.rows if unit.is_row else before.unknown).get(unit.key) for unit in units]
        shown = {at for at, is_shown in enumerate(settled) if is_shown}
        self._known = {number for at in shown for number in units[at].counts}.union(known)
        self._forced = {at for at, is_shown in enumerate(settled) if is_shown is False}
        self.primary = {
            at for at, unit in enumerate(units) if any(counts.is_sensitive(number) for number in unit.counts) and at not in shown
        }
        self._parts = list(_components(counts))

    def reason(self, at: int) -> str:
        """The reason why a unit is hidden."""
        if at not in self.primary:
            return SECONDARY
        return PRIMARY if any(self._counts.is_small(number) for number in self._units[at].counts) else CARRIED

    def loss(self, hidden: Collection[int]) -> float:
        """The loss of readers from hidden units."""
        return math.fsum(_weight(self._units[at]) for at in hidden)

    def run(self, least: Sequence[float], again: Collection[int]) -> tuple[frozenset[int], list[int]]:
        """The units to hide and the counts that stay unsafe; hiding a unit in `again` is cheap."""
        hidden = self._closed({*self.primary, *self._forced})
        unsafe: list[int] = []
        for members, equations in self._parts:
            small = tuple(number for number in members if self._counts.is_sensitive(number) and number not in self._known)
            if not small:
                continue
            own = {at for number in members for at in self._of_count.get(number, ())}
            problem = (small, frozenset(own.intersection(hidden)), frozenset(own.intersection(again)))
            if problem not in self._solved:
                before = frozenset(hidden)
                left = _Component(self, members, equations, least, hidden, again).protect(small)
                self._solved[problem] = frozenset(hidden - before), tuple(left)
            more, left = self._solved[problem]
            hidden |= more
            unsafe += left
        return frozenset(hidden), unsafe

    def cost(self, number: int, hidden: Collection[int], again: Collection[int]) -> float:
        """The cost of changing a count: the loss of the units that show it and are not hidden yet."""
        of_count = self._of_count.get(number)
        if not of_count:
            return _NO_ROW_COST
        weights = [_weight(self._units[at]) * (_AGAIN if at in again else 1.0) for at in of_count if at not in hidden]
        return math.fsum(weights) if weights else _HIDDEN_COST

    def is_fixed(self, number: int, hidden: Collection[int]) -> bool:
        """Whether a reader knows a count exactly: an earlier release shows it, no source asks for it, or it is a shown zero."""
        if number in self._known or number in self._counts.not_collected:
            return True
        return self._counts.is_visible_zero(number) and self.is_shown(number, hidden)

    def is_shown(self, number: int, hidden: Collection[int]) -> bool:
        """Whether a unit that is not hidden shows the count."""
        return any(at not in hidden for at in self._of_count.get(number, ()))

    def hide(self, number: int, hidden: set[int]) -> list[int]:
        """Hide every unit that shows a count; the counts of the newly hidden units."""
        new = {at for at in self._of_count.get(number, ()) if at not in hidden}
        if not new:
            return []
        new = self._closed(new) - hidden
        hidden |= new
        return sorted({touched for at in new for touched in self._units[at].counts})

    def _closed(self, hidden: set[int]) -> set[int]:
        """`hidden` with the units that depend on a hidden row."""
        rows = [self._units[at].key for at in hidden if self._units[at].is_row]
        return hidden.union(*(self._needing.get(row, ()) for row in rows))


class _Component:
    """A connected component of the constraints: no equation joins its counts to others."""

    def __init__(
        self,
        search: _PatternSearch,
        members: Sequence[int],
        equations: Sequence[Equation],
        least: Sequence[float],
        hidden: set[int],
        again: Collection[int],
    ) -> None:
        self._search, self._members, self._hidden, self._again = search, members, hidden, again
        self._counts, self._equations = search._counts, equations
        self._program = DeviationProgram(self._counts, members, equations, least)
        self._of_hidden = HiddenDeviations(self._counts, members, equations, least)
        self._at = {number: at for at, number in enumerate(members)}
        self._smallest, self._largest = np.zeros(len(members)), np.zeros(len(members))
        self._draws = np.random.default_rng(_SEED)
        self._set(members)

    def protect(self, small: Sequence[int]) -> Sequence[int]:
        """Hide units until every small count is safe; the counts that cannot be made safe, because too much is published."""
        unsafe = []
        self._screen(small)
        for number in small:
            if self._is_safe(number):
                continue
            try:
                deviation = self._program.cheapest(number, self._counts.threshold(number) - 1.0)
            except NoAnswer:
                if not self._protect_by_neighbors(number):
                    unsafe.append(number)
                continue
            if deviation is None:
                unsafe.append(number)
                continue
            touched: list[int] = []
            for at, by in zip(self._members, deviation, strict=True):
                if abs(by) > EQUAL:
                    touched += self._search.hide(at, self._hidden)
            self._see(deviation)
            if touched:
                self._set(dict.fromkeys(touched))
                self._screen(small)
        return unsafe

    def _protect_by_neighbors(self, number: int) -> bool:
        """Hide the counts in equations with one count, then those in equations with these, until it is safe."""
        near = {number}
        while not self._is_safe(number):
            wider = near.union(*(equation.terms for equation in self._equations if near.intersection(equation.terms)))
            if wider == near:
                return False
            near = wider
            touched = [other for at in sorted(near) for other in self._search.hide(at, self._hidden)]
            self._set(dict.fromkeys(touched))
            self._screen([number])
        return True

    def _screen(self, small: Sequence[int]) -> None:
        """Find counts that are safe already, many at once: deviations of hidden counts alone make them vary enough."""
        left = [number for number in small if not self._is_safe(number)]
        turn = 0
        while left:
            signs = self._draws.choice((-1.0, 1.0), len(left)) if turn >= len(_SIGNS) else np.resize(_SIGNS[turn], len(left))
            deviation = self._of_hidden.push(
                {n: sign * (self._counts.threshold(n) - 1.0) for n, sign in zip(left, signs.tolist(), strict=True)}
            )
            if deviation is not None:
                self._see(deviation)
            before, turn = len(left), turn + 1
            left = [number for number in left if not self._is_safe(number)]
            if turn >= len(_SIGNS) and before - len(left) < _WORTH_A_ROUND * before:
                return

    def _see(self, deviation: NDArray[np.float64]) -> None:
        """Remember the extremes of each count; these cities stay possible, because hiding more only adds some."""
        np.minimum(self._smallest, deviation, out=self._smallest)
        np.maximum(self._largest, deviation, out=self._largest)

    def _is_safe(self, number: int) -> bool:
        at = self._at[number]
        return bool(self._largest[at] - self._smallest[at] >= self._counts.threshold(number) - 1.0 - EQUAL)

    def _set(self, numbers: Collection[int]) -> None:
        for number in numbers:
            if number in self._at:
                self._program.cost(number, self._search.cost(number, self._hidden, self._again))
                is_fixed = self._search.is_fixed(number, self._hidden)
                self._program.fix(number, fixed=is_fixed)
                self._of_hidden.free(number, is_free=not is_fixed and not self._search.is_shown(number, self._hidden))


def _weight(unit: SuppressionUnit) -> float:
    """The loss from hiding a unit: one cell, plus the logarithm of the persons it counts."""
    return 1.0 + math.log1p(max(unit.persons, 0.0))


def _components(counts: CountSystem) -> list[tuple[list[int], list[Equation]]]:
    """The connected components of the constraints, each in the order of its counts' names."""
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

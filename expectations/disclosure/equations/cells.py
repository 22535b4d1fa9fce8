"""Name and number the unknowns of the audit: one cell per count of persons, whichever row or measure shows it.

This module holds the cells with their true values, and the equations. See `sum_equations` and `figure_equations` for where they
are made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from expectations.disclosure.inputs.audit_inputs import CellKey
from expectations.disclosure.intervals.linear_system import TOLERANCE, Floats, System

Terms = dict[int, float]
# Names of cells that no row shows and sums determine, instead of a race, place, tabulation, stratum or period.
UNKNOWN, KNOWN, LEFT_OUT, LEFT_OUT_KNOWN = "(unknown)", "(known)", "(left out)", "(left out, known)"
UNPLACED, IN_COMBINATION, NO_STRATUM = "(unplaced)", "(in combination)", "(no stratum)"


@dataclass(frozen=True)
class Equation:
    """Σ terms = total. `family` is the kind of knowledge; `fraction_of` the denominator, if a fraction gave it."""

    terms: Terms
    total: float
    family: str
    fraction_of: int | None = None


@dataclass(frozen=True)
class SumEquation:
    """A whole, its parts, and the cell of its remainder. `family`: sums that have remainders together or not at all."""

    family: tuple[str, ...]
    whole: int
    parts: tuple[int, ...]
    rest: CellKey


class Cells:
    """Counts of persons by `records` and `CellKey`, and the equations between them.

    `thresholds`: the smallest count of each kind of records that may be shown; `hides_zeros`: kinds whose zeros are
    hidden.
    """

    def __init__(self, thresholds: Mapping[str, int], hides_zeros: Iterable[str] = ()) -> None:
        self._thresholds, self._hides_zeros = thresholds, frozenset(hides_zeros)
        self._index: dict[tuple[str, CellKey], int] = {}
        self.by_records: dict[str, dict[CellKey, int]] = {}
        self.names: list[tuple[str, CellKey] | None] = []
        self.truth: list[float] = []
        self.lower: list[float] = []
        self.threshold: list[int] = []
        self.equations: list[Equation] = []
        # zeros that describe no person: the source does not ask for the category, or no race is unknown
        self.public_zeros: set[int] = set()
        self._limits: set[tuple[frozenset[tuple[int, float]], float]] = set()

    def __len__(self) -> int:
        return len(self.names)

    def get(self, records: str, where: CellKey) -> int | None:
        """The number of a cell, or None."""
        return self._index.get((records, where))

    def add(self, records: str, where: CellKey, truth: float, *, counts: bool = True) -> int:
        """The number of a cell, made if it is new. `truth` NaN: unknown to us too. `counts`: protect it if small."""
        key = (records, where)
        if key in self._index:
            return self._index[key]
        number = self._new(key, truth, self._thresholds.get(records, 0) if counts else 0)
        self._index[key] = number
        self.by_records.setdefault(records, {})[where] = number
        return number

    def named(self, cells: Iterable[int]) -> Iterator[tuple[str, CellKey]]:
        """Records and persons of cells, without those that are the slack of an inequality."""
        return (name for cell in cells if (name := self.names[cell]) is not None)

    def slack(self, truth: float) -> int:
        """A cell for the slack of an inequality; it counts no persons."""
        return self._new(None, truth, 0)

    def _new(self, name: tuple[str, CellKey] | None, truth: float, threshold: int) -> int:
        self.names.append(name)
        self.truth.append(truth)
        self.lower.append(0.0)
        self.threshold.append(threshold)
        return len(self.names) - 1

    def at_least(self, cell: int, least: float) -> None:
        """Add a lower bound that a reader knows; skipped if it is wrong, because a wrong guess reveals nothing."""
        if not self.truth[cell] < least:
            self.lower[cell] = max(self.lower[cell], least)

    def equate(self, terms: Terms, total: float, family: str, fraction_of: int | None = None) -> None:
        """Add an equation."""
        self.equations.append(Equation({cell: value for cell, value in terms.items() if value}, total, family, fraction_of))

    def at_most(self, terms: Terms, total: float, family: str) -> None:
        """Add Σ terms ≤ total, if it is true."""
        left = total - self.value(terms)
        key = (frozenset(terms.items()), total)
        if left < -TOLERANCE or key in self._limits:
            return
        self._limits.add(key)
        self.equate({**terms, self.slack(max(left, 0.0)): 1.0}, total, family)

    def value(self, terms: Terms) -> float:
        """The true sum of the terms; NaN if one is unknown to us."""
        return math.fsum(value * self.truth[cell] for cell, value in terms.items())

    def holds(self, equation: Equation) -> bool:
        """Whether the true figures fulfil the equation; unknown counts as true."""
        value = self.value(equation.terms)
        size = math.fsum(abs(factor * self.truth[cell]) for cell, factor in equation.terms.items())
        return math.isnan(value) or abs(value - equation.total) <= TOLERANCE * max(1.0, size, abs(equation.total))

    def is_sensitive(self, cell: int) -> bool:
        """Whether the count is small enough to identify a person; a count hidden at its source is taken to be."""
        threshold, truth = self.threshold[cell], self.truth[cell]
        if not threshold or cell in self.public_zeros:
            return False
        if math.isnan(truth):
            return True
        name = self.names[cell]
        # a zero of unknown race describes no person
        zero = name is not None and name[0] in self._hides_zeros and name[1].race not in (UNKNOWN, LEFT_OUT)
        return (truth >= 0 if zero else truth > TOLERANCE) and truth < threshold - TOLERANCE

    def wanted(self) -> Floats:
        """The required width of each interval: threshold − 1 for sensitive cells, NaN for all others."""
        return np.array(
            [self.threshold[cell] - 1.0 if self.is_sensitive(cell) else np.nan for cell in range(len(self))], dtype=np.float64
        )

    def system(self, equations: Iterable[Equation], wanted: Floats | None = None) -> System:
        """The cells and some of the equations as linear algebra."""
        return System.of(
            self.lower,
            np.full(len(self), np.inf).tolist(),
            [(equation.terms, equation.total) for equation in equations],
            (self.wanted() if wanted is None else wanted).tolist(),
        )

    def slices(self, records: str, **same: str) -> Iterator[tuple[CellKey, dict[CellKey, int]]]:
        """The cells of some records in groups that differ only in the named fields, each under its `CellKey` with these set."""
        groups: dict[CellKey, dict[CellKey, int]] = {}
        for where, cell in self.by_records.get(records, {}).items():
            groups.setdefault(where._replace(**same), {})[where] = cell  # type: ignore[arg-type]
        return iter(groups.items())

"""Define counts of persons and the equations between them; each count exists once, whatever rows and measures show it.

See `build_constraints` for which counts and equations exist, and `suppression_units` for the rows that show them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

# Two counts that differ by less are equal: they are doubles, and some were allocated between geographies.
EQUAL = 1e-6


class Cell(NamedTuple):
    """The persons of a count: period, geography, race, tabulation and stratum."""

    period_type: str
    period_start: date
    geography_type: str
    geography_vintage: str
    geoid: str
    race_standard: str
    race: str
    tabulation: str
    stratum_type: str
    stratum_code: str


class CountKey(NamedTuple):
    """The identity of a count: the records that are counted, and of which persons."""

    records: str
    at: Cell


@dataclass(frozen=True)
class Equation:
    """Σ factor · count = 0, by the counts' numbers; ≤ 0 with `at_most`."""

    terms: Mapping[int, float]
    at_most: bool = False


@dataclass(frozen=True)
class SumConstraint:
    """A total, its parts, and the rest that no row shows. `family`: sums that all have a rest, or all have none."""

    family: tuple[str, ...]
    whole: int
    parts: tuple[int, ...]
    rest: CountKey


class CountSystem:
    """Numbered counts and their equations. `value` is NaN for a count that its source suppresses.

    `thresholds` and `hides_zeros` are by records: the threshold of an agreement applies to all counts of the same records,
    whichever measure or sum they come from. `not_collected`: the counts of categories that a source does not ask for.
    """

    def __init__(self) -> None:
        self.number: dict[CountKey, int] = {}
        self.names: list[CountKey] = []
        self.value: list[float] = []
        self.equations: list[Equation] = []
        self.thresholds: Counter[str] = Counter()
        self.hides_zeros: set[str] = set()
        self.not_collected: set[int] = set()
        self._public: set[int] = set()
        self._protected: set[int] = set()

    def __len__(self) -> int:
        return len(self.names)

    def require_threshold(self, records: str, threshold: int, *, hides_zeros: bool) -> None:
        """Hide counts of these records below the threshold, and zeros if `hides_zeros`; the strictest call applies."""
        self.thresholds[records] = max(self.thresholds[records], threshold)
        if hides_zeros:
            self.hides_zeros.add(records)

    def add(self, name: CountKey, value: float, *, is_secret: bool = True) -> int:
        """The number of a count, which is added if it is new. `is_secret` False: a sum that discloses no person by itself."""
        at = self.number.get(name)
        if at is None:
            at = self.number[name] = len(self.names)
            self.names.append(name)
            self.value.append(value)
            if not is_secret:
                self._public.add(at)
        return at

    def add_not_collected(self, name: CountKey) -> None:
        """Add the count of a category that the source does not ask for: zero, as every reader knows, and about no person."""
        if name not in self.number:
            self.not_collected.add(self.add(name, 0.0, is_secret=False))

    def threshold(self, number: int) -> int:
        """The smallest value at which the count is shown; 0 if it is always shown."""
        return 0 if number in self._public else self.thresholds[self.names[number].records]

    def get(self, records: str, at: Cell) -> int | None:
        """The number of a count; None if the count does not exist."""
        return self.number.get(CountKey(records, at))

    def of(self, records: str) -> Iterator[tuple[Cell, int]]:
        """All counts of some records."""
        return ((name.at, number) for name, number in list(self.number.items()) if name.records == records)

    def add_equation(self, terms: Mapping[int, float], *, at_most: bool = False) -> None:
        """Add the equation Σ factor · count = 0; ≤ 0 with `at_most`."""
        self.equations.append(Equation(dict(terms), at_most))

    def protect(self, numbers: Iterable[int]) -> None:
        """Protect counts although they are large, because each would disclose a small one (`snapshot_suppression`)."""
        self._protected.update(numbers)

    def is_sensitive(self, number: int) -> bool:
        """Whether a count must be protected: it is small, or `protect` named it."""
        return number in self._protected or self.is_small(number)

    def is_small(self, number: int) -> bool:
        """Whether the count is below its threshold; a count that its source suppresses is taken as small."""
        threshold, value = self.threshold(number), self.value[number]
        if threshold == 0:
            return False
        if math.isnan(value):
            return True
        if value <= EQUAL:
            return self.names[number].records in self.hides_zeros
        return value < threshold - EQUAL

    def is_visible_zero(self, number: int) -> bool:
        """Whether the count is a zero that may be shown."""
        is_shown = number in self._public or self.names[number].records not in self.hides_zeros
        return self.value[number] <= EQUAL and is_shown

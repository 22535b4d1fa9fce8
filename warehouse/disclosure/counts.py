"""Counts of persons, each once, whatever rows and measures show it, and the equations between them.

Here: the records. Not here: which counts and equations there are (`sums`), which rows show them (`units`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

# What two counts may differ by and still be the same: they are doubles, some of them moved between places.
EQUAL = 1e-6


class At(NamedTuple):
    """Which persons: when, where, of which race, in which stratum."""

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


class Count(NamedTuple):
    """A count's name: what is counted, and of which persons."""

    records: str
    at: At


@dataclass(frozen=True)
class Equation:
    """Σ factor · count = 0, by the counts' numbers; with `at_most` ≤ 0."""

    terms: Mapping[int, float]
    at_most: bool = False


@dataclass(frozen=True)
class Sum:
    """A whole, its parts, and what no row shows. `family`: the sums of which a reader knows whether they have rests."""

    family: tuple[str, ...]
    whole: int
    parts: tuple[int, ...]
    rest: Count


class Counts:
    """Numbered counts. `value` is NaN for what its source hides.

    What an agreement asks for holds of all counts of the same records, whichever measure or sum they come from.
    """

    def __init__(self) -> None:
        self.number: dict[Count, int] = {}
        self.names: list[Count] = []
        self.value: list[float] = []
        self.equations: list[Equation] = []
        self._thresholds: dict[str, int] = {}
        self._hides_zeros: set[str] = set()
        self._public: set[int] = set()
        self._protected: set[int] = set()

    def __len__(self) -> int:
        return len(self.names)

    def agree(self, records: str, threshold: int, *, hides_zeros: bool) -> None:
        """Ask that counts of these records below the threshold be hidden, zeros too if `hides_zeros`; the strictest holds."""
        self._thresholds[records] = max(self._thresholds.get(records, 0), threshold)
        if hides_zeros:
            self._hides_zeros.add(records)

    def add(self, name: Count, value: float, *, is_secret: bool = True) -> int:
        """The number of a count, made if it is new. `is_secret` False: a sum that gives nobody away by itself."""
        at = self.number.get(name)
        if at is None:
            at = self.number[name] = len(self.names)
            self.names.append(name)
            self.value.append(value)
            if not is_secret:
                self._public.add(at)
        return at

    def threshold(self, number: int) -> int:
        """From which count on it is shown; 0 if it may always be."""
        return 0 if number in self._public else self._thresholds.get(self.names[number].records, 0)

    def hides_zero(self, records: str) -> bool:
        """Whether that nobody is counted is hidden too."""
        return records in self._hides_zeros

    def threshold_of(self, records: str) -> int:
        """What was asked for of the records."""
        return self._thresholds.get(records, 0)

    def get(self, records: str, at: At) -> int | None:
        """The number of a count, if there is such a count."""
        return self.number.get(Count(records, at))

    def of(self, records: str) -> Iterator[tuple[At, int]]:
        """All counts of some records."""
        return ((name.at, number) for name, number in list(self.number.items()) if name.records == records)

    def equate(self, terms: Mapping[int, float], *, at_most: bool = False) -> None:
        """Add an equation, or with `at_most` that the sum is not above zero."""
        self.equations.append(Equation(dict(terms), at_most))

    def protect(self, numbers: Iterable[int]) -> None:
        """Ask that counts be hidden and protected although they are large: each would reveal a small one (`snapshots`)."""
        self._protected.update(numbers)

    def is_sensitive(self, number: int) -> bool:
        """Whether a count must be protected: it is small, or it was asked for."""
        return number in self._protected or self.is_small(number)

    def is_small(self, number: int) -> bool:
        """Whether so few are counted that somebody is given away; what the source hides is taken to be so."""
        threshold, value = self.threshold(number), self.value[number]
        if threshold == 0:
            return False
        if math.isnan(value):
            return True
        if value <= EQUAL:
            return self.hides_zero(self.names[number].records)
        return value < threshold - EQUAL

    def is_none(self, number: int) -> bool:
        """Whether nobody is counted, and may be seen to be nobody."""
        return self.value[number] <= EQUAL and not self.hides_zero(self.names[number].records)

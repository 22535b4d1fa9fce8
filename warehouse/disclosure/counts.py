"""Counts of persons, each once, whatever rows and measures show it, and the equations between them.

Here: the records. Not here: which counts and equations there are (`sums`), which rows show them (`units`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
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


class Counts:
    """Numbered counts. `value` is NaN for what its source hides, `least` what a reader takes it to be at least."""

    def __init__(self) -> None:
        self.number: dict[Count, int] = {}
        self.names: list[Count] = []
        self.value: list[float] = []
        self.threshold: list[int] = []
        self.hides_zero: list[bool] = []
        self.equations: list[Equation] = []

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: Count, value: float, threshold: int, *, hides_zero: bool = False) -> int:
        """The number of a count, made if it is new. `threshold` 0: nobody's secret. The strictest agreement holds."""
        at = self.number.get(name)
        if at is None:
            at = self.number[name] = len(self.names)
            self.names.append(name)
            self.value.append(value)
            self.threshold.append(threshold)
            self.hides_zero.append(hides_zero)
        else:
            self.threshold[at] = max(self.threshold[at], threshold)
            self.hides_zero[at] = self.hides_zero[at] or hides_zero
        return at

    def get(self, records: str, at: At) -> int | None:
        """The number of a count, if there is such a count."""
        return self.number.get(Count(records, at))

    def of(self, records: str) -> Iterator[tuple[At, int]]:
        """All counts of some records."""
        return ((name.at, number) for name, number in list(self.number.items()) if name.records == records)

    def equate(self, terms: Mapping[int, float], *, at_most: bool = False) -> None:
        """Add an equation, or with `at_most` that the sum is not above zero."""
        self.equations.append(Equation(dict(terms), at_most))

    def is_sensitive(self, number: int) -> bool:
        """Whether so few are counted that somebody is given away; what the source hides is taken to be so."""
        threshold, value = self.threshold[number], self.value[number]
        if threshold == 0:
            return False
        if math.isnan(value):
            return True
        if value <= EQUAL:
            return self.hides_zero[number]
        return value < threshold - EQUAL

    def is_none(self, number: int) -> bool:
        """Whether nobody is counted, and may be seen to be nobody."""
        return self.value[number] <= EQUAL and not self.hides_zero[number]

"""Snapshots of a stock: what an earlier snapshot hides, a later one must not show (ADR 41).

Most persons of a stock are in the next snapshot too, so that a count which moves little from one to the next reveals the other.
Two counts of the same records, place and group are near if they differ by fewer persons than the threshold. A count near to one
that an earlier snapshot hides for a reason of its own is hidden and protected as a small one is. Zero is near to nothing: that
no one is left does not reveal how many there were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from warehouse.disclosure.complementary_suppression import CARRIED, Before, Choice, choose
from warehouse.disclosure.counts import EQUAL, At, Counts
from warehouse.disclosure.period_sums import SNAPSHOT
from warehouse.disclosure.suppression_units import Unit


@dataclass(frozen=True)
class _Near:
    """Two near counts of the same persons by their numbers."""

    earlier: int
    later: int


def choose_over_time(
    counts: Counts, units: Sequence[Unit], least: Sequence[float], before: Before, stocks: Collection[str]
) -> Choice:
    """What is hidden, in earlier snapshots and, since they hide it, in later ones."""
    near = _near(counts, stocks)
    shown_before = {number for unit in units if unit.is_row and unit.key in before.shown for number in unit.counts}
    # an older snapshot that comes after a newer one was published: readers know about what it would hide
    known = {pair.earlier for pair in near if pair.later in shown_before}
    protected: set[int] = set()
    while True:
        chosen = choose(counts, units, least, before, known)
        needed = _hidden_of_need(counts, units, chosen)
        found = {pair.later for pair in near if pair.earlier in needed} - protected
        if not found:
            return chosen
        protected |= found
        counts.protect(found)


def _near(counts: Counts, stocks: Collection[str]) -> list[_Near]:
    found = []
    for records in sorted(stocks):
        over_time: dict[At, list[int]] = defaultdict(list)
        for at, number in counts.of(records):
            if at.period_type == SNAPSHOT:
                over_time[at._replace(period_start=date.min)].append(number)
        for numbers in over_time.values():
            numbers.sort(key=lambda number: counts.names[number].at.period_start)
            for place, later in enumerate(numbers):
                found += [_Near(earlier, later) for earlier in numbers[:place] if _are_near(counts, earlier, later)]
    return found


def _are_near(counts: Counts, earlier: int, later: int) -> bool:
    threshold = max(counts.threshold(earlier), counts.threshold(later))
    return counts.value[later] > EQUAL and abs(counts.value[later] - counts.value[earlier]) < threshold - EQUAL


def _hidden_of_need(counts: Counts, units: Sequence[Unit], chosen: Choice) -> set[int]:
    """The counts that a snapshot hides for itself, with those of the same snapshot that no row shows."""
    rowless = set(range(len(counts))).difference(*(unit.counts for unit in units))
    needed: set[int] = set()
    for unit in units:
        is_needed = chosen.rows.get(unit.key, CARRIED) != CARRIED if unit.is_row else unit.key in chosen.unknown
        if is_needed and unit.key.at.period_type == SNAPSHOT:
            needed.update(number for number in unit.counts if chosen.counts[number])
    periods = {(counts.names[number].records, counts.names[number].at.period_start) for number in needed}
    needed |= {n for n in rowless if (counts.names[n].records, counts.names[n].at.period_start) in periods}
    return needed

"""Suppress later snapshots of a stock where they would disclose a count that an earlier snapshot hides (ADR 36).

Most persons of a stock are in the next snapshot too, so a count that changes little discloses the earlier one. Two counts of the
same records, geography and group are near if they differ by fewer persons than the threshold. A count that is near to a count
hidden by an earlier snapshot on its own account is hidden and protected like a small count. Zero is near to no count: that no
person is left does not disclose how many there were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from warehouse.disclosure.build_constraints import SNAPSHOT
from warehouse.disclosure.complementary_suppression import CARRIED, EarlierReleases, Solved, SuppressionPattern, find_pattern
from warehouse.disclosure.counts import EQUAL, Cell, CountSystem
from warehouse.disclosure.suppression_units import SuppressionUnit


def find_pattern_over_snapshots(
    counts: CountSystem,
    units: Sequence[SuppressionUnit],
    least: Sequence[float],
    before: EarlierReleases,
    stocks: Collection[str],
    already_shown: Collection[int] = frozenset(),
) -> SuppressionPattern:
    """The pattern that protects the small counts of every snapshot, and in later snapshots the counts near to hidden ones.

    `already_shown`: counts that an earlier release shows as they are now.
    """
    near = _near_pairs(counts, stocks)
    shown_before = {number for unit in units if unit.is_row and before.rows.get(unit.key) for number in unit.counts}
    # an older snapshot delivered after a newer one was published: readers already know roughly what it would hide
    known = {earlier for earlier, later in near if later in shown_before}.union(already_shown)
    protected: set[int] = set()
    solved: Solved = {}
    while True:
        chosen = find_pattern(counts, units, least, before, known, solved)
        needed = _hidden_for_its_own_counts(counts, units, chosen)
        found = {later for earlier, later in near if earlier in needed} - protected
        if not found:
            return chosen
        protected |= found
        counts.protect(found)


def _near_pairs(counts: CountSystem, stocks: Collection[str]) -> list[tuple[int, int]]:
    """The numbers of two near counts of the same records, geography and group: of the earlier snapshot, and of the later."""
    found = []
    for records in sorted(stocks):
        over_time: dict[Cell, list[int]] = defaultdict(list)
        for at, number in counts.of(records):
            if at.period_type == SNAPSHOT:
                over_time[at._replace(period_start=date.min)].append(number)
        for numbers in over_time.values():
            numbers.sort(key=lambda number: counts.names[number].at.period_start)
            for place, later in enumerate(numbers):
                found += [(earlier, later) for earlier in numbers[:place] if _are_near(counts, earlier, later)]
    return found


def _are_near(counts: CountSystem, earlier: int, later: int) -> bool:
    threshold = max(counts.threshold(earlier), counts.threshold(later))
    return counts.value[later] > EQUAL and abs(counts.value[later] - counts.value[earlier]) < threshold - EQUAL


def _hidden_for_its_own_counts(counts: CountSystem, units: Sequence[SuppressionUnit], chosen: SuppressionPattern) -> set[int]:
    """The counts that a snapshot hides on its own account, with the counts of the same snapshot that no row shows."""
    rowless = set(range(len(counts))).difference(*(unit.counts for unit in units))
    needed: set[int] = set()
    for unit in units:
        is_needed = chosen.rows.get(unit.key, CARRIED) != CARRIED if unit.is_row else unit.key in chosen.unknown
        if is_needed and unit.key.at.period_type == SNAPSHOT:
            needed.update(number for number in unit.counts if chosen.counts[number])
    periods = {(counts.names[number].records, counts.names[number].at.period_start) for number in needed}
    needed |= {n for n in rowless if (counts.names[n].records, counts.names[n].at.period_start) in periods}
    return needed

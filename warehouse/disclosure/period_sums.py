"""Build the sums over time: months to quarters and years, quarters to years, years to a pooled period.

See `build_constraints` for the sums over races, geographies and strata.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from warehouse.disclosure.counts import Cell, CountKey, CountSystem, SumConstraint

REST = "rest"
SNAPSHOT = "snapshot"
# The number of shorter periods per period. A pooled period is the sum of its years, and of months only through its years.
_PARTS = {
    "quarter": {"month": 3},
    "year": {"month": 12, "quarter": 4},
    "3_year": {"year": 3, "school_year": 3},
    "5_year": {"year": 5, "school_year": 5},
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "school_year": 12}


class PublishedKinds:
    """The kinds of counts that are published: a missing count is zero only where its kind is published."""

    def __init__(self, ats: Iterable[Cell]) -> None:
        self._kinds, self._periods = set(), set()
        for at in ats:
            self._kinds.add((at.period_type, at.geography_type, at.race, at.tabulation, at.stratum_type))
            self._periods.add((at.period_type, at.period_start, at.geography_type))

    def has(self, at: Cell) -> bool:
        """Whether counts of this race, geography type and stratum are published for this period."""
        kind = (at.period_type, at.geography_type, at.race, at.tabulation, at.stratum_type)
        return kind in self._kinds and (at.period_type, at.period_start, at.geography_type) in self._periods


def period_sums(counts: CountSystem, records: str) -> Iterator[SumConstraint]:
    """Each count of a longer period as the sum of its shorter periods, per type of shorter period that is published."""
    cells = dict(counts.of(records))
    out = PublishedKinds(cells)
    for at, whole in cells.items():
        for fine, number in _PARTS.get(at.period_type, {}).items():
            parts_at = [at._replace(period_type=fine, period_start=start) for start in _starts(at.period_start, fine, number)]
            are_out = [out.has(part) for part in parts_at]
            if any(are_out):
                parts = tuple(cells[part] for part in parts_at if part in cells)
                rest = CountKey(records, at._replace(period_type=f"{fine} {REST}"))
                yield SumConstraint((at.period_type, fine, str(all(are_out)), at.geography_type), whole, parts, rest)


def years(period_type: str, first: dt.date) -> range:
    """The years in which a period begins: one, or those of a pooled period."""
    return range(first.year, first.year + max(_PARTS.get(period_type, {}).get("school_year", 1), 1))


def _starts(first: dt.date, fine: str, number: int) -> list[dt.date]:
    months = [first.month - 1 + _MONTHS[fine] * step for step in range(number)]
    return [first.replace(year=first.year + month // 12, month=month % 12 + 1) for month in months]

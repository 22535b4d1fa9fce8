"""Make the sums over time: months to quarters and years, quarters to years, years to a pooled period.

See `sum_equations` for the sums over races, strata and places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from expectations.disclosure.equations.cells import Cells, SumEquation
from expectations.disclosure.inputs.audit_inputs import CellKey

# Months of a period, and the shorter periods whose sum each longer one is. Years are pooled as a whole.
MONTHS = {"month": 1, "quarter": 3, "year": 12, "school_year": 12, "3_year": 36, "5_year": 60}
_FINER = {
    "quarter": ("month",),
    "year": ("month", "quarter"),
    "3_year": ("year", "school_year"),
    "5_year": ("year", "school_year"),
}


class PublishedKinds:
    """The published kinds of rows: a missing row means zero only where its kind is published."""

    def __init__(self, published: Iterable[CellKey]) -> None:
        self._races: set[tuple[str, ...]] = set()
        self._periods: set[tuple[object, ...]] = set()
        for where in published:
            self._races.add((where.period_type, where.geography_type, where.race, where.tabulation, where.stratum_type))
            self._periods.add((where.period_type, where.period_start, where.geography_type))

    def has(self, where: CellKey) -> bool:
        """Whether rows of this race, kind of place and stratum are published for this period."""
        of_race = (where.period_type, where.geography_type, where.race, where.tabulation, where.stratum_type) in self._races
        return of_race and (where.period_type, where.period_start, where.geography_type) in self._periods


def period_sums(cells: Cells, records: str, out: PublishedKinds) -> Iterator[SumEquation]:
    """Months sum to quarters, months and quarters to years, years to pooled periods."""
    cells_of_records = cells.by_records[records]
    for where, whole in list(cells_of_records.items()):
        for fine in _FINER.get(where.period_type, ()):
            first, months = where.period_start, MONTHS[fine]
            starts = [_after(first, step) for step in range(0, MONTHS[where.period_type], months)]
            wheres = [where._replace(period_type=fine, period_start=start) for start in starts]
            are_out = [out.has(at) for at in wheres]
            if any(are_out):
                parts = tuple(cells_of_records[at] for at in wheres if at in cells_of_records)
                rest = where._replace(period_type=f"({fine}s of the {where.period_type} that are not published)")
                yield SumEquation((where.period_type, fine, str(all(are_out)), where.geography_type), whole, parts, rest)


def _after(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + year, month=month + 1)

"""Define which rows are hidden besides those that suppression chooses, because the audit has no answer for a count."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from warehouse.disclosure.states.planned_figures import Figure

INPUTS = "engagement_inputs"  # the name of the inputs in the seed publication_records; answers to them begin with it


@dataclass(frozen=True)
class Scope:
    """Rows to hide whatever they count, because the audit of some records has no answer there. None: any."""

    records: str
    geography_type: str | None = None
    geoid: str | None = None
    period_start: dt.date | None = None

    def has(self, figure: Figure) -> bool:
        """Whether the row counts these records, or a part of them, in this place and period."""
        counted = (figure.numerator_records, figure.denominator_records)
        at = figure.at
        return any(name is not None and name in self.records for name in counted) and self.has_place(
            at.geography_type, at.geoid, at.period_start
        )

    def has_responses(self, city: str, year: dt.date) -> bool:
        """Whether it counts the engagement inputs of the city and year, or answers to them."""
        return self.records.startswith(INPUTS) and self.has_place("city", city, year)

    def has_place(self, geography_type: str, geoid: str, period_start: dt.date) -> bool:
        """Whether the place and period are part of it."""
        return (
            self.geography_type in (None, geography_type)
            and self.geoid in (None, geoid)
            and self.period_start in (None, period_start)
        )

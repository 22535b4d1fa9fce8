"""Describe a row of `published.scorecard`, as pages show it. See docs/tables.md for its columns."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

TOTAL = "all"
PLACES = "where_people_live"  # the basis of figures of places, and not of people's own race
OUTSIDE = "outside"  # the place of what is beyond the city limits
# The kind of period that is shown where the page of the measure has none.
PERIOD_TYPES = ["year", "school_year", "snapshot", "5_year", "3_year", "multi_year", "quarter", "month"]


class Row(NamedTuple):
    """A row of `published.scorecard`: one figure, or the reason why there is none."""

    measure_id: str
    measure_version: int
    measure: str
    policy_area: str
    period_type: str
    period_start: dt.date
    period_end: dt.date
    geography_type: str
    geography_vintage: str
    geoid: str
    place: str
    race_ethnicity_code: str
    group_kind: str
    group_order: int
    basis: str
    numerator: float | None
    denominator: float | None
    value: float | None
    unit: str
    ci_low: float | None
    ci_high: float | None
    bound_low: float | None
    bound_high: float | None
    known_race_pct: float | None
    status_code: str
    city_value: float | None
    compared_with_city: str | None
    rate_ratio: float | None
    rate_ratio_ci_low: float | None
    rate_ratio_ci_high: float | None
    reference_code: str | None
    compared_with_reference: str | None
    trend_from: dt.date | None
    trend: float | None
    trend_ci_low: float | None
    trend_ci_high: float | None
    trend_word: str | None
    is_featured: bool
    data_as_of: dt.datetime | None
    is_hidden_in_public: bool = False  # of the internal site: the public file lacks a figure of the row
    compared_reason: str | None = None
    compared_with_city_reason: str | None = None
    reliability: str | None = None
    status_reason: str | None = None
    publisher_quality: str | None = None
    covered_until: dt.date | None = None
    expected_value: float | None = None
    stratum_code: str | None = None  # us2000 of a rate adjusted for age
    population_scheme: str | None = None
    population_on: dt.date | None = None
    excess: float | None = None  # of a clear gap, in people per year
    excess_low: float | None = None
    excess_high: float | None = None
    value_smoothed: float | None = None  # of a small place, for maps
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    gap_kind: str | None = None
    numerator_low: float | None = None  # where the publisher gives a range
    numerator_high: float | None = None
    range_kind: str | None = None
    trend_exclusion: str | None = None  # why trends leave out the period, in English

    @property
    def key(self) -> str:
        """What identifies the row in the file; pages carry it in `data-row`, and the gate of the pages reads it there."""
        place = (self.geography_type, self.geoid, self.race_ethnicity_code)
        return "|".join(map(str, (self.measure_id, self.period_type, self.period_start, *place)))

    @property
    def is_shown(self) -> bool:
        """Whether the row has a figure."""
        return self.value is not None and self.status_code in ("shown", "zero")

    @property
    def has_only_a_range(self) -> bool:
        """Whether no figure is known, but its bounds."""
        return self.status_code == "range_only" and self.bound_low is not None and self.bound_high is not None

    @property
    def is_total(self) -> bool:
        """Whether the row is about everyone."""
        return self.race_ethnicity_code == TOTAL

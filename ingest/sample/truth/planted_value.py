"""One planted value in the form of `truth.json`, and the values of the groups of one measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.sample.city import PLACE_GEOID


@dataclass(frozen=True)
class PlantedValue:
    """One planted value, in the grain of `marts.fct_equity_measures`; the defaults are what most truths have."""

    measure_id: str
    period_type: str
    period_start: str
    race_ethnicity_code: str
    value: float
    rate_ratio: float | None = None
    method: str = "individual"
    measure_version: int = 1
    geography_type: str = "city"
    geography_vintage: str = "current"
    geoid: str = PLACE_GEOID
    race_standard: str = "spd15_1997"
    tabulation: str = "exclusive"
    stratum_type: str = "all"
    stratum_code: str = "all"


Period = tuple[str, str]


def percent(share: float) -> float:
    """A share of 0 to 1 in percent, without the digits that floats add."""
    return round(100 * share, 9)  # 38.0, not 38.00000000000001


def by_group(
    measure: str, period: Period, values: Mapping[str, float], against: str = "", *, in_percent: bool = False, **grain: Any
) -> Iterator[PlantedValue]:
    """The value of each group, and its ratio to that of the group `against`, which the whole population has not."""
    for code, value in values.items():
        ratio = round(value / values[against], 9) if against and code not in ("all", against) else None
        yield PlantedValue(measure, *period, code, percent(value) if in_percent else value, ratio, **grain)

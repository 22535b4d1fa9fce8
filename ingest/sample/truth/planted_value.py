"""One planted value, in the form of `truth.json`.

See `truth` and `residents` for the planted values.
"""

from __future__ import annotations

from dataclasses import dataclass

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


def percent(share: float) -> float:
    """A share of 0 to 1 in percent, without the digits that floats add."""
    return round(100 * share, 9)  # 38.0, not 38.00000000000001

"""The planted deaths of the county by race, crude and adjusted for age, and the planted changes of gaps.

In the grain of `published.gap_trends`. A change that is set and not drawn has to be found as it is; of one that is drawn the
interval should contain it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ingest.sample import deaths, estimates
from ingest.sample.city import COUNTY_GEOID
from ingest.sample.truth.planted_value import PlantedValue

_RACES = {"White": "white", "Black": "black", "Hispanic": "hispanic"}
_CAUSES = (
    ("homicide_deaths_yearly", deaths.HOMICIDES, deaths.HOMICIDE_AGES),
    ("drug_deaths_yearly", deaths.DRUG_DEATHS, deaths.DRUG_AGES),
)
_STRATA = {False: ("all", "all"), True: ("adjustment", "us2000")}
_BIRTHS = ("all", "black", "hispanic", "other_groups_combined", "white")
_WORDS = {"black": "narrowed", "hispanic": "widened", "other_groups_combined": "cannot_tell"}


@dataclass(frozen=True)
class PlantedGap:
    """One planted change of a gap; `word`: the true one, where it is set and not drawn."""

    measure_id: str
    period_type: str
    race_ethnicity_code: str
    scale: str
    first_period: str
    last_period: str
    first_gap: float
    last_gap: float
    change: float
    word: str | None
    stratum_code: str = "all"
    reference_code: str = "white"
    geography_type: str = "county"
    geoid: str = COUNTY_GEOID


def death_values() -> Iterator[PlantedValue]:
    """The planted rates of the windows, of which each group has deaths enough."""
    grain: dict[str, Any] = {"geography_type": "county", "geoid": COUNTY_GEOID}
    for measure, rates, ages in _CAUSES:
        for years in deaths.WINDOWS:
            for is_adjusted, (stratum_type, stratum_code) in _STRATA.items():
                found = {
                    code: deaths.planted_rate(rates, ages, race, years, is_adjusted=is_adjusted) for race, code in _RACES.items()
                }
                for code, value in found.items():
                    row = PlantedValue(measure, "multi_year", f"{years[0]}-01-01", code, value, **grain)
                    ratio = None if code == "white" else value / found["white"]
                    yield replace(row, rate_ratio=ratio, stratum_type=stratum_type, stratum_code=stratum_code)


def gap_values() -> Iterator[PlantedGap]:
    """The planted change of each gap to White residents, as difference and as ratio."""
    shares = zip(_BIRTHS, estimates.LOW_BIRTH_WEIGHT_BEFORE, estimates.LOW_BIRTH_WEIGHT, strict=True)
    births = {code: (100 * before, 100 * now) for code, before, now in shares}
    years = (f"{estimates.FIRST_BIRTHS}-01-01", f"{estimates.LAST_BIRTHS}-01-01")
    for code, word in _WORDS.items():
        yield from _both("low_birth_weight_share", "year", code, years, births[code], births["white"], word)
    before, now = deaths.WINDOWS
    starts = (f"{before[0]}-01-01", f"{now[0]}-01-01")
    for measure, rates, ages in _CAUSES:
        for is_adjusted, (_, stratum) in _STRATA.items():
            rate = partial(deaths.planted_rate, rates, ages, is_adjusted=is_adjusted)
            found = {code: (rate(race, before), rate(race, now)) for race, code in _RACES.items()}
            for code in ("black", "hispanic"):
                for gap in _both(measure, "multi_year", code, starts, found[code], found["white"], None):
                    yield replace(gap, stratum_code=stratum)


def _both(
    measure: str,
    period_type: str,
    code: str,
    periods: tuple[str, str],
    own: tuple[float, float],
    white: tuple[float, float],
    word: str | None,
) -> Iterator[PlantedGap]:
    for scale, first, last in (
        ("absolute", own[0] - white[0], own[1] - white[1]),
        ("relative", own[0] / white[0], own[1] / white[1]),
    ):
        change = last - first if scale == "absolute" else last / first
        yield PlantedGap(measure, period_type, code, scale, *periods, first, last, change, word)


def excess_values() -> Iterator[dict[str, object]]:
    """The planted deaths per year above those at the rates by age of White residents, which stay as they are in 2020."""
    for measure, rates, ages in _CAUSES:
        for first, last in deaths.WINDOWS:
            for race, code in list(_RACES.items())[1:]:
                people = np.sum([deaths.of_race(race, year) for year in range(first, last + 1)], axis=0)
                own = deaths.planted_rate(rates, ages, race, (first, last), is_adjusted=False) * people.sum()
                yield {
                    "measure_id": measure, "period_type": "multi_year", "period_start": f"{first}-01-01", "geoid": COUNTY_GEOID,
                    "race_ethnicity_code": code, "stratum_code": _STRATA[True][1],
                    "excess": float(own - rates["White"][0] * people[ages].sum()) / 1e5 / (last - first + 1),
                }  # fmt: skip

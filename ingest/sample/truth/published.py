"""A planted value in the form of `truth.json`, the planted figures of other publishers, and the planted deaths of the county.

The figures of publishers are set and not drawn, so that each measure should equal them. Deaths are by race, crude and adjusted
for age; changes of gaps are in the grain of `published.gap_trends`. A change that is set and not drawn has to be found as it is;
of one that is drawn the interval should contain it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ingest.sample import deaths, estimates
from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID
from ingest.sample.text import word_list

_CODES = ("all", "black", "hispanic", "other_groups_combined", "white")
_ALONE = "race_alone_any_ethnicity"
_CHILDREN = {"B": "black", "H": "white", "I": "hispanic", "C": "aian", "D": "asian"}
_SHARES = {
    "employment": "employment_25_54_share", "hs_diploma": "hs_diploma_19_20_share", "preschool": "preschool_enrollment_share",
    "digital_access": "digital_access_share", "poverty_exposure": "poverty_exposure_share",
}  # fmt: skip
_INCLUDES_HISPANICS = ("black", "other_groups_combined")  # in the tables that have a race alone
_WINDOW = ("5_year", "2019-01-01")
_OF_COUNTY: dict[str, Any] = {"method": "aggregate", "geography_type": "county", "geoid": COUNTY_GEOID}
_RACES = {"White": "white", "Black": "black", "Hispanic": "hispanic"}
_CAUSES = (
    ("homicide_deaths_yearly", deaths.HOMICIDES, deaths.HOMICIDE_AGES),
    ("drug_deaths_yearly", deaths.DRUG_DEATHS, deaths.DRUG_AGES),
)
_STRATA = {False: ("all", "all"), True: ("adjustment", "us2000")}
_BIRTHS = ("all", "black", "hispanic", "other_groups_combined", "white")
_WORDS = {"black": "narrowed", "hispanic": "widened", "other_groups_combined": "cannot_tell"}


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


def published_values() -> Iterator[PlantedValue]:
    """The figures of the city in the newest window, and of its county."""
    for table, measure in _SHARES.items():
        alone = _INCLUDES_HISPANICS if table == "poverty_exposure" else ()
        for row in by_group(measure, _WINDOW, _coded(estimates.SHARES[table][1]), "white", in_percent=True, method="aggregate"):
            yield replace(row, tabulation=_ALONE) if row.race_ethnicity_code in alone else row
    yield from by_group("median_household_income", _WINDOW, _coded(estimates.INCOME[50]), method="aggregate")
    homeless = _coded([count / estimates.HOMELESS[0] for count in estimates.HOMELESS])
    school_year = ("school_year", "2021-07-01")
    yield from by_group("student_homelessness_composition", school_year, homeless, in_percent=True, method="aggregate")
    for row in by_group(
        "juvenile_arrests_per_100000", ("year", "2021-01-01"), _coded(estimates.ARRESTS), "white", method="aggregate"
    ):
        is_compared = row.race_ethnicity_code in _INCLUDES_HISPANICS
        tabulation = "exclusive" if row.race_ethnicity_code == "all" else _ALONE
        yield replace(row, tabulation=tabulation, rate_ratio=row.rate_ratio if is_compared else None)
    for measure, (name, *period) in word_list("county_measures").items():
        yield from by_group(name, (period[0], period[1]), word_list("county_health")[measure][2], "white", **_OF_COUNTY)
    births = _coded(estimates.LOW_BIRTH_WEIGHT)
    yield from by_group("low_birth_weight_share", ("year", "2022-01-01"), births, "white", in_percent=True, **_OF_COUNTY)
    poor = {code: estimates.CHILDREN[table][0] / estimates.CHILDREN[table][1] for table, code in _CHILDREN.items()}
    for row in by_group("children_in_poverty_share", _WINDOW, poor, "white", in_percent=True, **_OF_COUNTY):
        yield row if row.race_ethnicity_code in ("white", "hispanic") else replace(row, tabulation=_ALONE)


def _coded(values: Iterable[float]) -> dict[str, float]:
    """The values of a table by group."""
    return dict(zip(_CODES, values, strict=True))


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

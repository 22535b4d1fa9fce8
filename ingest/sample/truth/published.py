"""A planted value in the form of `truth.json`, the planted figures of other publishers, and the planted deaths of the county.

The figures of publishers are set and not drawn, so that each measure should equal them. Deaths are by race, crude and adjusted
for age; changes of gaps are in the grain of `published.gap_trends`. A change that is set and not drawn has to be found as it is;
of one that is drawn the interval should contain it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from operator import sub, truediv
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
_COUNTY: dict[str, Any] = {"geography_type": "county", "geoid": COUNTY_GEOID}
_OF_COUNTY = {"method": "aggregate", **_COUNTY}
_RACES = {"White": "white", "Black": "black", "Hispanic": "hispanic"}
_CAUSES = (
    ("homicide_deaths_yearly", deaths.HOMICIDES, deaths.HOMICIDE_AGES),
    ("drug_deaths_yearly", deaths.DRUG_DEATHS, deaths.DRUG_AGES),
)
_STRATA = {False: ("all", "all"), True: ("adjustment", "us2000")}
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
_Cause = tuple[str, dict[str, tuple[float, float]], slice]


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


def _rates(cause: _Cause, years: tuple[int, int], *, is_adjusted: bool) -> dict[str, float]:
    """The planted rate of each race in a window."""
    return {code: deaths.planted_rate(*cause[1:], race, years, is_adjusted=is_adjusted) for race, code in _RACES.items()}


def death_values() -> Iterator[PlantedValue]:
    """The planted rates of the windows, of which each group has deaths enough."""
    for cause, years, is_adjusted in product(_CAUSES, deaths.WINDOWS, _STRATA):
        values, (stratum_type, stratum_code) = _rates(cause, years, is_adjusted=is_adjusted), _STRATA[is_adjusted]
        for row in by_group(cause[0], ("multi_year", f"{years[0]}-01-01"), values, **_COUNTY):
            ratio = None if row.race_ethnicity_code == "white" else row.value / values["white"]
            yield replace(row, rate_ratio=ratio, stratum_type=stratum_type, stratum_code=stratum_code)


def gap_values() -> Iterator[dict[str, Any]]:
    """The planted change of each gap to White residents, as difference and as ratio."""
    before, now = (_coded(shares) for shares in (estimates.LOW_BIRTH_WEIGHT_BEFORE, estimates.LOW_BIRTH_WEIGHT))
    births = [{code: 100 * share for code, share in shares.items()} for shares in (before, now)]
    for code, word in _WORDS.items():
        grain = {"measure_id": "low_birth_weight_share", "period_type": "year", "race_ethnicity_code": code}
        yield from _gaps(grain, (estimates.FIRST_BIRTHS, estimates.LAST_BIRTHS), births, word)
    for cause, is_adjusted in product(_CAUSES, _STRATA):
        rates = [_rates(cause, years, is_adjusted=is_adjusted) for years in deaths.WINDOWS]
        for code in ("black", "hispanic"):
            grain = {"measure_id": cause[0], "period_type": "multi_year", "race_ethnicity_code": code}
            yield from _gaps(grain, [first for first, _ in deaths.WINDOWS], rates, None, _STRATA[is_adjusted][1])


def _gaps(
    grain: dict[str, str], years: Sequence[int], values: Sequence[Mapping[str, float]], word: str | None, stratum: str = "all"
) -> Iterator[dict[str, object]]:
    """One planted change on either scale, of a group's values in two periods; `word`: the true one, where it is set."""
    for scale, compared in (("absolute", sub), ("relative", truediv)):
        first, last = (compared(of[grain["race_ethnicity_code"]], of["white"]) for of in values)
        yield {
            **grain, "scale": scale, "first_period": f"{years[0]}-01-01", "last_period": f"{years[1]}-01-01",
            "first_gap": first, "last_gap": last, "change": compared(last, first), "word": word, "stratum_code": stratum,
            "reference_code": "white", **_COUNTY,
        }  # fmt: skip


def excess_values() -> Iterator[dict[str, object]]:
    """The planted deaths per year above those at the rates by age of White residents, which stay as they are in 2020."""
    for (measure, rates, ages), (first, last), (race, code) in product(_CAUSES, deaths.WINDOWS, list(_RACES.items())[1:]):
        people = np.sum([deaths.of_race(race, year) for year in range(first, last + 1)], axis=0)
        own = deaths.planted_rate(rates, ages, race, (first, last), is_adjusted=False) * people.sum()
        yield {
            "measure_id": measure, "period_type": "multi_year", "period_start": f"{first}-01-01", "geoid": COUNTY_GEOID,
            "race_ethnicity_code": code, "stratum_code": _STRATA[True][1],
            "excess": float(own - rates["White"][0] * people[ages].sum()) / 1e5 / (last - first + 1),
        }  # fmt: skip

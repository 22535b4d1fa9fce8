"""The planted figures of other publishers: each measure should equal them, because they are set and not drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ingest.sample import estimates
from ingest.sample.city import COUNTY_GEOID
from ingest.sample.text import word_list
from ingest.sample.truth.planted_value import PlantedValue, by_group

_CODES = ("all", "black", "hispanic", "other_groups_combined", "white")
_ALONE = "race_alone_any_ethnicity"
_CHILDREN = {"B": "black", "H": "white", "I": "hispanic", "C": "aian", "D": "asian"}
_SHARES = {
    "employment": "employment_25_54_share", "hs_diploma": "hs_diploma_19_20_share", "preschool": "preschool_enrollment_share",
    "digital_access": "digital_access_share", "poverty_exposure": "poverty_exposure_share",
}  # fmt: skip
_INCLUDES_HISPANICS = ("black", "other_groups_combined")  # in the tables that have a race alone
_WINDOW = ("5_year", "2019-01-01")
_COUNTY: dict[str, Any] = {"method": "aggregate", "geography_type": "county", "geoid": COUNTY_GEOID}


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
        yield from by_group(name, (period[0], period[1]), word_list("county_health")[measure][2], "white", **_COUNTY)
    births = _coded(estimates.LOW_BIRTH_WEIGHT)
    yield from by_group("low_birth_weight_share", ("year", "2022-01-01"), births, "white", in_percent=True, **_COUNTY)
    poor = {code: estimates.CHILDREN[table][0] / estimates.CHILDREN[table][1] for table, code in _CHILDREN.items()}
    for row in by_group("children_in_poverty_share", _WINDOW, poor, "white", in_percent=True, **_COUNTY):
        yield row if row.race_ethnicity_code in ("white", "hispanic") else replace(row, tabulation=_ALONE)


def _coded(values: Iterable[float]) -> dict[str, float]:
    """The values of a table by group."""
    return dict(zip(_CODES, values, strict=True))

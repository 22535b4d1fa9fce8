"""The planted figures of other publishers: each measure should equal them, because they are set and not drawn."""

from __future__ import annotations

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.estimates import acs_county, county_health, urban
from ingest.sample.truth.planted_value import PlantedValue, percent

_CODES = ("all", "black", "hispanic", "other_groups_combined", "white")
_ALONE = "race_alone_any_ethnicity"
_CHILDREN = {"B": "black", "H": "white", "I": "hispanic", "C": "aian", "D": "asian"}
# Table, measure and the groups whose figures include Hispanics.
_SHARES = {
    "employment": "employment_25_54_share", "hs_diploma": "hs_diploma_19_20_share", "preschool": "preschool_enrollment_share",
    "digital_access": "digital_access_share", "poverty_exposure": "poverty_exposure_share",
}  # fmt: skip
_DEATHS = {
    "v147": ("life_expectancy", "3_year", "2021-01-01"), "v127": ("premature_deaths_per_100000", "3_year", "2021-01-01"),
    "v015": ("homicide_deaths_per_100000", "multi_year", "2016-01-01"),
    "v148": ("firearm_deaths_per_100000", "5_year", "2018-01-01"),
    "v128": ("child_deaths_per_100000", "multi_year", "2020-01-01"),
    "v161": ("suicide_deaths_per_100000", "5_year", "2018-01-01"),
    "v135": ("injury_deaths_per_100000", "5_year", "2018-01-01"), "v039": ("crash_deaths_per_100000", "multi_year", "2016-01-01"),
    "v138": ("overdose_deaths_per_100000", "3_year", "2020-01-01"), "v014": ("teen_births_per_1000", "multi_year", "2017-01-01"),
}  # fmt: skip


def published_values() -> list[PlantedValue]:
    """The figures of the city in the newest window, and of its county."""
    return [*_of_the_city(), *_of_the_county()]


def _of_the_city() -> list[PlantedValue]:
    window, rows = ("5_year", "2019-01-01"), []
    for table, measure in _SHARES.items():
        shares = dict(zip(_CODES, urban.SHARES[table][1], strict=True))
        for code, share in shares.items():
            alone = table == "poverty_exposure" and code in ("black", "other_groups_combined")
            ratio = None if code in ("all", "white") else round(share / shares["white"], 9)
            tabulation = _ALONE if alone else "exclusive"
            rows.append(PlantedValue(measure, *window, code, percent(share), ratio, method="aggregate", tabulation=tabulation))
    incomes = dict(zip(_CODES, urban.INCOME[50], strict=True))
    rows += [
        PlantedValue("median_household_income", *window, code, income, method="aggregate") for code, income in incomes.items()
    ]
    whole = urban.HOMELESS[0]
    rows += [
        PlantedValue(
            "student_homelessness_composition", "school_year", "2021-07-01", code, percent(count / whole), method="aggregate"
        )
        for code, count in zip(_CODES, urban.HOMELESS, strict=True)
    ]
    arrests = dict(zip(_CODES, urban.ARRESTS, strict=True))
    rows += [
        PlantedValue(
            "juvenile_arrests_per_100000", "year", "2021-01-01", code, rate,
            round(rate / arrests["white"], 9) if code in ("black", "other_groups_combined") else None,
            method="aggregate", tabulation="exclusive" if code == "all" else _ALONE,
        )
        for code, rate in arrests.items()
    ]  # fmt: skip
    return rows


def _of_the_county() -> list[PlantedValue]:
    rows = []
    for measure, (name, period, start) in _DEATHS.items():
        groups = county_health.MEASURES[measure][2]
        rows += [_county(name, period, start, code, value, value / groups["white"]) for code, value in groups.items()]
    births = dict(zip(_CODES, urban.LOW_BIRTH_WEIGHT, strict=True))
    rows += [
        _county("low_birth_weight_share", "year", "2022-01-01", code, percent(share), share / births["white"])
        for code, share in births.items()
    ]
    poor = {code: acs_county.CHILDREN[table] for table, code in _CHILDREN.items()}
    for code, (children, of) in poor.items():
        ratio = children / of / (poor["white"][0] / poor["white"][1])
        tabulation = "exclusive" if code in ("white", "hispanic") else _ALONE
        rows.append(_county("children_in_poverty_share", "5_year", "2019-01-01", code, percent(children / of), ratio, tabulation))
    return rows


def _county(
    measure: str, period: str, start: str, code: str, value: float, ratio: float, tabulation: str = "exclusive"
) -> PlantedValue:
    compared = None if code in ("all", "white") else round(ratio, 9)
    return PlantedValue(
        measure, period, start, code, value, compared, method="aggregate", geography_type="county", geoid=COUNTY_GEOID,
        tabulation=tabulation,
    )  # fmt: skip

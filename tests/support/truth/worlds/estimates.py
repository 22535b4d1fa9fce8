"""Figures of other publishers by race: with an interval, without one, from margins of error, or as a composition."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Numbers, Switches, World, alike, years

# Measure: source, published measure, unit, whether it has an interval, and the figure of White.
_FIGURES = {
    "employment_25_54_share": ("urban__employment", "share_employed", "percent", True, 80.0),
    "hs_diploma_19_20_share": ("urban__hs_diploma", "share_hs_degree", "percent", True, 85.0),
    "preschool_enrollment_share": ("urban__preschool", "share_in_preschool", "percent", True, 40.0),
    "digital_access_share": ("urban__digital_access", "share_digital_access", "percent", False, 70.0),
    "poverty_exposure_share": ("urban__poverty_exposure", "share_poverty_exposure", "percent", False, 20.0),
    "juvenile_arrests_per_100000": ("urban__juvenile_arrests", "rate_juv_arrest", "per_100000", False, 700.0),
    "debt_in_collections_share": ("urban__debt_collections", "share_debt_coll", "percent", False, 20.0),
    "low_birth_weight_share": ("urban__low_birth_weight", "rate_low_birth_weight", "percent", True, 7.0),
    "infant_deaths_per_1000_births": ("chr__county_health", "v129", "per_1000", True, 4.0),
    "life_expectancy": ("chr__county_health", "v147", "years", True, 77.0),
    "premature_deaths_per_100000": ("chr__county_health", "v127", "per_100000", True, 380.0),
    "homicide_deaths_per_100000": ("chr__county_health", "v015", "per_100000", True, 9.0),
    "firearm_deaths_per_100000": ("chr__county_health", "v148", "per_100000", True, 10.0),
    "overdose_deaths_per_100000": ("chr__county_health", "v138", "per_100000", True, 56.0),
    "child_deaths_per_100000": ("chr__county_health", "v128", "per_100000", True, 34.0),
    "suicide_deaths_per_100000": ("chr__county_health", "v161", "per_100000", True, 16.0),
    "injury_deaths_per_100000": ("chr__county_health", "v135", "per_100000", True, 148.0),
    "crash_deaths_per_100000": ("chr__county_health", "v039", "per_100000", True, 7.4),
    "teen_births_per_1000": ("chr__county_health", "v014", "per_1000", True, 5.0),
}
MEASURES = (*_FIGURES, "children_in_poverty_share", "student_homelessness_composition")
TIMES = 4  # over few seeds, the mean of one of so many measures is soon off by chance
_ERROR = 0.04  # standard error of a figure, as a part of it
_CHILDREN = np.array([9_000.0, 6_000.0, 4_000.0, 2_000.0])
_POOR = np.array([0.10, 0.35, 0.25, 0.20])
_VARIANCE = 30.0  # of an estimate, per person
_HOMELESS, _HOMELESS_SHARE = 3_000, np.array([0.15, 0.60, 0.15, 0.10])
_LINES = (("B17020_003", "B17020_004", "B17020_005"), ("B17020_011", "B17020_012", "B17020_013"))
_RACES = np.array(town.RACES)


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    truths = alike(np.linspace(1.0, 1.2, len(_RACES)), switches)
    for measure, (source, published, unit, has_interval, figure) in _FIGURES.items():
        truth = figure * truths
        error = np.broadcast_to(_ERROR * truth, (seeds, len(_RACES)))
        value = truth + error * rng.standard_normal(error.shape)
        half = 1.959964 * error if has_interval else np.full(error.shape, np.nan)
        _fact(world, seeds, source, published, unit, "confidence_95" if has_interval else "none", value, half)
        world.truth(measure, **_when(seeds), race_ethnicity_code=_RACES, truth=truth)
    poor = alike(_POOR, switches)
    for lines, people in zip(_LINES, (_CHILDREN * poor, _CHILDREN * (1 - poor)), strict=True):
        for line in lines:
            part = np.broadcast_to(people / len(lines), (seeds, len(_RACES)))
            error = np.sqrt(_VARIANCE * part)
            estimates = np.maximum(part + error * rng.standard_normal(part.shape), 0)
            _fact(world, seeds, "census__acs_county", line, "count", "margin_90", estimates, 1.645 * error)
    world.truth("children_in_poverty_share", **_when(seeds), race_ethnicity_code=_RACES, truth=100 * poor)
    counts = rng.multinomial(_HOMELESS, _HOMELESS_SHARE, size=seeds).astype(float)
    whole = np.column_stack([counts, counts.sum(axis=1)])
    nothing = np.full(whole.shape, np.nan)
    races = np.array([*town.RACES, "all"])
    _fact(world, seeds, "urban__student_homelessness", "count_homeless", "count", "none", whole, nothing, races)
    world.truth("student_homelessness_composition", **_when(seeds), race_ethnicity_code=_RACES, truth=100 * _HOMELESS_SHARE)
    return world


def _when(seeds: int) -> dict[str, Any]:
    return {
        "period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None], "method": "aggregate", "geoid": town.GEOID,
    }  # fmt: skip


def _fact(
    world: World, seeds: int, source: str, published: str, unit: str, bounds: str, value: Numbers, half: Numbers,
    races: Any = _RACES,
) -> None:  # fmt: skip
    """Figures of all seeds, of which each is a year."""
    first_day = np.repeat(years(seeds), len(races))
    world.fact(
        "fct_published_estimates", source=source, jurisdiction=town.GEOID, published_measure=published, geography_type="city",
        geography_vintage="current", geoid=town.GEOID, period_start=first_day,
        period_end=(first_day.astype("datetime64[Y]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D"),
        race_standard="spd15_1997", race_ethnicity_code=np.tile(races, seeds), group_kind="people", stratum_type="all",
        stratum_code="all", value=value.ravel(), unit=unit, bound_low=_missing(value - half), bound_high=_missing(value + half),
        bound_kind=bounds, is_reporting_change=False,
    )  # fmt: skip


def _missing(bound: Numbers) -> list[float | None]:
    return [None if np.isnan(number) else float(number) for number in bound.ravel()]

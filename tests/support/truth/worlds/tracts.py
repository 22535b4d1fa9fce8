"""Deliveries by tract: foreclosures with their parcels, evictions with their renters, and modelled prevalences."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, years

MEASURES = (
    "foreclosures_per_1000_parcels", "eviction_filings_per_100_renter_households", "diabetes_prevalence", "copd_prevalence",
    "poor_mental_health_prevalence",
)  # fmt: skip
TIMES = 4  # the errors of all tracts of a year are one draw, nearly: a seed is one interval
_PARCELS = 300 + 40 * (np.arange(town.TRACTS) % 7)
_FORECLOSED = 0.006 + 0.04 * np.linspace(0, 1, town.TRACTS)
_RENTERS = 250 + 30 * (np.arange(town.TRACTS) % 5)
_FILED = 0.02 + 0.12 * np.linspace(0, 1, town.TRACTS)
_COUNTY = "55079"
_CONDITIONS = {"diabetes": 11.0, "copd": 6.0, "poor_mental_health": 15.0}
_ERROR = 0.08  # standard error of an estimate, as a part of it
_CORRELATION = 0.75  # of the errors of two tracts in one year, as the seed row estimate_year_correlation states it


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world, foreclosed_share = World(), alike(_FORECLOSED, switches)
    tract, first_day = np.tile(np.arange(town.TRACTS), seeds), np.repeat(years(seeds), town.TRACTS)
    geoid = np.unique(town.TRACT_GEOID)[tract]
    period = {
        "period_start": first_day,
        "period_end": (first_day.astype("datetime64[Y]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D"),
    }
    world.fact(
        "fct_foreclosures_by_tract", source="dcd__foreclosures", jurisdiction=town.GEOID, tract_vintage="2020", tract_geoid=geoid,
        **period, private_parcels_count=_PARCELS[tract], foreclosures_count=rng.poisson((_PARCELS * foreclosed_share)[tract]),
    )  # fmt: skip
    halves = np.where(town.TRACT == 0, 0.5, 1.0)  # as the bridge divides the first tract
    of_year = {"period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None], "method": "aggregate"}
    for place in ("city", "tract", "aldermanic_district", "police_district"):
        geoids, parcels = town.sums(halves * _PARCELS[town.TRACT], place)
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0], "geoid": geoids}
        foreclosed = town.sums(1_000 * halves * (_PARCELS * foreclosed_share)[town.TRACT], place)[1]
        world.truth("foreclosures_per_1000_parcels", **of_year, **geography, truth=foreclosed / parcels)
    by_race = {"geoid": town.GEOID, "race_ethnicity_code": np.array([*town.RACES, "all"])}
    of_year = {"period_start": years(seeds)[:, None, None], "seed": np.arange(seeds)[:, None, None], "method": "place_weighted"}
    means = town.weighted(1_000 * foreclosed_share[town.TRACT], "city")[1]
    world.truth("foreclosures_per_1000_parcels", **of_year, **by_race, truth=means)
    _evictions(world, rng, seeds, switches)
    for condition, lowest in _CONDITIONS.items():
        truth = lowest * alike(1 + np.linspace(0, 1, town.TRACTS), switches)
        error = _ERROR * truth
        of_model = np.sqrt(_CORRELATION) * rng.standard_normal((seeds, 1))
        of_tract = np.sqrt(1 - _CORRELATION) * rng.standard_normal((seeds, town.TRACTS))
        estimate = truth + error * (of_model + of_tract)
        world.fact(
            "fct_health_outcomes_by_tract", source="mhd__chronic_disease", jurisdiction=town.GEOID, geography_type="tract",
            geography_vintage="2010", geoid=geoid, **period, condition_code=condition, value_status="computed",
            estimate_pct=estimate.ravel(), estimate_pct_low=(estimate - 1.959964 * error).ravel(),
            estimate_pct_high=(estimate + 1.959964 * error).ravel(),
        )  # fmt: skip
        tracts = {"geography_type": "tract", "geography_vintage": "2010", "geoid": np.unique(town.TRACT_GEOID)}
        delivered = {"period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None], "method": "aggregate"}
        world.truth(f"{condition}_prevalence", **delivered, **tracts, truth=truth)
        means = town.weighted(truth[town.TRACT], "city")[1]
        world.truth(f"{condition}_prevalence", **of_year, **by_race, truth=means)
    return world


def _evictions(world: World, rng: np.random.Generator, seeds: int, switches: Switches) -> None:
    """Filings in tracts of 2010, of which the county is the sum and the kinds of tracts are two halves."""
    filed, geoids = alike(_FILED, switches), np.unique(town.TRACT_GEOID)
    first_day, tract = np.repeat(years(seeds), town.TRACTS), np.tile(np.arange(town.TRACTS), seeds)
    kinds = np.where(np.arange(town.TRACTS) < town.TRACTS // 2, "white", "black")
    world.fact(
        "fct_evictions_by_tract", source="dns__evictions", jurisdiction=_COUNTY, geography_type="tract", geography_vintage="2010",
        geoid=geoids[tract], period_start=first_day,
        period_end=(first_day.astype("datetime64[Y]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D"),
        filings_count=rng.poisson((_RENTERS * filed)[tract]), renter_households_count=_RENTERS[tract],
        place_majority_code=kinds[tract], value_status="computed",
    )  # fmt: skip
    measure = "eviction_filings_per_100_renter_households"
    window = {"period_type": "multi_year", "period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None]}
    delivered = window | {"method": "aggregate"}
    world.truth(measure, **delivered, geography_type="tract", geography_vintage="2010", geoid=geoids, truth=100 * filed)
    for kind in ("white", "black"):
        is_kind = kinds == kind
        rate = 100 * (_RENTERS * filed)[is_kind].sum() / _RENTERS[is_kind].sum()
        of_kind = {"stratum_type": "place_majority", "stratum_code": kind}
        world.truth(measure, **delivered, **of_kind, geography_type="county", geoid=_COUNTY, truth=np.array([rate]))
    by_race = {"geoid": town.GEOID, "race_ethnicity_code": np.array([*town.RACES, "all"])}
    pieces = {"period_start": years(seeds)[:, None, None], "seed": np.arange(seeds)[:, None, None], "period_type": "multi_year"}
    means = town.weighted(100 * filed[town.TRACT], "city")[1]
    world.truth(measure, **pieces, **by_race, method="place_weighted", truth=means)

"""The census: the composition of many neighborhoods, each another seed, on a map of their own so that no event lies in them."""

from __future__ import annotations

import numpy as np

from tests.truth.planted import Switches, World

MEASURES = ("population_by_race",)
_PEOPLE = 1_500
_LIVE_THERE = {"white": 0.40, "black": 0.34, "hispanic": 0.17, "asian": 0.05, "multiracial": 0.036, "aian": 0.004}


def plant(rng: np.random.Generator, seeds: int, _: Switches) -> World:
    races, shares = [*_LIVE_THERE], np.array([*_LIVE_THERE.values()])
    people = np.column_stack([rng.multinomial(_PEOPLE, shares, size=seeds), np.full(seeds, _PEOPLE)])
    where = np.array([f"NEIGHBORHOOD {seed}" for seed in range(seeds)])
    world = World()
    world.fact(
        "fct_population", population_scheme="pl_2020", race_standard="spd15_1997", age_universe="total", source="census__blocks_2020",
        geography_type="neighborhood", geography_vintage="planted", geoid=np.repeat(where, len(races) + 1), fit_quality="exact",
        race_ethnicity_code=np.tile([*races, "all"], seeds), population=people.ravel().astype(float),
    )  # fmt: skip
    world.truth(
        "population_by_race", period_type="snapshot", period_start=np.datetime64("2020-04-01"), seed=np.arange(seeds)[:, None],
        geography_type="neighborhood", geography_vintage="planted", geoid=where[:, None], method="aggregate",
        race_ethnicity_code=np.array(races), truth=100 * shares,
    )  # fmt: skip
    return world

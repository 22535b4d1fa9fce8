"""The census: residents of many neighborhoods, children in many districts, and residents of the tracts of many lists.

Each neighborhood and each district is another seed, on its own map so that it contains no event. The residents of listed tracts
are a sum and nothing is drawn: the value is right or wrong, and its interval contains the truth in any case.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Numbers, Switches, World

MEASURES = ("population_by_race", "children_share", "residents_in_qct_share")
TIMES = 8
_PEOPLE = 1_500
# Each group has far more or far fewer children than the 20 below which there is no ratio: leaving out groups because of few
# children would bias the mean of the others upward.
_PEOPLE_OF_DISTRICT = 4_000
_LIVE_THERE = {"white": 0.40, "black": 0.34, "hispanic": 0.17, "asian": 0.05, "multiracial": 0.036, "aian": 0.004}
_CHILDREN = np.array([0.16, 0.31, 0.36, 0.22, 0.42, 0.28])
_CENSUS_DAY = np.datetime64("2020-04-01")


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    shares = np.array([*_LIVE_THERE.values()])
    people = rng.multinomial(_PEOPLE, shares, size=seeds)
    where = np.array([f"NEIGHBORHOOD {seed}" for seed in range(seeds)])
    _people(world, "neighborhood", where, "total", people)
    _truth(world, "population_by_race", "neighborhood", where, 100 * shares)
    _children(world, rng, seeds, np.full(len(shares), _CHILDREN @ shares) if switches.shuffled else _CHILDREN)
    _lists(world, rng, seeds)
    return world


def _children(world: World, rng: np.random.Generator, seeds: int, share: Numbers) -> None:
    people = rng.multinomial(_PEOPLE_OF_DISTRICT, [*_LIVE_THERE.values()], size=seeds)
    where = np.array([f"DISTRICT {seed}" for seed in range(seeds)])
    _people(world, "aldermanic_district", where, "total", people)
    _people(world, "aldermanic_district", where, "18_and_over", people - rng.binomial(people, share))
    rest = ((people * share).sum(axis=1, keepdims=True) - people * share) / (_PEOPLE_OF_DISTRICT - people)
    _truth(world, "children_share", "aldermanic_district", where, 100 * share, 100 * rest)


def _people(world: World, place: str, where: Any, ages: str, people: Any) -> None:
    races = [*_LIVE_THERE, "all"]
    world.fact(
        "fct_population", population_scheme="pl_2020", race_standard="spd15_1997", age_universe=ages,
        source="census__blocks_2020", geography_type=place, geography_vintage="planted", geoid=np.repeat(where, len(races)),
        fit_quality="exact", race_ethnicity_code=np.tile(races, len(where)),
        population=np.column_stack([people, people.sum(axis=1)]).ravel().astype(float),
    )  # fmt: skip


def _truth(world: World, measure: str, place: str, where: Any, truth: Numbers, rest: Any = np.nan) -> None:
    world.truth(
        measure, period_type="snapshot", period_start=_CENSUS_DAY, seed=np.arange(len(where))[:, None], geography_type=place,
        geography_vintage="planted", geoid=where[:, None], method="aggregate", race_ethnicity_code=np.array([*_LIVE_THERE]),
        truth=truth, rest_truth=rest,
    )  # fmt: skip


def _lists(world: World, rng: np.random.Generator, seeds: int) -> None:
    tracts, days = np.unique(town.TRACT_GEOID), np.datetime64("2123-01-01") + np.arange(seeds)
    people = np.stack([np.bincount(town.TRACT, of_race) for of_race in town.PEOPLE.T], axis=1)  # tract × race
    is_listed = rng.permuted(np.tile(np.arange(len(tracts)) < len(tracts) // 3, (seeds, 1)), axis=1)
    seed, tract = np.nonzero(is_listed)
    world.fact(
        "qualified_census_tracts", city_geoid=town.GEOID, tract_geoid=tracts[tract], tract_vintage="2020", valid_from=days[seed],
        valid_to=days[seed], note="planted",
    )  # fmt: skip
    inside, everybody = is_listed @ people, people.sum(axis=0)
    rest = (inside.sum(axis=1, keepdims=True) - inside) / (everybody.sum() - everybody)
    world.truth(
        "residents_in_qct_share", period_type="snapshot", period_start=days[:, None], seed=np.arange(seeds)[:, None],
        geoid=town.GEOID, method="aggregate", race_ethnicity_code=np.array(town.RACES), truth=100 * inside / everybody,
        rest_truth=100 * rest,
    )  # fmt: skip

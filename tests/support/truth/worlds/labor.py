"""Positions per 1,000 people of the labor force, for which a survey gives one estimate and each seed another truth.

All seeds share the estimate, because there is one city. They differ in the true labor force, by the estimate's margin of error.
The positions are in other years than those of `staff`.
"""

from __future__ import annotations

import numpy as np

from tests.support.truth.planted import FIRST_YEAR, LATER, Switches, World, cells, with_unknown
from tests.support.truth.town import GEOID

MEASURES = ("positions_per_1000_labor_force",)
TIMES = 4
_ESTIMATED = {"white": 24_000, "black": 16_000, "hispanic": 8_000, "asian_or_nhpi": 3_000}
_PER_PERSON = np.array([0.020, 0.014, 0.016, 0.030])
_ERROR = np.array([0.05, 0.07, 0.10, 0.14])  # standard error of an estimate, as a part of it


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    races, estimated = np.array([*_ESTIMATED]), np.array([*_ESTIMATED.values()], dtype=float)
    people = estimated * (1 + _ERROR * rng.standard_normal((seeds, len(races))))
    seed, race = cells(rng.poisson(people * _PER_PERSON), np.arange(seeds), np.arange(len(races)))
    days = np.datetime64(f"{FIRST_YEAR + LATER}-01-01") + np.arange(seeds)
    world = World()
    noted = with_unknown(rng, races[race], np.zeros(len(race), dtype=bool), switches, "not_collected")
    world.fact(
        "fct_employees", source="der__employees", jurisdiction=GEOID, race_standard="spd15_1997", occurred_on=days[seed],
        race_ethnicity_code=noted, race_ethnicity_code_1997=noted,
    )  # fmt: skip
    errors = estimated * _ERROR
    world.fact(
        "fct_population", population_scheme="eeo4_labor_force", race_standard="spd15_1997",
        age_universe="labor_force_16_and_over", source="census__labor_force", geography_type="city", geography_vintage="current",
        geoid=GEOID, fit_quality="exact",
        race_ethnicity_code=np.array([*races, "all"]), population=np.append(estimated, estimated.sum()),
        moe=1.645 * np.append(errors, np.sqrt((errors**2).sum())),
    )  # fmt: skip
    everybody = (people * _PER_PERSON).sum(axis=1) / people.sum(axis=1)
    rates = np.column_stack([np.broadcast_to(_PER_PERSON, people.shape), everybody])
    world.truth(
        "positions_per_1000_labor_force", period_type="snapshot", period_start=days[:, None], seed=np.arange(seeds)[:, None],
        geoid=GEOID, race_ethnicity_code=np.array([*races, "all"]), truth=1_000 * rates,
    )  # fmt: skip
    return world

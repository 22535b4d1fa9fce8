"""People killed by police: counts of a whole register, which are a draw of the risk of each group."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, years

MEASURES = ("people_killed_by_police",)
TIMES = 4
_DEATHS = np.array([14.0, 26.0, 6.0, 2.0])


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    expected = alike(_DEATHS, switches)
    counts = rng.poisson(expected, size=(seeds, len(town.RACES)))
    seed = np.repeat(np.arange(seeds), counts.sum(axis=1))
    race = np.concatenate([np.repeat(np.arange(len(town.RACES)), row) for row in counts])
    first_day = years(seeds)[seed]
    last_day = (first_day.astype("datetime64[Y]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    world = World()
    world.fact(
        "fct_fatal_shootings", source="fpc__fatal_shootings", jurisdiction=town.GEOID[:2], race_standard="spd15_1997",
        period_start=first_day, period_end=last_day,
        race_ethnicity_code=np.array(town.RACES)[race], city_geoid=town.GEOID,
    )  # fmt: skip
    window = {"period_type": "multi_year", "period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None]}
    groups = np.array([*town.RACES, "all"])
    truth = np.array([*expected, expected.sum()])
    world.truth("people_killed_by_police", **window, geoid=town.GEOID, race_ethnicity_code=groups, truth=truth)
    return world

"""Children tested for lead: elevated results per group and district, by both definitions."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import (
    FIRST_YEAR,
    LATER,
    Switches,
    World,
    cells,
    days_within,
    dealt,
    windows,
    with_unknown,
    years,
)

MEASURES = ("children_elevated_lead_share",)
_TESTED = {"white": 0.44, "black": 0.34, "hispanic": 0.16, "asian": 0.06}
_CHILDREN = 2_000  # per year; enough for 20 elevated results of white children, the reference, in each district
_ELEVATED = np.array([0.20, 0.42, 0.32, 0.36])
_OF_DISTRICT = np.array([1.2, 1.1, 0.9, 0.8])
_FIRST_YEARS = {1: FIRST_YEAR + LATER, 2: FIRST_YEAR}  # of each version; the fact has its years


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    races, tested = np.array([*_TESTED]), np.array([*_TESTED.values()])
    pieces_of = np.array([np.flatnonzero(at == town.DISTRICT)[0] for at in range(town.DISTRICTS)])
    elevated = np.outer(_OF_DISTRICT, np.full(len(races), _ELEVATED @ tested) if switches.shuffled else _ELEVATED)
    for version, first_year in _FIRST_YEARS.items():
        first_days = years(seeds, first_year)
        children = rng.multinomial(_CHILDREN // town.DISTRICTS, tested, size=(seeds, town.DISTRICTS))
        seed, district, race = cells(children, np.arange(seeds), np.arange(town.DISTRICTS), np.arange(len(races)))
        is_elevated = rng.random(len(race)) < elevated[district, race]
        labels = dealt(rng, town.DISTRICTS * seed + district, races[race]) if switches.shuffled else races[race]
        world.fact(
            "fct_lead_tests", source="mhd__lead_tests", **town.placed(pieces_of[district]), race_standard="spd15_1997",
            occurred_on=days_within(rng, first_days[seed], 364), case_definition_version=version, is_elevated=is_elevated,
            race_ethnicity_code=with_unknown(rng, labels, is_elevated, switches, "not_collected"),
        )  # fmt: skip
        year = {"period_start": first_days[:, None, None], "seed": np.arange(seeds)[:, None, None], "measure_version": version}
        shares = 100 * np.column_stack([elevated, elevated @ tested])
        for place, truth in (("city", shares.mean(axis=0, keepdims=True)), ("aldermanic_district", shares)):
            world.truth(
                "children_elevated_lead_share", **year, geography_type=place, geography_vintage=town.PLACES[place][0],
                geoid=np.unique(town.PLACES[place][1])[:, None], race_ethnicity_code=np.array([*races, "all"]), truth=truth,
            )  # fmt: skip
        pooled_days, last_seeds = windows(seeds, 3, 2025, first_year)
        pooled = {"period_type": "3_year", "period_start": pooled_days[:, None, None], "seed": last_seeds[:, None, None]}
        for place, truth in (("city", shares.mean(axis=0, keepdims=True)), ("aldermanic_district", shares)):
            world.truth(
                "children_elevated_lead_share", **(year | pooled), geography_type=place,
                geography_vintage=town.PLACES[place][0], geoid=np.unique(town.PLACES[place][1])[:, None],
                race_ethnicity_code=np.array([*races, "all"]), truth=truth,
            )  # fmt: skip
    return world

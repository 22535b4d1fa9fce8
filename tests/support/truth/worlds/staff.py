"""The city's staff on many days: numbers, and the median pay of each group at each level."""

from __future__ import annotations

import numpy as np

from tests.support.truth.planted import Switches, World, cells, dealt, with_unknown
from tests.support.truth.town import GEOID

MEASURES = ("workforce_composition", "pay_median")
_POSITIONS = 900
_STAFF = {"white": 0.50, "black": 0.28, "hispanic": 0.12, "asian_or_nhpi": 0.06, "aian": 0.04}
_PAY = {"white": 70_000, "black": 56_000, "hispanic": 60_000, "asian_or_nhpi": 66_000, "aian": 52_000}
_LEVELS, _OF_LEVEL = np.array(["2", "6"]), np.array([1.4, 0.8])
_SPREAD = 0.20  # of pay, as a part of the median; even on both sides, so that the median of a few is on average that of all


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    races, pay = np.array([*_STAFF]), np.array([*_PAY.values()], dtype=float)
    counts = rng.multinomial(_POSITIONS, np.repeat([*_STAFF.values()], 2) / 2, size=seeds).reshape(seeds, len(races), 2)
    seed, race, level = cells(counts, np.arange(seeds), np.arange(len(races)), np.arange(2))
    if switches.shuffled:
        pay = np.full(len(pay), pay[0])
    amount = pay[race] * _OF_LEVEL[level] * rng.normal(1, _SPREAD, len(race))
    labels = races[race]
    if switches.shuffled:
        labels = dealt(rng, seed, labels)
    world = World()
    days = np.datetime64("2023-01-01") + np.arange(seeds)
    noted = with_unknown(rng, labels, amount > 60_000, switches, "not_collected")
    world.fact(
        "fct_employees", source="der__employees", jurisdiction=GEOID, race_standard="spd15_1997", occurred_on=days[seed],
        eeo4_level_code=_LEVELS[level], annual_pay_usd=np.rint(amount), race_ethnicity_code=noted,
    )  # fmt: skip
    day = {"period_type": "snapshot", "geoid": GEOID}
    world.truth(
        "workforce_composition", **day, period_start=days[:, None], seed=np.arange(seeds)[:, None], race_ethnicity_code=races,
        truth=100 * np.array([*_STAFF.values()]),
    )  # fmt: skip
    world.truth(
        "pay_median", **day, period_start=days[:, None, None], seed=np.arange(seeds)[:, None, None], stratum_type="eeo4_level",
        stratum_code=_LEVELS[:, None], race_ethnicity_code=races, truth=np.multiply.outer(_OF_LEVEL, pay),
    )  # fmt: skip
    return world

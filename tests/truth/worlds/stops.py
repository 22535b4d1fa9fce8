"""Stops: who is stopped, and who of them is searched; race as the officer noted it, or nobody."""

from __future__ import annotations

import numpy as np

from tests.truth.planted import Switches, World, cells, days_within, dealt, months, quarters, with_unknown, years
from tests.truth.town import GEOID

MEASURES = ("stops_searched_share", "stops_by_race")
_A_MONTH = 600  # so many that whites, with whom all are compared, have 20 searches in each month
_STOPPED = {"white": 0.34, "black": 0.40, "hispanic": 0.13, "aian": 0.06, "asian": 0.04, "other_race": 0.03}
_SEARCHED = {"white": 0.20, "black": 0.42, "hispanic": 0.28, "aian": 0.55, "asian": 0.24, "other_race": 0.32}


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    races, searched = np.array([*_STOPPED]), np.array([*_SEARCHED.values()])
    counts = rng.multinomial(_A_MONTH, [*_STOPPED.values()], size=12 * seeds)
    month, race = cells(counts, np.arange(12 * seeds), np.arange(len(races)))
    outcome = rng.random(len(race)) < searched[race]
    labels = races[race]
    if switches.shuffled:
        labels = dealt(rng, month, labels)
    world = World()
    world.fact(
        "fct_police_stops", source="fpc__police_stops", jurisdiction=GEOID, race_standard="spd15_1997",
        occurred_on=days_within(rng, months(seeds).ravel()[month]), is_person_searched=outcome,
        race_ethnicity_code=with_unknown(rng, labels, outcome, switches),
    )  # fmt: skip
    everybody = float(searched @ np.array([*_STOPPED.values()]))
    shares = np.array([*([everybody] * len(races) if switches.shuffled else searched), everybody])
    for kind, first_days in (("month", months(seeds)), ("quarter", quarters(seeds)), ("year", years(seeds)[:, None])):
        period = {
            "period_type": kind,
            "period_start": first_days[:, :, None],
            "seed": np.arange(seeds)[:, None, None],
            "geoid": GEOID,
        }
        world.truth("stops_searched_share", **period, race_ethnicity_code=np.array([*races, "all"]), truth=100 * shares)
        world.truth("stops_by_race", **period, race_ethnicity_code=races, truth=100 * np.array([*_STOPPED.values()]))
    return world

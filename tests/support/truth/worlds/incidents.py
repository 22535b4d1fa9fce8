"""Reported offenses of a declared year, by tract; an incident may have several."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, cells, years

MEASURES = ("incidents_per_1000", "violent_offences_per_1000")
_PER_RESIDENT = 0.02 + 0.06 * np.linspace(0, 1, town.TRACTS)
_OFFENCES = {
    "arson": 0.004, "assault": 0.30, "burglary": 0.10, "homicide": 0.002, "robbery": 0.06, "sex_offense": 0.02, "theft": 0.35,
}  # fmt: skip
_VIOLENT = 1 - np.prod([1 - _OFFENCES[name] for name in ("assault", "homicide", "robbery", "sex_offense")])


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    per_resident = alike(_PER_RESIDENT, switches)[town.TRACT]
    expected = per_resident * town.RESIDENTS
    year, piece = cells(rng.poisson(np.broadcast_to(expected, (seeds, town.PIECES))), np.arange(seeds), np.arange(town.PIECES))
    first_day = years(seeds)[year]
    is_offence = {f"is_{name}": rng.random(len(year)) < share for name, share in _OFFENCES.items()}
    world = World()
    world.fact(
        "fct_incidents", source="mpd__incidents", **town.placed(piece), period_start=first_day,
        period_end=(first_day.astype("datetime64[Y]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D"), **is_offence,
    )  # fmt: skip
    names, shares = np.array([*_OFFENCES]), np.array([*_OFFENCES.values()])
    for place in town.PLACES:
        geoids, events = town.sums(expected, place)
        residents = town.sums(town.RESIDENTS, place)[1]
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0]}
        of_year = {"period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None], "geoid": geoids}
        world.truth("incidents_per_1000", **of_year, **geography, truth=1000 * events / residents)
        world.truth("violent_offences_per_1000", **of_year, **geography, truth=1000 * _VIOLENT * events / residents)
        if place in ("city", "police_district"):
            of_year = {key: value[..., None] for key, value in of_year.items()}
            rates = np.multiply.outer(1000 * events / residents, shares)
            world.truth("incidents_per_1000", **of_year, **geography, stratum_type="offence", stratum_code=names, truth=rates)
        if place in ("city", "aldermanic_district"):
            means = town.weighted(1000 * per_resident, place)[1]
            for measure, part in (("incidents_per_1000", 1), ("violent_offences_per_1000", _VIOLENT)):
                world.truth(
                    measure, period_start=years(seeds)[:, None, None], seed=np.arange(seeds)[:, None, None], **geography,
                    geoid=geoids[:, None], method="place_weighted", race_ethnicity_code=np.array([*town.RACES, "all"]),
                    truth=part * means,
                )  # fmt: skip
    return world

"""Stops: persons, places and reasons, and searches and citations among them; race as the officer recorded it, or unknown."""

from __future__ import annotations

import numpy as np

from tests.support.truth.planted import Numbers, Switches, World, cells, days_within, dealt, months, quarters, with_unknown, years
from tests.support.truth.town import GEOID

MEASURES = (
    "stops_searched_share", "stops_vehicle_searched_share", "stops_cited_share", "stops_search_recorded_share", "stops_by_race",
)  # fmt: skip
_ANSWERED = 0.85  # share of stops with answers on searches; citations are answered half as often
_A_MONTH = 710  # enough for 20 searches of white persons, the reference, in each month
_STOPPED = {"white": 0.34, "black": 0.40, "hispanic": 0.13, "aian": 0.06, "asian": 0.04, "other_race": 0.03}
_SEARCHED = {"white": 0.20, "black": 0.42, "hispanic": 0.28, "aian": 0.55, "asian": 0.24, "other_race": 0.32}
_VEHICLE = {"white": 0.16, "black": 0.31, "hispanic": 0.25, "aian": 0.22, "asian": 0.18, "other_race": 0.20}
_CITED = {"white": 0.36, "black": 0.44, "hispanic": 0.52, "aian": 0.30, "asian": 0.40, "other_race": 0.33}
_PRECINCTS = np.array([f"{GEOID}/{precinct}" for precinct in (1, 2, 3)])
_REASONS = np.array(["traffic", "suspicious"])


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    races = np.array([*_STOPPED])
    searched, vehicle, cited = (np.array([*planted.values()]) for planted in (_SEARCHED, _VEHICLE, _CITED))
    counts = rng.multinomial(_A_MONTH, [*_STOPPED.values()], size=12 * seeds)
    month, race = cells(counts, np.arange(12 * seeds), np.arange(len(races)))
    size = len(race)
    outcome = rng.random(size) < searched[race]
    labels = races[race]
    if switches.shuffled:
        labels = dealt(rng, month, labels)
    answered = rng.random(size) < _ANSWERED
    world = World()
    world.fact(
        "fct_police_stops", source="fpc__police_stops", jurisdiction=GEOID, race_standard="spd15_1997",
        occurred_on=days_within(rng, months(seeds).ravel()[month]), is_person_searched=np.where(answered, outcome, None),
        is_vehicle_searched=np.where(answered, rng.random(size) < vehicle[race], None),
        is_citation_issued=np.where(rng.random(size) < _ANSWERED / 2, rng.random(size) < cited[race], None),
        police_precinct_geoid=rng.choice(_PRECINCTS, size), stop_reason_code=rng.choice(_REASONS, size),
        race_ethnicity_code=with_unknown(rng, labels, outcome, switches),
    )  # fmt: skip
    groups = np.array([*races, "all"])

    def shares(planted: Numbers) -> Numbers:
        everybody = float(planted @ np.array([*_STOPPED.values()]))
        return 100 * np.array([*([everybody] * len(races) if switches.shuffled else planted), everybody])

    for kind, first_days in (("month", months(seeds)), ("quarter", quarters(seeds)), ("year", years(seeds)[:, None])):
        period = {"period_type": kind, "period_start": first_days[:, :, None], "seed": np.arange(seeds)[:, None, None]}
        geography = period | {"geoid": GEOID}
        world.truth("stops_searched_share", **geography, race_ethnicity_code=groups, truth=shares(searched))
        world.truth("stops_by_race", **geography, race_ethnicity_code=races, truth=100 * np.array([*_STOPPED.values()]))
        world.truth("stops_search_recorded_share", **geography, truth=100 * _ANSWERED)
    # `period` is the year's: precincts and reasons have rows by year
    year = period | {"period_start": first_days[:, :, None, None], "seed": np.arange(seeds)[:, None, None, None]}
    of_precinct = year | {"geography_type": "police_precinct", "geoid": _PRECINCTS[:, None]}
    of_reason = year | {"geoid": GEOID, "stratum_type": "stop_reason", "stratum_code": _REASONS[:, None]}
    for cut in (of_precinct, of_reason):
        world.truth("stops_searched_share", **cut, race_ethnicity_code=groups, truth=shares(searched))
        world.truth("stops_by_race", **cut, race_ethnicity_code=races, truth=100 * np.array([*_STOPPED.values()]))
    of_year = period | {"geoid": GEOID}
    world.truth("stops_vehicle_searched_share", **of_year, race_ethnicity_code=groups, truth=shares(vehicle))
    world.truth("stops_cited_share", **of_year, race_ethnicity_code=groups, truth=shares(cited))
    return world

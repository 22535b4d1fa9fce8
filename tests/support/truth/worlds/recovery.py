"""Recovery money: amounts that projects of a tract obligate and spend, Qualified Census Tracts, and projects on time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, cells

MEASURES = (
    "arpa_obligated_per_resident",
    "arpa_spent_per_resident",
    "arpa_spent_in_qct_share",
    "arpa_projects_on_time",
)
TIMES = 4
_PROJECTS = 16 + 3 * (np.arange(town.TRACTS) % 5)  # expected per part; a part without a project would have no value for its tract
_EVERYWHERE = 20.0
_SPENT, _SPREAD = 100_000.0, 0.6  # the median of a project, and the spread of its logarithm
_OBLIGATED = 1.25  # mean of the spent share
_IN_LIST = np.arange(town.TRACTS) % 3 == 0
_ON_TIME = 0.40 + 0.45 * np.linspace(0, 1, town.TRACTS)
_CANCELLED, _NOT_DUE = 0.05, 0.10


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    days = np.datetime64("2023-01-01") + np.arange(seeds)
    expected, on_time = _PROJECTS[town.TRACT], alike(_ON_TIME, switches)[town.TRACT]
    seed, piece = cells(rng.poisson(np.broadcast_to(expected, (seeds, town.PIECES))), np.arange(seeds), np.arange(town.PIECES))
    is_done = rng.random(len(piece)) < on_time[piece]
    planned = days[seed] + np.where(rng.random(len(piece)) < _NOT_DUE, 30, -40).astype("timedelta64[D]")
    world.fact(
        "fct_arpa_projects", source="doa__arpa_projects", **town.placed(piece), period_end=days[seed], **_money(rng, len(piece)),
        is_in_qualified_census_tract=_IN_LIST[town.TRACT[piece]], planned_completion_on=planned,
        completed_on=planned + np.where(is_done, -5, 10).astype("timedelta64[D]"),
        project_status_code=np.where(rng.random(len(piece)) < _CANCELLED, "cancelled", "completed"),
    )  # fmt: skip
    (everywhere,) = cells(rng.poisson(_EVERYWHERE, seeds), np.arange(seeds))
    world.fact(
        "fct_arpa_projects", source="doa__arpa_projects", jurisdiction=town.GEOID, period_end=days[everywhere],
        **_money(rng, len(everywhere)), project_status_code=pa.array(["not_started"] * len(everywhere)),
    )  # fmt: skip
    _truths(world, seeds, days, expected, on_time)
    return world


def _money(rng: np.random.Generator, projects: int) -> dict[str, object]:
    spent = _SPENT * np.exp(rng.normal(0, _SPREAD, projects))
    return {"spent_usd": np.round(spent, 2), "obligated_usd": np.round(spent * rng.uniform(1, 2 * _OBLIGATED - 1, projects), 2)}


def _truths(world: World, seeds: int, days: object, expected: object, on_time: object) -> None:
    day = {"period_type": "snapshot", "period_start": np.asarray(days)[:, None], "seed": np.arange(seeds)[:, None]}
    by_race = {
        "period_type": "snapshot", "period_start": np.asarray(days)[:, None, None], "seed": np.arange(seeds)[:, None, None],
        "method": "place_weighted", "race_ethnicity_code": np.array([*town.RACES, "all"]),
    }  # fmt: skip
    of_piece, a_project = np.asarray(expected, dtype=float), _SPENT * np.exp(_SPREAD**2 / 2)
    for place in ("city", "aldermanic_district"):
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0]}
        geoids, projects = town.sums(of_piece, place)
        of_place = {"geoid": geoids} | geography
        everywhere = _EVERYWHERE if place == "city" else 0.0
        means = town.weighted(a_project * of_piece / town.RESIDENTS, place)[1]
        for measure, times in (("arpa_spent_per_resident", 1.0), ("arpa_obligated_per_resident", _OBLIGATED)):
            dollars = times * a_project * (projects + everywhere)
            world.truth(measure, **day, **of_place, truth=dollars / town.sums(town.RESIDENTS, place)[1])
            world.truth(measure, **by_race, **geography, geoid=geoids[:, None], truth=times * means)
        in_list = town.sums(of_piece * _IN_LIST[town.TRACT], place)[1]
        world.truth("arpa_spent_in_qct_share", **day, **of_place, truth=100 * in_list / projects)
        world.truth("arpa_projects_on_time", **day, **of_place, truth=100 * town.sums(of_piece * on_time, place)[1] / projects)
    geoids, means = town.weighted(100 * np.asarray(on_time), "city")
    world.truth("arpa_projects_on_time", **by_race, geoid=geoids[:, None], truth=means)

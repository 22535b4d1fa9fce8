"""The duration of lead orders, some still open at the end; in other years than those of `lead`."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import FIRST_YEAR, LATER, Switches, World, days_within, years

MEASURES = ("lead_order_days_to_abatement",)
TIMES = 6
_MEDIAN, _ORDERS = 120.5, 301  # half a day more than the truth: counting whole days removes as much as it adds
_WATCHED = 400  # days after the year began


def plant(rng: np.random.Generator, seeds: int, _: Switches) -> World:
    world = World()
    first = years(seeds, FIRST_YEAR + LATER)
    issued = days_within(rng, np.repeat(first, _ORDERS), 364)
    cleared = issued + np.floor(_MEDIAN * rng.exponential(1, len(issued)) / np.log(2)).astype("timedelta64[D]")
    watched_to = np.repeat(first, _ORDERS) + np.timedelta64(_WATCHED, "D")
    is_cleared = cleared <= watched_to
    world.fact(
        "fct_lead_orders", source="mhd__lead_orders_abated", **town.placed(rng.integers(0, town.PIECES, len(issued))),
        issued_on=issued, data_as_of_on=watched_to, cleared_on=np.where(is_cleared, cleared, np.datetime64("NaT")),
        order_status=np.where(is_cleared, "abated", "enforced"), is_latest_snapshot=True,
    )  # fmt: skip
    world.truth(
        "lead_order_days_to_abatement", period_start=first, seed=np.arange(seeds), geoid=town.GEOID, truth=np.floor(_MEDIAN)
    )
    return world

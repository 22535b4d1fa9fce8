"""Payments: sums of money, which have an expectation and no interval."""

from __future__ import annotations

import numpy as np

from tests.support.truth.planted import Switches, World, cells, days_within, months
from tests.support.truth.town import GEOID

MEASURES = ("payments",)
_A_MONTH = np.array([40.0, 12.0])  # expected lines per department
_DEPARTMENTS = np.array(["WATER WORKS", "LIBRARY"])
_MEDIAN, _SPREAD, _TAKEN_BACK = 2_000.0, 0.8, 0.05


def plant(rng: np.random.Generator, seeds: int, _: Switches) -> World:
    lines = rng.poisson(np.broadcast_to(_A_MONTH, (12 * seeds, 2)))
    month, department = cells(lines, np.arange(12 * seeds), np.arange(2))
    amount = _MEDIAN * np.exp(rng.normal(0, _SPREAD, len(month))) * np.where(rng.random(len(month)) < _TAKEN_BACK, -1, 1)
    world = World()
    world.fact(
        "fct_payments", source="comptroller__checkbook", jurisdiction=GEOID, amount_usd=np.round(amount, 2),
        occurred_on=days_within(rng, months(seeds).ravel()[month]), spending_department_name=_DEPARTMENTS[department],
    )  # fmt: skip
    a_line = _MEDIAN * np.exp(_SPREAD**2 / 2) * (1 - 2 * _TAKEN_BACK)
    world.truth(
        "payments", period_type="month", period_start=months(seeds)[:, :, None], seed=np.arange(seeds)[:, None, None],
        geoid=GEOID, stratum_type="department", stratum_code=_DEPARTMENTS, truth=a_line * _A_MONTH,
    )  # fmt: skip
    return world

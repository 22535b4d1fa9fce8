"""Dispatched calls: number per resident of a tract, and hour of the day; few after midnight."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, cells, days_within, months, years

MEASURES = ("police_calls_per_1000", "police_calls")
_A_YEAR_PER_RESIDENT = 0.10 + 0.15 * np.cos(np.arange(town.TRACTS) / 3) ** 2
_HOURS = np.where(np.arange(24) % 6 < 2, 0.4, 1.0)
_HOURS /= _HOURS.sum()


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    per_resident = alike(_A_YEAR_PER_RESIDENT, switches)[town.TRACT]
    expected = per_resident * town.RESIDENTS / 12
    counts = rng.poisson(np.broadcast_to(expected[:, None] * _HOURS, (12 * seeds, town.PIECES, 24)))
    month, piece, hour = cells(counts, np.arange(12 * seeds), np.arange(town.PIECES), np.arange(24))
    day = days_within(rng, months(seeds).ravel()[month])
    world = World()
    world.fact(
        "fct_police_calls", source="mpd__dispatched_calls", **town.placed(piece), occurred_on=day,
        police_call_at=day.astype("datetime64[s]") + (hour * 3_600).astype("timedelta64[s]"),
    )  # fmt: skip
    month_period = {"period_type": "month", "period_start": months(seeds)[:, :, None], "seed": np.arange(seeds)[:, None, None]}
    for place in ("city", "police_district"):
        geoids, events = town.sums(expected, place)
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0]}
        world.truth(
            "police_calls_per_1000",
            **month_period,
            **geography,
            geoid=geoids,
            truth=1000 * events / town.sums(town.RESIDENTS, place)[1],
        )
        hourly = {key: np.expand_dims(value, -1) if np.ndim(value) else value for key, value in month_period.items()}
        world.truth(
            "police_calls", **hourly, **geography, geoid=geoids[:, None], stratum_type="hour",
            stratum_code=np.arange(24).astype(str), truth=events[:, None] * _HOURS,
        )  # fmt: skip
    geoids, means = town.weighted(1000 * per_resident, "city")
    year = {"period_start": years(seeds)[:, None, None], "seed": np.arange(seeds)[:, None, None]}
    world.truth(
        "police_calls_per_1000", **year, method="place_weighted", geoid=geoids[:, None],
        race_ethnicity_code=np.array([*town.RACES, "all"]), truth=means,
    )  # fmt: skip
    return world

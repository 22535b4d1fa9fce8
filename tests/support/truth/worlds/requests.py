"""Service requests: their number, the share closed by the second day, and the median days to close.

The two mechanisms are in different years: the first varies by tract, the second by the district's median.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import (
    FIRST_YEAR,
    LATER,
    Numbers,
    Switches,
    World,
    alike,
    cells,
    days_within,
    months,
    quarters,
    years,
)

MEASURES = (
    "requests_closed_by_second_day", "requests_closed_by_second_working_day", "service_requests_per_1000",
    "request_days_to_close_median",
)  # fmt: skip
_DAY = 86_400
_A_YEAR_PER_RESIDENT = 0.12 + 0.10 * np.sin(np.arange(town.TRACTS)) ** 2
_CLOSED = 0.30 + 0.45 * np.cos(np.arange(town.TRACTS) / 7) ** 2
# The type's share of the requests that are closed soon, and of the others.
_OF_TYPE = {"POTHOLE": (0.8, 0.4), "LITTER": (0.2, 0.6)}
_WEEKDAYS = np.array(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
# Calendar days from the beginning of a request's day to the end of the second working day, Monday to Sunday.
_HORIZON = np.array([3, 3, 3, 5, 5, 4, 3])
_SOON, _LATER = (0.0, 1.9), (2.1, 6.0)  # days until a request is closed
# The median of a district's days is halfway between two whole days, so counting whole days removes as much as it adds.
MEDIANS = np.array([30.5, 38.5, 50.5, 64.5])
_A_QUARTER = 301  # of each district


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    _counts(world, rng, seeds, switches)
    _durations(world, rng, seeds, switches)
    return world


def _requests(
    world: World, rng: np.random.Generator, piece: Any, day: Any, waited: Numbers, followed: Any, request_type: Any = None
) -> None:
    created_at = day.astype("datetime64[s]") + rng.integers(0, _DAY, len(day)).astype("timedelta64[s]")
    closed = created_at + (waited * _DAY).astype(np.int64).astype("timedelta64[s]")
    until = created_at + (followed * _DAY).astype(np.int64).astype("timedelta64[s]")
    world.fact(
        "fct_service_requests", source="ucc__service_requests", **town.placed(piece), occurred_on=day,
        service_request_at=created_at, closed_at=np.where(closed <= until, closed, np.datetime64("NaT")),
        followed_until_at=until, request_type=request_type,
    )  # fmt: skip


def _counts(world: World, rng: np.random.Generator, seeds: int, switches: Switches) -> None:
    per_resident = alike(_A_YEAR_PER_RESIDENT, switches)[town.TRACT]
    share = alike(_CLOSED, switches)[town.TRACT]
    expected = per_resident * town.RESIDENTS / 12
    counts = rng.poisson(np.broadcast_to(expected, (12 * seeds, town.PIECES)))
    month, piece = cells(counts, np.arange(12 * seeds), np.arange(town.PIECES))
    soon = rng.random(len(piece)) < share[piece]
    waited = np.where(soon, rng.uniform(*_SOON, len(piece)), rng.uniform(*_LATER, len(piece)))
    types = np.array([*_OF_TYPE])
    chances = np.array([*_OF_TYPE.values()])
    # a separate stream, so that types do not change the days of requests and later draws
    of_type = types[(rng.spawn(1)[0].random(len(piece)) > np.where(soon, *chances[0])).astype(int)]
    _requests(world, rng, piece, days_within(rng, months(seeds).ravel()[month]), waited, np.full(len(piece), 10.0), of_type)
    in_working_days = _in_working_days()
    closed, others = (expected * share).sum(), (expected * (1 - share)).sum()
    of_year = {"period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None], "geoid": town.GEOID}
    by_type = closed * chances[:, 0] / (closed * chances[:, 0] + others * chances[:, 1])
    for kind, codes, truth in (("request_type", types, 100 * by_type), ("weekday", _WEEKDAYS, 100 * closed / expected.sum())):
        world.truth("requests_closed_by_second_day", **of_year, stratum_type=kind, stratum_code=codes, truth=truth)
    for kind, first_days, length in (
        ("month", months(seeds), 1),
        ("quarter", quarters(seeds), 3),
        ("year", years(seeds)[:, None], 12),
    ):
        period = {"period_type": kind, "period_start": first_days[:, :, None], "seed": np.arange(seeds)[:, None, None]}
        for place in {
            "month": ("city", "aldermanic_district", "police_district"),
            "quarter": ("neighborhood",),
            "year": ("tract",),
        }[kind]:
            geoids, events = town.sums(expected, place)
            geography = period | {"geography_type": place, "geography_vintage": town.PLACES[place][0], "geoid": geoids}
            soon_share = town.sums(expected * share, place)[1] / events
            world.truth("requests_closed_by_second_day", **geography, truth=100 * soon_share)
            if place in ("city", "aldermanic_district"):
                in_time = soon_share + (1 - soon_share) * in_working_days
                world.truth("requests_closed_by_second_working_day", **geography, truth=100 * in_time)
            residents = town.sums(town.RESIDENTS, place)[1]
            world.truth("service_requests_per_1000", **geography, truth=1000 * length * events / residents)
        place = {"month": "city", "quarter": "aldermanic_district"}.get(kind)
        if place:
            period = {key: np.expand_dims(value, -1) if np.ndim(value) else value for key, value in period.items()}
            for measure, values in (
                ("requests_closed_by_second_day", 100 * share),
                ("service_requests_per_1000", 1000 * length / 12 * per_resident),
            ):
                geoids, means = town.weighted(values, place)
                world.truth(
                    measure, **period, method="place_weighted", geography_type=place, geography_vintage=town.PLACES[place][0],
                    geoid=geoids[:, None], race_ethnicity_code=np.array([*town.RACES, "all"]), truth=means,
                )  # fmt: skip


def _durations(world: World, rng: np.random.Generator, seeds: int, switches: Switches) -> None:
    first = FIRST_YEAR + LATER
    quarter, district = cells(np.full((4 * seeds, town.DISTRICTS), _A_QUARTER), np.arange(4 * seeds), np.arange(town.DISTRICTS))
    waited = MEDIANS[district] * rng.exponential(1, len(district)) / np.log(2)
    followed = rng.uniform(*switches.as_of_days, len(district))
    if switches.follow_up_days is not None:
        followed = np.minimum(followed, switches.follow_up_days)
    piece = np.array([np.flatnonzero(at == town.DISTRICT)[0] for at in range(town.DISTRICTS)])[district]
    _requests(world, rng, piece, days_within(rng, quarters(seeds, first).ravel()[quarter], 85), waited, followed)
    world.truth(
        "request_days_to_close_median", period_type="quarter", period_start=quarters(seeds, first)[:, :, None],
        seed=np.arange(seeds)[:, None, None], geography_type="aldermanic_district", geography_vintage="2022",
        geoid=np.unique(town.DISTRICT_GEOID), truth=np.floor(MEDIANS),
    )  # fmt: skip


def _in_working_days() -> float:
    """The chance that a request that is not closed soon is closed by the end of its second working day.

    Requests are made at any second of any weekday: of H calendar days to the horizon H − u are left, u between 0 and 1.
    """
    first, last = _LATER
    created_at = (np.arange(100_000) + 0.5) / 100_000
    left = _HORIZON[:, None] - created_at
    return float(np.clip((left - first) / (last - first), 0, 1).mean())

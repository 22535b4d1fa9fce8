"""Lead: addresses with a lead line, orders open and abated."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Numbers, Switches, World, alike, cells, days_within, years

MEASURES = ("lead_service_lines_per_1000_addresses", "lead_orders_abated", "lead_orders_open")
_LINES = 0.10 + 0.5 * np.linspace(0, 1, town.TRACTS) ** 2
_ABATED = np.array([9.0, 14.0, 30.0, 11.0])  # expected orders per district and year, or open on a day


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    days = np.datetime64("2023-01-01") + np.arange(seeds)
    _lines(world, rng, alike(_LINES, switches)[town.TRACT], days)
    _orders(world, rng, days)
    return world


def _lines(world: World, rng: np.random.Generator, share: Numbers, days: Any) -> None:
    seeds = len(days)
    address, piece = town.addresses()
    seed, at = np.nonzero(rng.random((seeds, len(piece))) < share[piece])
    world.fact(
        "fct_lead_service_lines", source="dpw__lead_service_lines", **town.placed(piece[at]), occurred_on=days[seed],
        address=address[at], address_standard=address[at],
    )  # fmt: skip
    expected, addresses = 1_000 * share * np.bincount(piece), np.bincount(piece)
    day = {"period_type": "snapshot", "period_start": days[:, None], "seed": np.arange(seeds)[:, None]}
    for place in town.PLACES:
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0]}
        geoids, lines = town.sums(expected, place)
        world.truth(
            "lead_service_lines_per_1000_addresses",
            measure_version=2,
            **day,
            **geography,
            geoid=geoids,
            truth=lines / town.sums(addresses, place)[1],
        )
        if place in ("city", "aldermanic_district"):
            world.truth(
                "lead_service_lines_per_1000_addresses", measure_version=2, period_type="snapshot",
                period_start=days[:, None, None],
                seed=np.arange(seeds)[:, None, None], **geography, geoid=geoids[:, None], method="place_weighted",
                race_ethnicity_code=np.array([*town.RACES, "all"]), truth=town.weighted(1_000 * share, place)[1],
            )  # fmt: skip


def _orders(world: World, rng: np.random.Generator, days: Any) -> None:
    seeds = len(days)
    first_piece = np.array([np.flatnonzero(at == town.DISTRICT)[0] for at in range(town.DISTRICTS)])
    address_of = np.array([town.addresses()[0][np.flatnonzero(town.addresses()[1] == piece)[0]] for piece in first_piece])
    for status, measure in (("abated", "lead_orders_abated"), ("open", "lead_orders_open")):
        counts = rng.poisson(np.broadcast_to(_ABATED, (seeds, town.DISTRICTS)))
        seed, district = cells(counts, np.arange(seeds), np.arange(town.DISTRICTS))
        cleared = days_within(rng, years(seeds)[seed], 364)
        day = {"cleared_on": cleared, "issued_on": cleared} if status == "abated" else {"data_as_of_on": days[seed]}
        world.fact(
            "fct_lead_orders", source=f"mhd__lead_orders_{status}", order_status=status, address=address_of[district],
            **town.placed(first_piece[district]), **day, is_latest_snapshot=True,
        )  # fmt: skip
        kind, starts = ("year", years(seeds)) if status == "abated" else ("snapshot", days)
        period = {"period_type": kind, "period_start": starts[:, None], "seed": np.arange(seeds)[:, None]}
        for place in ("city", "aldermanic_district"):
            geoids, orders = (town.GEOID, _ABATED.sum()) if place == "city" else (np.unique(town.DISTRICT_GEOID), _ABATED)
            world.truth(
                measure, **period, geography_type=place, geography_vintage=town.PLACES[place][0], geoid=geoids, truth=orders
            )

"""Property sales: prices by district, and the share of the addresses of a tract that are sold."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, cells, days_within, quarters, years

MEASURES = ("sale_price_median", "sales_per_1000_addresses")
_MEDIANS = np.array([90_000.0, 120_000.0, 155_000.0, 210_000.0])
_SPREAD = 0.25  # of the price, as a part of the median; even on both sides, as in `staff`
_A_QUARTER = 0.05 + 0.03 * np.cos(np.arange(town.TRACTS))  # of the addresses of a tract


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    addresses = np.bincount(town.addresses()[1], weights=town.units())
    a_quarter = alike(_A_QUARTER, switches)[town.TRACT]
    expected = a_quarter * addresses
    quarter, piece = cells(
        rng.poisson(np.broadcast_to(expected, (4 * seeds, town.PIECES))), np.arange(4 * seeds), np.arange(town.PIECES)
    )
    world = World()
    world.fact(
        "fct_property_sales", source="assessor__property_sales", **town.placed(piece),
        occurred_on=days_within(rng, quarters(seeds).ravel()[quarter], 85),
        price_usd=np.rint(_MEDIANS[town.DISTRICT[piece]] * rng.normal(1, _SPREAD, len(piece))),
    )  # fmt: skip
    district = {"geography_type": "aldermanic_district", "geography_vintage": "2022", "geoid": np.unique(town.DISTRICT_GEOID)}
    of_quarter = {"period_type": "quarter", "period_start": quarters(seeds)[:, :, None], "seed": np.arange(seeds)[:, None, None]}
    world.truth("sale_price_median", **of_quarter, **district, truth=_MEDIANS)
    of_year = {"period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None]}
    rates = 4_000 * a_quarter
    for place in town.PLACES:
        geoids, sales = town.sums(4_000 * expected, place)
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0], "geoid": geoids}
        world.truth(
            "sales_per_1000_addresses", measure_version=2, **of_year, **geography, truth=sales / town.sums(addresses, place)[1]
        )
    for place in ("city", "aldermanic_district"):
        geoids, means = town.weighted(rates, place)
        world.truth(
            "sales_per_1000_addresses", measure_version=2, period_start=years(seeds)[:, None, None],
            seed=np.arange(seeds)[:, None, None],
            method="place_weighted", geography_type=place, geography_vintage=town.PLACES[place][0], geoid=geoids[:, None],
            race_ethnicity_code=np.array([*town.RACES, "all"]), truth=means,
        )  # fmt: skip
    return world

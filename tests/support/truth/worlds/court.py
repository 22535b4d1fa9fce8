"""Court cases: found guilty or not, by tract and by violation."""

from __future__ import annotations

import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, cells, days_within, quarters, years

MEASURES = ("court_guilty_share",)
_A_QUARTER = 10  # expected cases per part and violation
_VIOLATIONS = np.array(["NOISE", "THEFT"])
_HARDER = np.array([-0.08, 0.08])
_GUILTY = 0.62 + 0.25 * np.sin(np.arange(town.TRACTS) / 5)


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    guilty = np.add.outer(alike(_GUILTY, switches)[town.TRACT], _HARDER)  # part × violation
    expected = _A_QUARTER * town.RESIDENTS / town.RESIDENTS.mean()
    counts = rng.poisson(np.broadcast_to(expected[:, None], (4 * seeds, town.PIECES, 2)))
    quarter, piece, violation = cells(counts, np.arange(4 * seeds), np.arange(town.PIECES), np.arange(2))
    found = rng.random(len(piece)) < guilty[piece, violation]
    world = World()
    world.fact(
        "fct_court_cases", source="mmc__court_cases", **town.placed(piece),
        occurred_on=days_within(rng, quarters(seeds).ravel()[quarter], 85), violation_reported=_VIOLATIONS[violation],
        finding_code=np.where(found, "guilty", np.where(rng.random(len(found)) < 0.3, "dismissed", "not_guilty")),
    )  # fmt: skip
    of_quarter = {"period_type": "quarter", "period_start": quarters(seeds)[:, :, None], "seed": np.arange(seeds)[:, None, None]}
    weights = expected / expected.sum()
    world.truth(
        "court_guilty_share", **of_quarter, geoid=town.GEOID, stratum_type="violation", stratum_code=_VIOLATIONS,
        truth=100 * (weights @ guilty),
    )  # fmt: skip
    of_year = {"period_start": years(seeds)[:, None], "seed": np.arange(seeds)[:, None]}
    for place in ("aldermanic_district", "police_district", "tract"):
        geoids, cases = town.sums(expected, place)
        shares = town.sums(expected * guilty.mean(axis=1), place)[1] / cases
        geography = {"geography_type": place, "geography_vintage": town.PLACES[place][0], "geoid": geoids}
        world.truth("court_guilty_share", **of_year, **geography, truth=100 * shares)
    return world

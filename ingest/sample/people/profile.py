"""Who lives where: the composition of the residents of any part of the county, before anyone is drawn, and of real cities.

Groups live apart as in a large city: Black and white residents have an index of dissimilarity of 0.65 over tracts. The pattern is
of the ground and the same for every seed; see `census` for the people who are drawn from it.

`groups_by_place.csv` has an estimate per city of the gazetteer: the mix of four groups whose published rates of employment
average to that of all residents. `groups_by_state.csv` has rounded shares of the census of 2020; it divides the fourth group, and
serves every other city. Neither is a figure to cite (docs/city.md).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SampleError
from ingest.sample.city import GROUPS, SAMPLETON, Profile
from ingest.sample.places import ground
from ingest.sample.places.ground import Grid

Shares = NDArray[np.float64]
# Where a group concentrates: column and row of the middle in blocks, how far it reaches in blocks, and how strongly.
_MIDDLES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "black": ((30.0, 32.0, 8.0, 3.2), (45.0, 15.0, 5.0, 2.0)),
    "hisp": ((24.0, 12.0, 7.0, 1.7),),
    "white": ((46.0, 34.0, 8.0, 1.8), (36.0, 7.0, 7.0, 1.6)),
    "asian": ((17.0, 26.0, 6.0, 1.0),),
}
# How strongly all of them pull: Black and white residents have a dissimilarity of 0.65 over tracts, and 0.63 to 0.67 in a seed.
_STRENGTH = 2.002521514892578
_STREAM = 1_865  # of the differences between neighboring tracts
_UNEVEN = np.array([0.4, 0.5, 0.5, 0.4, 0.4, 0.2, 0.2, 0.2])
_FOLDER = Path(__file__).parent
_RENAMED = {"hispanic": "hisp"}
# A group below 5 % of a denominator is no reference of a comparison, and planted ratios are to White people.
_LEAST = {"white": 0.07, "hisp": 0.01, "black": 0.01, "asian": 0.01}
_LEAST_OTHERWISE = 0.001
_OF_TWO_RACES = 0.9  # of the groups that the row of a state does not name


def _pull() -> Shares:
    """How strongly each block of the county draws each group: a matrix over blocks (columns first) and GROUPS."""
    column, row = np.meshgrid(np.arange(ground.WIDTH) + 0.5, np.arange(ground.HEIGHT) + 0.5, indexing="ij")
    pull = np.zeros((ground.WIDTH, ground.HEIGHT, len(GROUPS)))
    for group, middles in _MIDDLES.items():
        for at_column, at_row, reach, strength in middles:
            distance = (column - at_column) ** 2 + (row - at_row) ** 2
            pull[:, :, GROUPS.index(group)] += strength * np.exp(-distance / (2 * reach**2))
    _, tract = np.unique(ground.tracts(2020), return_inverse=True)
    tract = tract.reshape(ground.WIDTH, ground.HEIGHT)
    uneven = np.random.default_rng(_STREAM).normal(0, 1, (int(tract.max()) + 1, len(GROUPS))) * _UNEVEN
    return np.asarray(pull + uneven[tract])


def _with_city_shares(weights: Shares, city_shares: Shares) -> Shares:
    """Factors per group by which the weights of blocks become compositions whose mean is that of the city."""
    factors = np.ones(len(GROUPS))
    for _ in range(60):
        shares = weights * factors
        factors *= city_shares / (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return factors


@cache
def compositions(city: Profile = SAMPLETON) -> Shares:
    """The composition of every block of the county by GROUPS, as (column, row, group); each sums to 1."""
    city_shares = np.array(city.shares)
    weights = city_shares * np.exp(_STRENGTH * _pull())
    shares = weights * _with_city_shares(weights[ground.city() > 0], city_shares)
    return np.asarray(shares / shares.sum(axis=2, keepdims=True))


def shares_of(grid: Grid, city: Profile = SAMPLETON) -> Shares:
    """The mean composition of each place of a map, in the order of its labels; a row per place, a column per group of GROUPS."""
    labels, at = np.unique(grid, return_inverse=True)
    flat, every = at.ravel(), compositions(city).reshape(-1, len(GROUPS))
    sums = np.column_stack([np.bincount(flat, every[:, group], len(labels)) for group in range(len(GROUPS))])
    means = sums / np.bincount(flat, minlength=len(labels))[:, None]
    return np.asarray(means[labels > 0])


def _shares(file: str, key: str, code: str) -> dict[str, float]:
    """The row whose column `key` has a code; empty if there is none."""
    with (_FOLDER / file).open(encoding="utf-8", newline="") as lines:
        found = next((row for row in csv.DictReader(lines) if row[key] == code), {})
    return {_RENAMED.get(column, column): float(cell) for column, cell in found.items() if column not in (key, "name")}


def shares_of_place(geoid: str) -> tuple[float, ...]:
    """The assumed composition of a place, in the order of GROUPS."""
    state = {group: percent / 100 for group, percent in _shares("groups_by_state.csv", "state", geoid[:2]).items()}
    if not state:
        raise SampleError(f"{geoid} is in no state: the first two digits of a place GEOID are those of its state")
    unnamed = 1 - sum(state.values())
    state |= {"two": _OF_TWO_RACES * unnamed, "other": (1 - _OF_TWO_RACES) * unnamed}
    if place := _shares("groups_by_place.csv", "place_geoid", geoid):
        left = place.pop("other")
        others = {group: share for group, share in state.items() if group not in place}
        each = left / sum(others.values())
        state = place | {group: share * each for group, share in others.items()}
    weights = [max(state[group], _LEAST.get(group, _LEAST_OTHERWISE)) for group in GROUPS]
    return tuple(weight / sum(weights) for weight in weights)

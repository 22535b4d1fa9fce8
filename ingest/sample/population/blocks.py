"""`census__blocks_2020`: one CSV, people and adults of each census block by race and Hispanic origin.

Irregularities: a sixth of the blocks are empty, a few are in no aldermanic district (`0`), wards are padded in one column and
not in the other, some `NA`; the city's part only, so that tracts on the border are not whole. The groups are exclusive and sum
to the total, for people and for adults. Every code agrees with the maps.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.places import ground
from ingest.sample.places.houses import Numbers
from ingest.sample.population.settlement import GROUPS, shares_of
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "census__blocks_2020"
HEADER = (
    "GEOID,SLDL,SLDU,vtd,aldermanic_2012,ward_2012,ward_2021,"
    + ",".join(["pop", *(f"pop_{group}" for group in GROUPS), "vap", *(f"vap_{group}" for group in GROUPS)])
    + "\n"
)

# Planted: the part of each group that is 18 and over.
ADULTS = np.array([0.64, 0.81, 0.70, 0.72, 0.73, 0.75, 0.72, 0.58])
_NO_DISTRICT_EVERY, _NO_WARD_EVERY = 263, 397
_MOVED = 0.15
_PEOPLE_OF_A_BLOCK = (5.0, 0.6)  # of the logarithm: mean and standard deviation


def tract_shares(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """The compositions, moved a little: no two censuses, and no two seeds, find the same people in a tract."""
    weights = shares * np.exp(rng.normal(0, _MOVED, shares.shape))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@cache
def city_blocks() -> tuple[Numbers, Numbers, Numbers]:
    """Column, row and tract (2020) of every block of the city, ordered by tract."""
    columns, rows = np.nonzero(ground.city())
    tract = ground.tracts(2020)[columns, rows]
    order = np.lexsort((columns, rows, tract))
    return columns[order], rows[order], tract[order]


def residents(rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """People and adults of each block of `city_blocks`, a column a group of GROUPS; the first that the source's stream draws."""
    tract = city_blocks()[2]
    tract_at = np.unique(tract, return_inverse=True)[1]
    people_of = np.rint(rng.lognormal(*_PEOPLE_OF_A_BLOCK, len(tract))).astype(np.int64)
    totals = np.where(rng.random(len(tract)) < 1 / 6, 0, people_of)
    shares = tract_shares(rng, shares_of(ground.tracts(2020) * ground.city()))
    people = rng.multinomial(totals, shares[tract_at])
    return people, rng.binomial(people, ADULTS)


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the blocks into `folder`; returns what was planted."""
    columns, rows, tract = city_blocks()
    blocks = len(tract)
    _, first, tract_at = np.unique(tract, return_index=True, return_inverse=True)
    people, adults = residents(rng)
    totals = people.sum(axis=1)
    district, old_ward, ward = (
        grid[columns, rows].tolist() for grid in (ground.aldermanic_districts(2012), ground.wards(2012), ground.wards(2021))
    )
    number = np.arange(blocks) - first[tract_at]
    lines = []
    for at in range(blocks):
        codes = (
            f"{COUNTY_GEOID}{tract[at]:06d}{1000 + number[at]}", 1 + tract_at[at] // 8, 1 + tract_at[at] // 20,
            f"{3000 + old_ward[at]:06d}", district[at] if at % _NO_DISTRICT_EVERY else 0, f"{old_ward[at]:04d}",
            ward[at] if at % _NO_WARD_EVERY else "NA",
        )  # fmt: skip
        numbers = (totals[at], *people[at], adults[at].sum(), *adults[at])
        lines.append(",".join(str(value) for value in (*codes, *numbers)) + "\n")
    (folder / "SampletonBlocks2020.csv").write_text(HEADER + "".join(lines), encoding="utf-8", newline="")
    outside = len(range(0, blocks, _NO_DISTRICT_EVERY))
    facts = {"people": int(totals.sum()), "adults": int(adults.sum()), "outside_districts": outside}
    return PlantedCounts(delivered=blocks, facts=facts)

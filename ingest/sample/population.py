"""`census__blocks_2020`: one CSV, people and adults of each census block by race and Hispanic origin.

Warts kept: a sixth of the blocks are empty, a few lie in no aldermanic district (`0`), wards are padded in one column and not in
the other, some `NA`.
The groups are exclusive and sum to the total, for people and for adults.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.writing import Delivery

SOURCE = "census__blocks_2020"
GROUPS = ("hisp", "white", "black", "aian", "asian", "nhpi", "other", "two")
HEADER = (
    "GEOID,SLDL,SLDU,vtd,aldermanic_2012,ward_2012,ward_2021,"
    + ",".join(["pop", *(f"pop_{group}" for group in GROUPS), "vap", *(f"vap_{group}" for group in GROUPS)])
    + "\n"
)
TRACTS = 60
BLOCKS_A_TRACT = 40
DISTRICTS = 15

# The whole city, and how unevenly a group lives over its tracts (0: evenly).
_SHARES = np.array([0.20, 0.33, 0.37, 0.004, 0.052, 0.001, 0.005, 0.038])
_UNEVEN = np.array([1.0, 0.8, 1.1, 0.4, 0.6, 0.2, 0.2, 0.3])
_ADULTS = 0.75
_NO_DISTRICT = 6


def _tract_shares(rng: np.random.Generator) -> np.ndarray:
    """Composition of each tract: the city's, tilted by tract."""
    weights = _SHARES * np.exp(rng.normal(0, 1, (TRACTS, len(GROUPS))) * _UNEVEN)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def write(folder: Path, rng: np.random.Generator) -> Delivery:
    """Write the blocks into `folder`; returns what was planted."""
    blocks = TRACTS * BLOCKS_A_TRACT
    tract = np.repeat(np.arange(TRACTS), BLOCKS_A_TRACT)
    totals = np.where(rng.random(blocks) < 1 / 6, 0, np.rint(rng.lognormal(4.2, 0.6, blocks)).astype(np.int64))
    people = rng.multinomial(totals, _tract_shares(rng)[tract])
    adults = rng.binomial(people, _ADULTS)
    lines = []
    for at in range(blocks):
        in_district = 0 if at % BLOCKS_A_TRACT == 0 and at < _NO_DISTRICT * BLOCKS_A_TRACT else 1 + tract[at] % DISTRICTS
        ward = 1 + at // 20
        codes = (
            f"{COUNTY_GEOID}{100 * (tract[at] + 1):06d}{1000 + at % BLOCKS_A_TRACT}", 1 + tract[at] // 8, 1 + tract[at] // 20,
            f"{3000 + ward:06d}", in_district, f"{ward:04d}", "NA" if at % 97 == 0 else ward,
        )  # fmt: skip
        numbers = (totals[at], *people[at], adults[at].sum(), *adults[at])
        lines.append(",".join(str(value) for value in (*codes, *numbers)) + "\n")
    (folder / "SampletonBlocks2020.csv").write_text(HEADER + "".join(lines), encoding="utf-8", newline="")
    facts = {"people": int(totals.sum()), "adults": int(adults.sum()), "outside_districts": _NO_DISTRICT}
    return Delivery(delivered=blocks, facts=facts)

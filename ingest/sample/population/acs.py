"""`census__acs_race_tract`: Hispanic or Latino origin by race (B03002) for the tracts of 2010, estimates and margins of error.

Irregularities: two header rows, codes and then labels; a margin next to every estimate; lines that are parts of other lines, so
that adding all of them counts people twice; the county and not the city. In every tract the parts of a sum add up to it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.places import ground
from ingest.sample.population.blocks import tract_shares
from ingest.sample.population.settlement import GROUPS, shares_of
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "census__acs_race_tract"
_RACES = (
    "White alone", "Black or African American alone", "American Indian and Alaska Native alone", "Asian alone",
    "Native Hawaiian and Other Pacific Islander alone", "Some other race alone", "Two or more races:",
    "Two or more races: - Two races including Some other race",
    "Two or more races: - Two races excluding Some other race, and three or more races",
)  # fmt: skip
_PARENTS = ("Not Hispanic or Latino:", "Hispanic or Latino:")
LABELS = ("Total:", *(label for parent in _PARENTS for label in (parent, *(f"{parent} - {race}" for race in _RACES))))
# The share of each race among Hispanics, in the order of the first seven of _RACES.
_HISPANIC_RACES = (0.55, 0.04, 0.02, 0.005, 0.005, 0.30, 0.08)
_WITH_OTHER_RACE = 0.2  # of the people of two or more races
_PEOPLE = (1_500, 6_000)


def _half(races: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The ten lines under one of the two parents, a row a tract: the sum, seven races, and the two parts of the last race."""
    with_other = rng.binomial(races[:, -1], _WITH_OTHER_RACE)
    return np.column_stack([races.sum(axis=1), races, with_other, races[:, -1] - with_other])


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the table into `folder`; returns what was planted."""
    tracts = np.unique(ground.tracts(2010)).tolist()
    shares = tract_shares(rng, shares_of(ground.tracts(2010)))
    people = rng.multinomial(rng.integers(*_PEOPLE, len(tracts)), shares)
    hispanic, others = people[:, GROUPS.index("hisp")], np.delete(people, GROUPS.index("hisp"), axis=1)
    estimates = np.column_stack(
        [people.sum(axis=1), _half(others, rng), _half(rng.multinomial(hispanic, _HISPANIC_RACES), rng)],
    )
    margins = np.where(estimates == 0, 9, np.rint(1.645 * 3 * np.sqrt(estimates)).astype(np.int64))
    numbers = range(1, len(LABELS) + 1)
    codes = ["GEO.id", "GEO.id2", "GEO.display-label", *(f"HD0{kind}_VD{number:02d}" for number in numbers for kind in (1, 2))]
    header = [
        "Id",
        "Id2",
        "Geography",
        *(f"{kind}; {label}" for label in LABELS for kind in ("Estimate", "Margin of Error")),
    ]
    with (folder / "race_ethnicity.csv").open("w", encoding="ascii", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows([codes, header])
        for tract, estimate, margin in zip(tracts, estimates.tolist(), margins.tolist(), strict=True):
            geoid = f"{COUNTY_GEOID}{tract:06d}"
            name = f"Census Tract {tract / 100:g}, Sample County, Sample State"
            pairs = [value for pair in zip(estimate, margin, strict=True) for value in pair]
            rows.writerow([f"1400000US{geoid}", geoid, name, *pairs])
    return PlantedCounts(delivered=len(tracts), facts={"people": int(people.sum())})

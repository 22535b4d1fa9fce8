"""`census__labor_force`: the civilian labor force 16 and over by race and Hispanic origin, in the form of the ACS tabulation.

Irregularities: two header rows, codes and then labels; a margin of error (90 %) next to every estimate; a row of the county
next to that of the city. Planted: the labor force is fixed, and each estimate differs from it as a sample's would.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "census__labor_force"
TOTAL = "Total civilian labor force 16 years and over"
# Planted: the people of the city's labor force by line; about two thirds of the adults of each group.
PEOPLE = {
    "Hispanic or Latino": 20_000, "White alone, not Hispanic or Latino": 42_000,
    "Black or African American alone, not Hispanic or Latino": 36_000,
    "American Indian and Alaska Native alone, not Hispanic or Latino": 820, "Asian alone, not Hispanic or Latino": 5_900,
    "Native Hawaiian and Other Pacific Islander alone, not Hispanic or Latino": 110,
    "Two or more races, not Hispanic or Latino": 3_100,
}  # fmt: skip
_COUNTY = 1.8  # times the city's


def standard_error(people: float) -> float:
    """That of an estimate of so many people."""
    return 2 * float(np.sqrt(people)) + 10


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the table into `folder`; returns what was planted."""
    numbers = range(1, len(PEOPLE) + 2)
    codes = ["GEO.id", "GEO.id2", "GEO.display-label", *(f"HD0{kind}_VD{number:02d}" for number in numbers for kind in (1, 2))]
    line_labels = [
        "Id",
        "Id2",
        "Geography",
        *(f"{kind}; {label}" for label in (TOTAL, *PEOPLE) for kind in ("Estimate", "Margin of Error")),
    ]
    with (folder / "labor_force.csv").open("w", encoding="ascii", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows([codes, line_labels])
        for level, geoid, name, times in (("160", PLACE_GEOID, "Sampleton", 1), ("050", COUNTY_GEOID, "Sample County", _COUNTY)):
            errors = [standard_error(times * people) for people in PEOPLE.values()]
            estimates = [
                max(0, round(times * people + error * z))
                for people, error, z in zip(PEOPLE.values(), errors, rng.standard_normal(len(PEOPLE)).tolist(), strict=True)
            ]
            margins = [round(1.645 * error) for error in errors]
            pairs = [
                (sum(estimates), round(1.645 * float(np.linalg.norm(errors)))),
                *zip(estimates, margins, strict=True),
            ]
            rows.writerow([f"{level}0000US{geoid}", geoid, f"{name}, Sample State", *(value for pair in pairs for value in pair)])
    return PlantedCounts(delivered=2, facts={"estimates": 2 * len(PEOPLE)})

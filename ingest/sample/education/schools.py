"""The schools of Sample County and the words that the state's files use, shared by enrollment, absenteeism and completion.

This module holds schools, districts, dimensions and groups, and the composition of the students. The other modules write the
files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.sample.city import NAMES

SUPPRESSED = "Suppressed (DPI privacy) — not zero"
YEARS = ("2018-19", "2019-20", "2020-21", "2021-22", "2022-23", "2023-24", "2024-25")
LAST_YEARS = YEARS[-3:]  # of the files that are not there for every year
LAST_YEAR_STARTS = "2024-07-01"
RACE = "Race/Ethnicity"

# Planted: the composition of the students of every district, in every year. Within a district, schools differ widely.
COMPOSITION = {
    "Amer Indian": 0.006, "Asian": 0.075, "Black": 0.34, "Hispanic": 0.26, "Pacific Isle": 0.003, "Two or More": 0.056,
    "White": 0.26,
}  # fmt: skip
SPLITS = {
    "Disability Status": ("SwD", "SwoD", 0.17), "EL Status": ("EL", "Eng Prof", 0.13),
    "Economic Status": ("Econ Disadv", "Not Econ Disadv", 0.63), "Gender": ("Female", "Male", 0.48),
}  # fmt: skip

LARGEST_DISTRICT = "Sampleton"
# The district whose absences and diplomas are never starred: its groups are large, or are empty.
OPEN_DISTRICT = "Placeholder J2"
OPEN_DISTRICT_STUDENTS = {"Black": 60, "Hispanic": 60, "White": 80}  # of each of its schools


@dataclass(frozen=True)
class School:
    """A school, named within its district; `students` is its size, about which every year varies."""

    district: str
    name: str
    students: int

    @property
    def is_high_school(self) -> bool:
        """Whether it gives diplomas."""
        return self.name.endswith("High")


def schools() -> list[School]:
    """Every school; some names occur in several districts."""
    names = [f"{name.title()} {kind}" for kind in ("Elementary", "Middle", "High", "Montessori") for name in NAMES]
    city = [School(LARGEST_DISTRICT, name, 180 + 37 * at % 700) for at, name in enumerate(names)]
    suburb = [School("Example Lake-Specimen", name, 250 + 53 * at % 500) for at, name in enumerate(names[::8])]
    village = [School(OPEN_DISTRICT, name, 150 + 41 * at % 200) for at, name in enumerate((*names[:4], "Placeholder High"))]
    charters = [School(f"{name.title()} Charter Academy", f"{name.title()} Charter Academy", 240) for name in NAMES[10:14]]
    return [*city, *suburb, *village, *charters, School(LARGEST_DISTRICT, "Fixture Reintegration Center", 12)]


def students_by_group(rng: np.random.Generator, school: School, students: int) -> dict[str, dict[str, int]]:
    """So many students of a school by dimension and group; groups without students are left out."""
    if school.district == OPEN_DISTRICT:
        by_race = OPEN_DISTRICT_STUDENTS
        students = sum(by_race.values())
    else:
        by_race = dict(zip(COMPOSITION, rng.multinomial(students, list(COMPOSITION.values())).tolist(), strict=True))
    cells = {RACE: by_race}
    for dimension, (one, other, share) in SPLITS.items():
        count = int(rng.binomial(students, share))
        cells[dimension] = {one: count, other: students - count}
    return {dimension: {group: count for group, count in groups.items() if count} for dimension, groups in cells.items()}


def write_rows(path: Path, header: str, rows: list[str]) -> None:
    """Write a file of the state, in UTF-8 with plain line ends."""
    path.write_text(header + "".join(rows), encoding="utf-8", newline="")

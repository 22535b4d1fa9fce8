"""The schools of Sample County, the words that the state's files use, and the two releases of each of its tables.

A release lists every school year up to its own. The newer one lists the school year REVISED again: one school is withdrawn, one
group's figures are corrected, and cells that must not be shown are hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ingest.sample.city import NAMES
from ingest.sample.delivery import Delivery, PlantedCounts

SUPPRESSED = "Suppressed (DPI privacy) — not zero"
YEARS = ("2018-19", "2019-20", "2020-21", "2021-22", "2022-23", "2023-24", "2024-25")
LAST_YEARS = YEARS[-3:]  # of the files that are not there for every year
RACE = "Race/Ethnicity"

# Planted by race, in every year: the share of the students of every district (schools differ widely), the share of these who are
# chronically absent, the removals for each, the share with a diploma after four years, and the share proficient in any subject.
_PLANTED = {
    "Amer Indian": (0.006, 0.38, 0.15, 0.60, 0.25),
    "Asian": (0.075, 0.15, 0.04, 0.84, 0.40),
    "Black": (0.34, 0.42, 0.30, 0.62, 0.20),
    "Hispanic": (0.26, 0.30, 0.14, 0.70, 0.30),
    "Pacific Isle": (0.003, 0.30, 0.10, 0.70, 0.30),
    "Two or More": (0.056, 0.34, 0.18, 0.72, 0.40),
    "White": (0.26, 0.18, 0.10, 0.86, 0.60),
}
COMPOSITION, ABSENT, REMOVALS, COMPLETED, PROFICIENT = ({race: row[at] for race, row in _PLANTED.items()} for at in range(5))
SPLITS = {
    "Disability Status": ("SwD", "SwoD", 0.17), "EL Status": ("EL", "Eng Prof", 0.13),
    "Economic Status": ("Econ Disadv", "Not Econ Disadv", 0.63), "Gender": ("Female", "Male", 0.48),
}  # fmt: skip

LARGEST_DISTRICT = "Sampleton"
# The district whose absences and diplomas are never starred: its groups are large, or are empty.
OPEN_DISTRICT = "Placeholder J2"
OPEN_DISTRICT_STUDENTS = {"Black": 60, "Hispanic": 60, "White": 80}  # of each of its schools

FIRST, SECOND = "2025-01-15", "2025-11-15"
REVISED, LATEST = YEARS[-2], YEARS[-1]
REVISED_STARTS, LATEST_STARTS = (f"{year[:4]}-07-01" for year in (REVISED, LATEST))
CORRECTED = "Black"  # the group whose figures the second release corrects, in OPEN_DISTRICT
SHOWN_BY_MISTAKE = 6  # cells that the first release shows and the second hides

Value = TypeVar("Value")
Values = Mapping[str, object] | None  # of a line by column; None: there is no line


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

    def is_corrected(self, group: str) -> bool:
        """Whether the second release has other figures of the group than the first."""
        return (self.district, group) == (OPEN_DISTRICT, CORRECTED)


# Too small for any of its cells to be shown.
SMALL = School(LARGEST_DISTRICT, "Fixture Reintegration Center", 12)
# Listed for REVISED by the first release alone: its pupils had been counted at the other schools of the district, too.
WITHDRAWN = School(OPEN_DISTRICT, "Placeholder Annex High", 200)


def every_school() -> list[School]:
    """Every school; some names occur in several districts."""
    names = [f"{name.title()} {kind}" for kind in ("Elementary", "Middle", "High", "Montessori") for name in NAMES]
    city = [School(LARGEST_DISTRICT, name, 180 + 37 * at % 700) for at, name in enumerate(names)]
    suburb = [School("Example Lake-Specimen", name, 250 + 53 * at % 500) for at, name in enumerate(names[::8])]
    village = [School(OPEN_DISTRICT, name, 150 + 41 * at % 200) for at, name in enumerate((*names[:4], "Placeholder High"))]
    charters = [School(f"{name.title()} Charter Academy", f"{name.title()} Charter Academy", 240) for name in NAMES[10:14]]
    return [*city, *suburb, *village, *charters, SMALL]


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


def split_by_dimension(
    rng: np.random.Generator, cells: Mapping[str, Mapping[str, int]], by_race: dict[str, tuple[int, int]]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Two kinds of students by race, split over the groups of every other dimension, which describes the same students."""
    first, second = (sum(kind) for kind in zip(*by_race.values(), strict=True))
    split = {RACE: by_race}
    for dimension, groups in cells.items():
        if dimension != RACE:
            sizes = np.array(list(groups.values()))
            ones = rng.multivariate_hypergeometric(sizes, first)
            others = rng.multivariate_hypergeometric(sizes - ones, second)
            split[dimension] = dict(zip(groups, zip(ones.tolist(), others.tolist(), strict=True), strict=True))
    return split


def each(cells: Mapping[str, Mapping[str, Value]]) -> Iterator[tuple[str, str, Value]]:
    """Dimension, group and value of each cell."""
    return ((dimension, group, value) for dimension, groups in cells.items() for group, value in groups.items())


class SchoolTable:
    """The lines of a table by school year, and what the first release has for REVISED."""

    def __init__(self, header: str, years: Iterable[str] = LAST_YEARS, *, is_sorted: bool = False, **always: object) -> None:
        """`is_sorted`: the lines of a year are in the order of their text; `always`: the columns that are equal in every line."""
        self.header, self.is_sorted, self.always = header, is_sorted, always
        self.lines: dict[str, list[str]] = {year: [] for year in years}
        self.revised: list[str] = []
        self.withdrawn: list[str] = []

    def _line(self, school: School, year: str, named: tuple[str, str], values: Mapping[str, object]) -> str:
        """A line; `values` by column may replace the dimension and the group that it is `named` by."""
        place = {"dimension": named[0], "group": named[1], "district": school.district, "school": school.name, "year": year}
        cells = {**self.always, **place, **values}
        return ",".join(str(cells.get(column, "")) for column in self.header.split(",")) + "\n"

    def add(self, school: School, year: str, named: tuple[str, str], values: Values, first: Values) -> None:
        """A line of the second release, and in its year of the first one, which has the values `first`; None: no line."""
        if values is not None:
            self.lines[year].append(self._line(school, year, named, values))
        if year == REVISED and first is not None:
            self.revised.append(self._line(school, year, named, first))

    def add_withdrawn(self, group: str, values: Values) -> None:
        """A line of the school that the first release alone has."""
        self.withdrawn.append(self._line(WITHDRAWN, REVISED, (RACE, group), values or {}))

    def count(self, *texts: str) -> int:
        """How many lines of the second release contain all of some texts."""
        return sum(all(text in line for text in texts) for lines in self.lines.values() for line in lines)

    def write(self, delivery: Delivery, stem: str, **facts: int) -> PlantedCounts:
        """Write both releases; returns what was planted."""
        first = {year: lines for year, lines in self.lines.items() if year != LATEST}
        first[REVISED] = [*self.revised, *self.withdrawn]
        for date, years in ((FIRST, first), (SECOND, self.lines)):
            listed = [line for lines in years.values() for line in (sorted(lines) if self.is_sorted else lines)]
            delivery.text(f"{stem}_released_{date}.csv", f"{self.header}\n{''.join(listed)}", len(listed))
        earlier = sum(map(len, first.values()))
        return delivery.planted(superseded=earlier, **facts, of_the_first_release=earlier, withdrawn=len(self.withdrawn))

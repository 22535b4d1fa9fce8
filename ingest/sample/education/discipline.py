"""`dpi__discipline`: two releases as CSV, removals of students by group, school and school year, as the state's download files.

Irregularities: names in capitals, whole counts, and `*` in both counts of a group of fewer than ten students. A student may be
removed several times.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.education import releases
from ingest.sample.education.schools import (
    LAST_YEARS,
    OPEN_DISTRICT,
    OPEN_DISTRICT_STUDENTS,
    RACE,
    School,
    schools,
    students_by_group,
)
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "dpi__discipline"
HEADER = "SCHOOL_YEAR,COUNTY,DISTRICT_NAME,SCHOOL_NAME,GROUP_BY,GROUP_BY_VALUE,STUDENT_COUNT,REMOVAL_COUNT\n"
HIDDEN_BELOW = 10

# Planted: removals for each student of a race, and of everybody in the other dimensions.
REMOVALS = {
    "Amer Indian": 0.15, "Asian": 0.04, "Black": 0.30, "Hispanic": 0.14, "Pacific Isle": 0.10, "Two or More": 0.18, "White": 0.10,
}  # fmt: skip
_REMOVALS_OTHERWISE = 0.18


_REMOVALS_AS_FIRST_RELEASED = 0.50  # of the corrected group, and of the school that was withdrawn


def _row(school: School, year: str, dimension: str, group: str, students: int, removals: int, *, hidden: bool) -> str:
    counts = "*,*" if hidden else f"{students},{removals}"
    return f"{year},Sample,{school.district},{school.name},{dimension},{group},{counts}\n"


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases into `folder`; returns what was planted."""
    rows: dict[str, list[str]] = {year: [] for year in LAST_YEARS}
    revised = []
    mistaken = 0
    for year in LAST_YEARS:
        for school in schools():
            for dimension, groups in students_by_group(rng, school, school.students).items():
                for group, students in groups.items():
                    removals = rng.poisson(students * (REMOVALS[group] if dimension == RACE else _REMOVALS_OTHERWISE))
                    hidden = students < HIDDEN_BELOW
                    rows[year].append(_row(school, year, dimension, group, students, removals, hidden=hidden))
                    if year == releases.REVISED:
                        shown = hidden and mistaken < releases.SHOWN_BY_MISTAKE
                        mistaken += shown
                        if (school.district, group) == (OPEN_DISTRICT, releases.CORRECTED):
                            removals = round(_REMOVALS_AS_FIRST_RELEASED * students)
                        revised.append(_row(school, year, dimension, group, students, removals, hidden=hidden and not shown))
    revised += [
        _row(
            releases.WITHDRAWN, releases.REVISED, RACE, group, students, round(_REMOVALS_AS_FIRST_RELEASED * students),
            hidden=False,
        )
        for group, students in OPEN_DISTRICT_STUDENTS.items()
    ]  # fmt: skip
    facts = {"suppressed": sum("*,*" in row for of_year in rows.values() for row in of_year)}
    return releases.write_releases(folder, "discipline_actions_certified", HEADER, rows, revised, facts)

"""`dpi__removals`: two releases as CSV, suspensions and expulsions of students by race, school and school year.

Irregularities: each group has a row of suspensions, one of expulsions and one of both; rates of groups under 20 students are left
out but their counts are not; a cell of up to 4 students is hidden, and written as 0; of expulsions the file gives the count
twice; a student may be removed several times, so that a rate may exceed 100 per 100 students; schools differ in how often they
remove.
"""

from __future__ import annotations

from collections.abc import Iterator
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

SOURCE = "dpi__removals"
HEADER = "metric,dimension,group,category,unit,district,school,year,value,count,group_enrollment,status_flag\n"
RATE_OMITTED_BELOW = 20
HIDDEN_UP_TO = 4  # students of a cell that is written as 0, whatever happened to them
OMITTED, ZERO = "Group under 20 students — rate omitted", "Zero reported"

# Planted: removals for each student of a race. The open district expels no student: its removals are its suspensions.
REMOVALS = {
    "Amer Indian": 0.15, "Asian": 0.04, "Black": 0.30, "Hispanic": 0.14, "Pacific Isle": 0.10, "Two or More": 0.18, "White": 0.10,
}  # fmt: skip
EXPELLED = 0.02  # of those who are removed elsewhere
_HABIT = 4.0  # of a gamma distribution with mean 1: how often a school removes, compared with all schools
_REMOVALS_AS_FIRST_RELEASED = 0.50  # of the corrected group, and of the school that was withdrawn


def _rows(school: School, year: str, group: str, students: int, suspensions: int, expulsions: int) -> Iterator[str]:
    """The three rows of a group."""
    for category, count in (("all", suspensions + expulsions), ("suspension", suspensions), ("expulsion", expulsions)):
        unit, value, flag = "rate", f"{100 * count / students:.2f}", ""
        if category == "expulsion":
            unit, value = "count", f"{count}.0"
        elif students < RATE_OMITTED_BELOW:
            value, flag = "", OMITTED
        if count == 0 and not flag:
            flag = ZERO
        yield (
            f"discipline,{RACE},{group},{category},{unit},{school.district},{school.name},{year},"
            f"{value},{count}.0,{students}.0,{flag}\n"
        )


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases into `folder`; returns what was planted."""
    rows: dict[str, list[str]] = {year: [] for year in LAST_YEARS}
    revised: list[str] = []
    for year in LAST_YEARS:
        for school in schools():
            # the open district has no habits of its own: its truth is of few schools
            habit = 1.0 if school.district == OPEN_DISTRICT else rng.gamma(_HABIT, 1 / _HABIT)
            for group, students in students_by_group(rng, school, school.students)[RACE].items():
                removals = int(rng.poisson(students * REMOVALS[group] * habit)) if students > HIDDEN_UP_TO else 0
                expulsions = 0 if school.district == OPEN_DISTRICT else int(rng.binomial(removals, EXPELLED))
                rows[year] += _rows(school, year, group, students, removals - expulsions, expulsions)
                if year == releases.REVISED:
                    if (school.district, group) == (OPEN_DISTRICT, releases.CORRECTED):
                        removals = round(_REMOVALS_AS_FIRST_RELEASED * students)
                    revised += _rows(school, year, group, students, removals - expulsions, expulsions)
    for group, students in OPEN_DISTRICT_STUDENTS.items():
        removals = round(_REMOVALS_AS_FIRST_RELEASED * students)
        revised += _rows(releases.WITHDRAWN, releases.REVISED, group, students, removals, 0)
    text = "".join(row for of_year in rows.values() for row in of_year)
    facts = {"rates_omitted": text.count(OMITTED), "zeros": text.count(ZERO)}
    return releases.write_releases(folder, "discipline_school_groups_trend", HEADER, rows, revised, facts)

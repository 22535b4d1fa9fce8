"""`dpi__absenteeism`: two releases as CSV, the share of students who were chronically absent, by group, school and school year.

Irregularities: rates of one decimal without a count of those absent; rates of groups under 20 students are left out, those of
fewer than 10 are hidden by the state, and the two have different markers; group sizes are always there, as `101.0`.
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
    SUPPRESSED,
    schools,
    students_by_group,
)
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "dpi__absenteeism"
HEADER = "metric,dimension,group,district,school,year,value,count,status_flag\n"
OMITTED = "Group under 20 students — rate omitted"
HIDDEN_BELOW, OMITTED_BELOW = 10, 20

# Planted: the share of each race that is chronically absent, and of everybody in the other dimensions.
ABSENT = {
    "Amer Indian": 0.38, "Asian": 0.15, "Black": 0.42, "Hispanic": 0.30, "Pacific Isle": 0.30, "Two or More": 0.34, "White": 0.18,
}  # fmt: skip
_ABSENT_OTHERWISE = 0.30


_ABSENT_AS_FIRST_RELEASED = 0.60  # of the corrected group, and of the school that was withdrawn


def _row(dimension: str, group: str, place: str, students: int, absent: int, *, hidden: bool = True) -> str:
    flag = SUPPRESSED if students < HIDDEN_BELOW else OMITTED if students < OMITTED_BELOW else ""
    is_shown = not (hidden and flag)
    value = f"{100 * absent / students:.1f}" if is_shown else ""
    return f"chronic_absenteeism,{dimension},{group},{place},{value},{students}.0,{'' if is_shown else flag}\n"


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases into `folder`; returns what was planted."""
    rows: dict[str, list[str]] = {year: [] for year in LAST_YEARS}
    revised = []
    mistaken = 0
    for year in LAST_YEARS:
        for school in schools():
            place = f"{school.district},{school.name},{year}"
            for dimension, groups in students_by_group(rng, school, school.students).items():
                for group, students in groups.items():
                    absent = rng.binomial(students, ABSENT[group] if dimension == RACE else _ABSENT_OTHERWISE)
                    rows[year].append(_row(dimension, group, place, students, absent))
                    if year == releases.REVISED:
                        is_shown = students < HIDDEN_BELOW and mistaken < releases.SHOWN_BY_MISTAKE
                        mistaken += is_shown
                        if (school.district, group) == (OPEN_DISTRICT, releases.CORRECTED):
                            absent = round(_ABSENT_AS_FIRST_RELEASED * students)
                        revised.append(_row(dimension, group, place, students, absent, hidden=not is_shown))
    place = f"{releases.WITHDRAWN.district},{releases.WITHDRAWN.name},{releases.REVISED}"
    revised += [
        _row(RACE, group, place, students, round(_ABSENT_AS_FIRST_RELEASED * students))
        for group, students in OPEN_DISTRICT_STUDENTS.items()
    ]
    text = "".join(row for of_year in rows.values() for row in of_year)
    facts = {"suppressed": text.count(SUPPRESSED), "omitted": text.count(OMITTED)}
    return releases.write_releases(folder, "absenteeism_school_groups_trend", HEADER, rows, revised, facts)

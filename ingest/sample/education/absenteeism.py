"""`dpi__absenteeism`: one CSV, the share of students who were chronically absent, by group, school and school year.

Warts kept: rates of one decimal without a count of those absent; rates of groups under 20 students are left out, those of fewer
than 10 are hidden by the state, and the two say so in different words; group sizes are always there, as `101.0`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.education.schools import LAST_YEARS, RACE, SUPPRESSED, schools, students_by_group, write_rows
from ingest.sample.writing import Delivery

SOURCE = "dpi__absenteeism"
HEADER = "metric,dimension,group,district,school,year,value,count,status_flag\n"
OMITTED = "Group under 20 students — rate omitted"
HIDDEN_BELOW, OMITTED_BELOW = 10, 20

# Planted: the share of each race that is chronically absent, and of everybody in the other dimensions.
ABSENT = {
    "Amer Indian": 0.38, "Asian": 0.15, "Black": 0.42, "Hispanic": 0.30, "Pacific Isle": 0.30, "Two or More": 0.34, "White": 0.18,
}  # fmt: skip
_ABSENT_OTHERWISE = 0.30


def write(folder: Path, rng: np.random.Generator) -> Delivery:
    """Write the rates into `folder`; returns what was planted."""
    rows = []
    hidden = omitted = 0
    for year in LAST_YEARS:
        for school in schools():
            for dimension, groups in students_by_group(rng, school, school.students).items():
                for group, students in groups.items():
                    absent = rng.binomial(students, ABSENT[group] if dimension == RACE else _ABSENT_OTHERWISE)
                    flag = SUPPRESSED if students < HIDDEN_BELOW else OMITTED if students < OMITTED_BELOW else ""
                    hidden, omitted = hidden + (flag == SUPPRESSED), omitted + (flag == OMITTED)
                    value = "" if flag else f"{100 * absent / students:.1f}"
                    place = f"{school.district},{school.name},{year}"
                    rows.append(f"chronic_absenteeism,{dimension},{group},{place},{value},{students}.0,{flag}\n")
    write_rows(folder / "absenteeism_school_groups_trend.csv", HEADER, sorted(rows))
    return Delivery(delivered=len(rows), facts={"suppressed": hidden, "omitted": omitted})

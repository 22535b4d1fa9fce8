"""`dpi__discipline`: one CSV, removals of students by group, school and school year, in the form of the state's download files.

Warts kept: names in capitals, whole counts, and `*` in both counts of a group of fewer than ten students. A student may
be removed several times.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.education.schools import LAST_YEARS, RACE, schools, students_by_group, write_rows
from ingest.sample.writing import Delivery

SOURCE = "dpi__discipline"
HEADER = "SCHOOL_YEAR,COUNTY,DISTRICT_NAME,SCHOOL_NAME,GROUP_BY,GROUP_BY_VALUE,STUDENT_COUNT,REMOVAL_COUNT\n"
HIDDEN_BELOW = 10

# Planted: removals for each student of a race, and of everybody in the other dimensions.
REMOVALS = {
    "Amer Indian": 0.15, "Asian": 0.04, "Black": 0.30, "Hispanic": 0.14, "Pacific Isle": 0.10, "Two or More": 0.18, "White": 0.10,
}  # fmt: skip
_REMOVALS_OTHERWISE = 0.18


def write(folder: Path, rng: np.random.Generator) -> Delivery:
    """Write the counts into `folder`; returns what was planted."""
    rows = []
    hidden = 0
    for year in LAST_YEARS:
        for school in schools():
            for dimension, groups in students_by_group(rng, school, school.students).items():
                for group, students in groups.items():
                    removals = rng.poisson(students * (REMOVALS[group] if dimension == RACE else _REMOVALS_OTHERWISE))
                    counts = "*,*" if students < HIDDEN_BELOW else f"{students},{removals}"
                    hidden += counts == "*,*"
                    rows.append(f"{year},Sample,{school.district},{school.name},{dimension},{group},{counts}\n")
    write_rows(folder / "discipline_actions_certified_2024-25.csv", HEADER, sorted(rows))
    return Delivery(delivered=len(rows), facts={"suppressed": hidden})

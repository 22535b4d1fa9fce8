"""`dpi__completion`: two releases as CSV, the share of each cohort with a diploma after four years, by group, school and year.

Irregularities: the four-year rate next to a later one of the same cohort, once it exists; the count of diplomas or also the
cohort hidden, with a reason each; a small school with one row for all groups; a dimension with another name in
one year.
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

SOURCE = "dpi__completion"
HEADER = (
    "metric,dimension,group,unit,district,school,year,cohort_class,value,ext_rate,ext_timeframe,diploma,cohort_count,gap_reason,"
    "status_flag\n"
)
NO_DIPLOMAS = ",,,,{cohort}.0,numerator_suppressed,Gapped: regular-diploma count suppressed by DPI — not zero"
NO_COHORT = ",,,,,denominator_suppressed,Gapped: cohort count suppressed by DPI"
NO_COHORT_BELOW, NO_DIPLOMAS_BELOW = 3, 10

# Planted: the share of each race that has its diploma after four years.
COMPLETED = {
    "Amer Indian": 0.60, "Asian": 0.84, "Black": 0.62, "Hispanic": 0.70, "Pacific Isle": 0.70, "Two or More": 0.72, "White": 0.86,
}  # fmt: skip
_LATER = {"2022-23": "6-Year rate", "2023-24": "5-Year rate"}
_LATER_SHARE = 0.3  # of those without a diploma after four years
_SMALL = School("Sampleton", "Fixture Reintegration Center", 12)


def _diplomas(rng: np.random.Generator, cells: dict[str, dict[str, int]]) -> dict[str, dict[str, tuple[int, int]]]:
    """Diplomas after four years, and later, of each group: drawn by race, and split over the other dimensions' groups.

    Each dimension describes the same students, so none has more diplomas than the school.
    """
    by_race = {group: int(rng.binomial(cohort, COMPLETED[group])) for group, cohort in cells[RACE].items()}
    later = {group: int(rng.binomial(cohort - by_race[group], _LATER_SHARE)) for group, cohort in cells[RACE].items()}
    out = {RACE: {group: (count, count + later[group]) for group, count in by_race.items()}}
    for dimension, groups in cells.items():
        if dimension == RACE:
            continue
        cohorts = np.array(list(groups.values()))
        first = rng.multivariate_hypergeometric(cohorts, sum(by_race.values()))
        second = first + rng.multivariate_hypergeometric(cohorts - first, sum(later.values()))
        out[dimension] = {group: (int(first[at]), int(second[at])) for at, group in enumerate(groups)}
    return out


def _values(cohort: int, diplomas: int, later: int, year: str, *, is_shown: bool = False) -> str:
    """What follows the class of a row, from the rate on. shown: also where there are too few diplomas to show them"""
    if cohort < NO_COHORT_BELOW:
        return NO_COHORT
    if cohort < NO_DIPLOMAS_BELOW and not is_shown:
        return NO_DIPLOMAS.format(cohort=cohort)
    extended = f"{_percent(later, cohort)},{_LATER[year]}" if year in _LATER else ","
    return f"{_percent(diplomas, cohort)},{extended},{diplomas}.0,{cohort}.0,,"


def _percent(part: int, whole: int) -> str:
    return str(round(100 * part / whole, 4))


def _cells(rng: np.random.Generator, school: School, year: str) -> dict[str, dict[str, int]]:
    """The cohort of a school by dimension and group."""
    cells = students_by_group(rng, school, school.students // 3)
    total = sum(cells[RACE].values())
    cells |= {"All Students": {"All Students": total}, "Migrant Status": {"Not Migrant": total}}
    if year == LAST_YEARS[0] and "EL Status" in cells:
        groups = cells.pop("EL Status")
        cells["ELL Status"] = {"ELL/LEP" if group == "EL" else group: cohort for group, cohort in groups.items()}
    return cells


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases into `folder`; returns what was planted."""
    rows: dict[str, list[str]] = {year: [] for year in LAST_YEARS}
    revised = []
    mistaken = 0
    start = "hs_completion,{dimension},{group},pct,{district},{name},{year},{ends},{values}\n"
    for year in LAST_YEARS:
        for school in (school for school in schools() if school.is_high_school):
            own = {"district": school.district, "name": school.name, "year": year, "ends": 2000 + int(year[-2:])}
            cells = _cells(rng, school, year)
            diplomas = _diplomas(rng, cells)
            for dimension, groups in cells.items():
                for group, cohort in groups.items():
                    cell = {**own, "dimension": dimension, "group": group}
                    counts = diplomas[dimension][group]
                    rows[year].append(start.format(**cell, values=_values(cohort, *counts, year)))
                    if year == releases.REVISED:
                        is_shown = NO_COHORT_BELOW <= cohort < NO_DIPLOMAS_BELOW and mistaken < releases.SHOWN_BY_MISTAKE
                        mistaken += is_shown
                        if (school.district, group) == (OPEN_DISTRICT, releases.CORRECTED):
                            counts = (counts[0] // 2, counts[1] // 2)
                        revised.append(start.format(**cell, values=_values(cohort, *counts, year, is_shown=is_shown)))
        small = {"district": _SMALL.district, "name": _SMALL.name, "year": year, "ends": 2000 + int(year[-2:])}
        hidden = start.format(**small, dimension="All Students", group="[Data Suppressed]", values=NO_COHORT)
        rows[year].append(hidden)
        if year == releases.REVISED:
            revised.append(hidden)
    annex = {
        "district": releases.WITHDRAWN.district, "name": releases.WITHDRAWN.name, "year": releases.REVISED,
        "ends": 2000 + int(releases.REVISED[-2:]), "dimension": RACE,
    }  # fmt: skip
    revised += [
        start.format(**annex, group=group, values=_values(cohort, cohort // 4, cohort // 4, releases.REVISED))
        for group, cohort in OPEN_DISTRICT_STUDENTS.items()
    ]
    text = "".join(row for of_year in rows.values() for row in of_year)
    gaps = {reason: text.count(f",{reason},") for reason in ("numerator_suppressed", "denominator_suppressed")}
    return releases.write_releases(folder, "hs_completion_school_groups", HEADER, rows, revised, gaps)

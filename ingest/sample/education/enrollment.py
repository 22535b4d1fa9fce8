"""`dpi__enrollment`: two releases as CSV, students by group of each dimension for every school and school year.

Irregularities: counts like `100.0`, groups with no students have no row, cells that the state starred have a marker instead of a
value (with one more cell, so that differences reveal none), schools of the same name in several districts, abbreviated
labels. Race is never starred.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.education import releases
from ingest.sample.education.schools import (
    COMPOSITION,
    LARGEST_DISTRICT,
    OPEN_DISTRICT_STUDENTS,
    RACE,
    SPLITS,
    SUPPRESSED,
    YEARS,
    School,
    schools,
)
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "dpi__enrollment"
HEADER = "metric,dimension,group,district,school,year,value,share,status_flag\n"
_SMALL = 20  # a school below it has its other dimensions starred


def _by_race(rng: np.random.Generator, of: list[School]) -> dict[School, list[int]]:
    """Students of each school by race in one year: drawn for the district, then spread over its schools unevenly."""
    out: dict[School, list[int]] = {}
    for district in sorted({school.district for school in of}):
        members = [school for school in of if school.district == district]
        sizes = np.array([school.students for school in members], dtype=float)
        totals = rng.multinomial(int(sizes.sum()), list(COMPOSITION.values()))
        weights = sizes[:, None] * rng.lognormal(0, 0.8, (len(members), len(COMPOSITION)))
        spread = [rng.multinomial(total, weights[:, race] / weights[:, race].sum()) for race, total in enumerate(totals)]
        out |= {school: [int(of_race[at]) for of_race in spread] for at, school in enumerate(members)}
    return out


def _sexes(rng: np.random.Generator, total: int) -> dict[str, int | None]:
    third = int(rng.poisson(0.05))
    female = int(rng.binomial(total - third, 0.48)) if total > third else 0
    counts: dict[str, int | None] = {"Female": female, "Male": max(0, total - third - female)}
    if third:
        smaller = "Female" if female <= total - third - female else "Male"
        counts |= {"Non-binary": None, smaller: None}
    return counts


def _year_cells(rng: np.random.Generator, by_race: list[int]) -> dict[str, dict[str, int | None]]:
    """One school year by dimension and group; None is a starred cell."""
    total = sum(by_race)
    cells: dict[str, dict[str, int | None]] = {RACE: dict(zip(COMPOSITION, by_race, strict=True)), "Gender": _sexes(rng, total)}
    for dimension, (yes, no, share) in SPLITS.items():
        if dimension in cells:
            continue
        count = int(rng.binomial(total, share))
        cells[dimension] = {yes: count, no: total - count}
    if total < _SMALL:
        cells |= {dimension: dict.fromkeys(groups) for dimension, groups in cells.items() if dimension != RACE}
    return cells


_MISCODED_EVERY = 3  # in the first release, so many schools of the largest district count their Black students as white


def _rows(school: School, year: str, cells: dict[str, dict[str, int | None]], total: int) -> list[str]:
    """The rows of a school and year; a group without students has none."""
    return [
        f"enrollment,{dimension},{group},{school.district},{school.name},{year},"
        + (f",,{SUPPRESSED}" if count is None else f"{count:.1f},{round(count / total, 4)},")
        + "\n"
        for dimension, groups in cells.items()
        for group, count in groups.items()
        if count != 0
    ]


def _as_first_released(by_race: dict[str, int | None]) -> dict[str, int | None]:
    """The Black students of a school among its white ones."""
    black, white = (by_race[group] or 0 for group in (releases.CORRECTED, "White"))
    return {**by_race, releases.CORRECTED: 0, "White": white + black}


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases into `folder`; returns what was planted."""
    every = schools()
    rows: dict[str, list[str]] = {year: [] for year in YEARS}
    revised = []
    students = 0
    for year in YEARS:
        for at, (school, by_race) in enumerate(_by_race(rng, every).items()):
            total = sum(by_race)
            students += total if year == YEARS[-1] else 0
            cells = _year_cells(rng, by_race)
            rows[year] += _rows(school, year, cells, total)
            if year == releases.REVISED:
                miscoded = school.district == LARGEST_DISTRICT and at % _MISCODED_EVERY == 0
                revised += _rows(school, year, {**cells, RACE: _as_first_released(cells[RACE])} if miscoded else cells, total)
    total = sum(OPEN_DISTRICT_STUDENTS.values())
    revised += _rows(releases.WITHDRAWN, releases.REVISED, {RACE: dict(OPEN_DISTRICT_STUDENTS)}, total)
    suppressed = sum(SUPPRESSED in row for of_year in rows.values() for row in of_year)
    facts = {"suppressed": suppressed, "students_in_the_last_year": students}
    by_year = {year: sorted(of_year) for year, of_year in rows.items()}
    return releases.write_releases(folder, "enrollment_school_groups_trend", HEADER, by_year, sorted(revised), facts)

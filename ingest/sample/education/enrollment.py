"""`dpi__enrollment`: one CSV, students by group of each dimension for every school and school year.

Warts kept: counts like `100.0`, groups with no students have no row, cells that the state starred have no value and say so in
words (with one more cell, so that the difference does not tell them), schools of the same name in several districts, abbreviated
labels. Race is never starred.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.education.schools import COMPOSITION, RACE, SPLITS, SUPPRESSED, YEARS, School, schools, write_rows
from ingest.sample.writing import Delivery

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


def write(folder: Path, rng: np.random.Generator) -> Delivery:
    """Write enrollment into `folder`; returns what was planted."""
    every = schools()
    rows: list[tuple[str, str, str, str, str, str]] = []
    suppressed = students = 0
    for year in YEARS:
        for school, by_race in _by_race(rng, every).items():
            total = sum(by_race)
            students += total if year == YEARS[-1] else 0
            for dimension, groups in _year_cells(rng, by_race).items():
                for group, count in groups.items():
                    if count == 0:
                        continue
                    suppressed += count is None
                    value = f",,{SUPPRESSED}" if count is None else f"{count:.1f},{round(count / total, 4)},"
                    rows.append((dimension, school.district, school.name, year, group, value))
    rows.sort()
    lines = [
        f"enrollment,{dimension},{group},{district},{name},{year},{value}\n"
        for dimension, district, name, year, group, value in rows
    ]
    write_rows(folder / "enrollment_school_groups_trend.csv", HEADER, lines)
    return Delivery(delivered=len(rows), facts={"suppressed": suppressed, "students_in_the_last_year": students})

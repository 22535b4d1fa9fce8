"""`dpi__enrollment`: one CSV, students by group of each dimension for every school and school year.

Warts kept: counts like `100.0`, groups with no students have no row, cells that the state starred have no value and say so in
words (with one more cell, so that the difference does not tell them), schools of the same name in several districts, abbreviated
labels. Race is never starred.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.sample.city import NAMES
from ingest.sample.writing import Delivery

SOURCE = "dpi__enrollment"
HEADER = "metric,dimension,group,district,school,year,value,share,status_flag\n"
SUPPRESSED = "Suppressed (DPI privacy) — not zero"
YEARS = ("2018-19", "2019-20", "2020-21", "2021-22", "2022-23", "2023-24", "2024-25")

# Planted: the composition of the students of every district, in every year. Within a district, schools differ widely.
COMPOSITION = {
    "Amer Indian": 0.006, "Asian": 0.075, "Black": 0.34, "Hispanic": 0.26, "Pacific Isle": 0.003, "Two or More": 0.056,
    "White": 0.26,
}  # fmt: skip
_RACE = "Race/Ethnicity"
_SMALL = 20  # a school below it has its other dimensions starred
_SPLITS = {
    "Disability Status": ("SwD", "SwoD", 0.17), "EL Status": ("EL", "Eng Prof", 0.13),
    "Economic Status": ("Econ Disadv", "Not Econ Disadv", 0.63),
}  # fmt: skip


@dataclass(frozen=True)
class _School:
    district: str
    name: str
    students: int


def _schools() -> list[_School]:
    names = [f"{name.title()} {kind}" for kind in ("Elementary", "Middle", "High", "Montessori") for name in NAMES]
    city = [_School("Sampleton", name, 180 + 37 * at % 700) for at, name in enumerate(names)]
    suburb = [_School("Example Lake-Specimen", name, 250 + 53 * at % 500) for at, name in enumerate(names[::8])]
    village = [_School("Placeholder J2", name, 150 + 41 * at % 200) for at, name in enumerate(names[:4])]
    charters = [_School(f"{name.title()} Charter Academy", f"{name.title()} Charter Academy", 240) for name in NAMES[10:14]]
    return [*city, *suburb, *village, *charters, _School("Sampleton", "Fixture Reintegration Center", 12)]


def _by_race(rng: np.random.Generator, schools: list[_School]) -> dict[_School, list[int]]:
    """Students of each school by race in one year: drawn for the district, then spread over its schools unevenly."""
    out: dict[_School, list[int]] = {}
    for district in sorted({school.district for school in schools}):
        members = [school for school in schools if school.district == district]
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
    cells: dict[str, dict[str, int | None]] = {_RACE: dict(zip(COMPOSITION, by_race, strict=True)), "Gender": _sexes(rng, total)}
    for dimension, (yes, no, share) in _SPLITS.items():
        count = int(rng.binomial(total, share))
        cells[dimension] = {yes: count, no: total - count}
    if total < _SMALL:
        cells |= {dimension: dict.fromkeys(groups) for dimension, groups in cells.items() if dimension != _RACE}
    return cells


def write(folder: Path, rng: np.random.Generator) -> Delivery:
    """Write enrollment into `folder`; returns what was planted."""
    schools = _schools()
    rows: list[tuple[str, str, str, str, str, str]] = []
    suppressed = students = 0
    for year in YEARS:
        for school, by_race in _by_race(rng, schools).items():
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
    (folder / "enrollment_school_groups_trend.csv").write_text(HEADER + "".join(lines), encoding="utf-8", newline="")
    return Delivery(delivered=len(rows), facts={"suppressed": suppressed, "students_in_the_last_year": students})

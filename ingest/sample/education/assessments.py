"""`dpi__act` and `dpi__forward_exam`: two releases each as CSV, proficient students by group, subject, school and school year.

Irregularities of the ACT: percentages are of the students enrolled, not of those tested; small groups have a row without any
figure; of reading there is an average score and 0.0 elsewhere; other subjects begin in the second year. Of the Forward exam:
percentages are of those tested; small groups have no row; in the first year each percentage is 100.0 and few students are
counted, and a dimension has another name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

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

ACT, FORWARD = "dpi__act", "dpi__forward_exam"
ACT_HEADER = (
    "metric,dimension,group,subject,unit,district,school,year,value,pct_below,pct_notest,avg_score,gap_reason,tested,population,"
    "status_flag\n"
)
FORWARD_HEADER = "metric,dimension,group,subject,unit,district,school,year,value,pct_below,tested,status_flag\n"
HIDDEN_BELOW = 10
# The year without a measurement: of the Forward exam every percentage is 100.0, of the ACT there is reading only.
UNMEASURED = LAST_YEARS[0]
ACT_HIDDEN = ",,,,fully_suppressed,,,Suppressed by DPI (whole group redacted) — not zero"

# Planted: the share of each race that is proficient, in every subject, of those enrolled. See proficient_share for each exam.
PROFICIENT = {
    "Amer Indian": 0.25, "Asian": 0.40, "Black": 0.20, "Hispanic": 0.30, "Pacific Isle": 0.30, "Two or More": 0.40, "White": 0.60,
}  # fmt: skip
_NOT_TESTED = 0.2  # of those enrolled who are not proficient
_COUNTED_IN_UNMEASURED = 30  # every so-many-th student


def proficient_share(exam: str, group: str) -> float:
    """The planted share of an exam's denominator: of those enrolled (ACT), of those tested (Forward exam)."""
    share = PROFICIENT[group]
    return share if exam == "act" else share / (1 - _NOT_TESTED * (1 - share))


class Result(NamedTuple):
    """Students of a group, those tested of these, and those proficient."""

    students: int
    tested: int
    proficient: int


def _results(rng: np.random.Generator, cells: dict[str, dict[str, int]]) -> dict[str, dict[str, Result]]:
    """The results by dimension and group: drawn by race, and split over the groups of other dimensions."""
    by_race = {}
    for group, students in cells[RACE].items():
        proficient = int(rng.binomial(students, PROFICIENT[group]))
        by_race[group] = Result(students, students - int(rng.binomial(students - proficient, _NOT_TESTED)), proficient)
    whole = Result(*(sum(column) for column in zip(*by_race.values(), strict=True)))
    out = {RACE: by_race, "All Students": {"All Students": whole}}
    for dimension, groups in cells.items():
        if dimension != RACE:
            left = np.array(list(groups.values()))
            able = rng.multivariate_hypergeometric(left, whole.proficient)
            others = rng.multivariate_hypergeometric(left - able, whole.tested - whole.proficient)
            out[dimension] = {
                group: Result(int(left[at]), int(able[at] + others[at]), int(able[at])) for at, group in enumerate(groups)
            }
    return out


def _act_row(start: str, result: Result, subject: str) -> str:
    students, tested, proficient = result
    if students < HIDDEN_BELOW:
        return f"{start},{ACT_HIDDEN}\n"
    shares = (0, 0) if subject == "reading" else (proficient, tested - proficient)
    value, below, absent = (round(100 * count / students, 4) for count in (*shares, students - tested))
    return f"{start},{value},{below},{absent},{15.0 + proficient % 9},,{f'{tested}.0' if tested else ''},{students}.0,\n"


def _forward_row(start: str, result: Result, year: str) -> str:
    tested, proficient = result.tested, result.proficient
    if year == UNMEASURED:
        tested = proficient = tested // _COUNTED_IN_UNMEASURED
    if tested < (1 if year == UNMEASURED else HIDDEN_BELOW):
        return ""
    value = round(100 * proficient / tested, 1)
    return f"{start},{value},{round(100 - value, 1)},{tested},\n"


def _rows(exam: str, school: School, year: str, subject: str, results: dict[str, dict[str, Result]]) -> Iterator[str]:
    for dimension, groups in results.items():
        for group, result in groups.items():
            named = dimension, group
            if exam == "forward" and year == UNMEASURED and dimension == "EL Status":
                named = "ELL Status", "ELL/LEP" if group == "EL" else group
            start = f"{exam},{','.join(named)},{subject},pct,{school.district},{school.name},{year}"
            yield _act_row(start, result, subject) if exam == "act" else _forward_row(start, result, year)


def _corrected(results: dict[str, dict[str, Result]]) -> dict[str, dict[str, Result]]:
    """The results with half as many proficient students of the group that the second release corrects."""
    group = releases.CORRECTED
    students, tested, proficient = results[RACE][group]
    return {**results, RACE: {**results[RACE], group: Result(students, tested, proficient // 2)}}


def _write(
    folder: Path, rng: np.random.Generator, exam: str, of: Iterable[School], size: Callable[[School], int],
    subjects: Callable[[str], tuple[str, ...]], stem: str, header: str,
) -> PlantedCounts:  # fmt: skip
    rows: dict[str, list[str]] = {year: [] for year in LAST_YEARS}
    revised: list[str] = []
    tested_schools = list(of)
    for year in LAST_YEARS:
        for school in tested_schools:
            cells = students_by_group(rng, school, size(school))
            for subject in subjects(year):
                results = _results(rng, cells)
                rows[year] += filter(None, _rows(exam, school, year, subject, results))
                if year == releases.REVISED:
                    first = _corrected(results) if school.district == OPEN_DISTRICT else results
                    revised += filter(None, _rows(exam, school, year, subject, first))
        if exam == "act":
            small = f"act,All Students,[Data Suppressed],{subjects(year)[0]},pct,Sampleton,Fixture Reintegration Center,{year}"
            rows[year].append(f"{small},{ACT_HIDDEN}\n")
            if year == releases.REVISED:
                revised.append(f"{small},{ACT_HIDDEN}\n")
    for subject in subjects(releases.REVISED):
        annex = {group: Result(students, students, students // 10) for group, students in OPEN_DISTRICT_STUDENTS.items()}
        revised += _rows(exam, releases.WITHDRAWN, releases.REVISED, subject, {RACE: annex})
    listed = [row for of_year in rows.values() for row in of_year]
    facts = {"suppressed": sum(ACT_HIDDEN in row for row in listed), "unmeasured": sum(_is_unmeasured(row) for row in listed)}
    return releases.write_releases(folder, stem, header, rows, revised, facts)


def _is_unmeasured(row: str) -> bool:
    """Whether a row has a percentage of a school year, or of a subject, in which all are the same."""
    exam, _, _, subject, _, _, _, year, value, *_ = row.split(",")
    return value != "" and (subject == "reading" if exam == "act" else year == UNMEASURED)


def write_act(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases of the ACT into `folder`; returns what was planted."""
    return _write(
        folder, rng, "act", (school for school in schools() if school.is_high_school), lambda school: school.students // 3,
        lambda year: ("reading", "ela", "math", "science")[: 1 if year == UNMEASURED else None], "act_school_groups", ACT_HEADER,
    )  # fmt: skip


def write_forward(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write both releases of the Forward exam into `folder`; returns what was planted."""
    return _write(
        folder, rng, "forward", schools(), lambda school: school.students, lambda _: ("ela", "math", "science", "social"),
        "forward_school_groups", FORWARD_HEADER,
    )  # fmt: skip

"""Exams: two releases each as CSV, proficient students by group, subject, school and school year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.education import schools
from ingest.sample.education.schools import School, SchoolTable, each

_HIDDEN_BELOW = 10
# The year without a measurement: of the Forward exam every percentage is 100.0, of the ACT there is reading only.
_UNMEASURED = schools.LAST_YEARS[0]
_HIDDEN = ",,,,fully_suppressed,,,Suppressed by DPI (whole group redacted) — not zero"

# Planted: the share of each race that is proficient, in every subject, of those enrolled. See proficient_share for each exam.
_PROFICIENT = {
    "Amer Indian": 0.25, "Asian": 0.40, "Black": 0.20, "Hispanic": 0.30, "Pacific Isle": 0.30, "Two or More": 0.40, "White": 0.60,
}  # fmt: skip
_NOT_TESTED = 0.2  # of those enrolled who are not proficient
_COUNTED_IN_UNMEASURED = 30  # every so-many-th student


def proficient_share(exam: str, group: str) -> float:
    """The planted share of an exam's denominator: of those enrolled (ACT), of those tested (Forward exam)."""
    share = _PROFICIENT[group]
    return share if exam == "act" else share / (1 - _NOT_TESTED * (1 - share))


class Result(NamedTuple):
    """Students of a group, those tested of these, and those proficient."""

    students: int
    tested: int
    proficient: int


Cells = dict[str, dict[str, Result]]
_WITHDRAWN = {group: Result(count, count, count // 10) for group, count in schools.OPEN_DISTRICT_STUDENTS.items()}
Subjects = tuple[str, ...]
Rows = Callable[[School, str, str, Cells], list[str]]


def _results(rng: np.random.Generator, cells: dict[str, dict[str, int]]) -> Cells:
    """The results by dimension and group: drawn by race, and split over the groups of other dimensions."""
    by_race = {}
    for group, students in cells[schools.RACE].items():
        proficient = int(rng.binomial(students, _PROFICIENT[group]))
        by_race[group] = (proficient, students - proficient - int(rng.binomial(students - proficient, _NOT_TESTED)))
    tested = schools.split_by_dimension(rng, cells, by_race)
    results: Cells = {dimension: {} for dimension in cells}
    for dimension, group, (proficient, others) in each(tested):
        results[dimension][group] = Result(cells[dimension][group], proficient + others, proficient)
    return results


def _corrected(results: Cells) -> Cells:
    """The results with half as many proficient students of the group that the second release corrects."""
    by_race = results[schools.RACE]
    corrected = by_race[schools.CORRECTED]
    half = corrected._replace(proficient=corrected.proficient // 2)
    return {**results, schools.RACE: {**by_race, schools.CORRECTED: half}}


def _released(rng: np.random.Generator, rows: Rows, pupils: dict[School, int], subjects: Mapping[str, Subjects]) -> SchoolTable:
    """The table of an exam that so many students of each school take, in the subjects of the year."""
    table = SchoolTable()
    for year, school in product(schools.LAST_YEARS, pupils):
        by_race, *others = schools.students_by_group(rng, school, pupils[school]).items()
        cells = dict([by_race, ("All Students", {"All Students": sum(by_race[1].values())}), *others])
        for subject in subjects[year]:
            results = _results(rng, cells)
            first = _corrected(results) if school.district == schools.OPEN_DISTRICT else results
            table.add(year, rows(school, year, subject, results), rows(school, year, subject, first))
    return table


def _act_values(result: Result, subject: str) -> str:
    students, tested, proficient = result
    if students < _HIDDEN_BELOW:
        return _HIDDEN
    shares = (0, 0) if subject == "reading" else (proficient, tested - proficient)
    value, below, absent = (round(100 * count / students, 4) for count in (*shares, students - tested))
    return f"{value},{below},{absent},{15.0 + proficient % 9},,{f'{tested}.0' if tested else ''},{students}.0,"


def _act_rows(school: School, year: str, subject: str, results: Cells) -> list[str]:
    place = f"{subject},pct,{school.district},{school.name},{year}"
    return [f"act,{dimension},{group},{place},{_act_values(result, subject)}\n" for dimension, group, result in each(results)]


@source("dpi__act", jurisdiction=COUNTY_GEOID)
def act(delivery: Delivery) -> PlantedCounts:
    """The ACT, which high schools take.

    Irregularities: percentages are of the students enrolled, not of those tested; small groups have a row without any figure; of
    reading there is an average score and 0.0 elsewhere; other subjects begin in the second year.
    """
    subjects = {year: ("reading", "ela", "math", "science")[: 1 if year == _UNMEASURED else None] for year in schools.LAST_YEARS}
    pupils = {school: school.students // 3 for school in schools.every_school() if school.is_high_school}
    table = _released(delivery.rng, _act_rows, pupils, subjects)
    for year in schools.LAST_YEARS:
        hidden = {"All Students": {"[Data Suppressed]": Result(0, 0, 0)}}
        table.add(year, _act_rows(schools.SMALL, year, "reading", hidden))
    for subject in subjects[schools.REVISED]:
        table.revised += _act_rows(schools.WITHDRAWN, schools.REVISED, subject, {schools.RACE: _WITHDRAWN})
    unmeasured = sum(",reading," in row and _HIDDEN not in row for rows in table.rows.values() for row in rows)
    header = (
        "metric,dimension,group,subject,unit,district,school,year,value,pct_below,pct_notest,avg_score,gap_reason,tested,population,"
        "status_flag"
    )
    return table.write(delivery, "act_school_groups", header, suppressed=table.count(_HIDDEN), unmeasured=unmeasured)


def _forward_rows(school: School, year: str, subject: str, results: Cells) -> list[str]:
    rows = []
    for dimension, group, result in each(results):
        named, tested, proficient = f"{dimension},{group}", result.tested, result.proficient
        if year == _UNMEASURED:
            tested = proficient = tested // _COUNTED_IN_UNMEASURED
            if dimension == "EL Status":
                named = "ELL Status," + ("ELL/LEP" if group == "EL" else group)
        if tested >= (1 if year == _UNMEASURED else _HIDDEN_BELOW):
            value = round(100 * proficient / tested, 1)
            place = f"{subject},pct,{school.district},{school.name},{year}"
            rows.append(f"forward,{named},{place},{value},{round(100 - value, 1)},{tested},\n")
    return rows


@source("dpi__forward_exam", jurisdiction=COUNTY_GEOID)
def forward_exam(delivery: Delivery) -> PlantedCounts:
    """The Forward exam, which all schools take.

    Irregularities: percentages are of those tested; small groups have no row; in the first year each percentage is 100.0 and few
    students are counted, and a dimension has another name.
    """
    subjects = dict.fromkeys(schools.LAST_YEARS, ("ela", "math", "science", "social"))
    table = _released(delivery.rng, _forward_rows, {school: school.students for school in schools.every_school()}, subjects)
    for subject in subjects[schools.REVISED]:
        table.revised += _forward_rows(schools.WITHDRAWN, schools.REVISED, subject, {schools.RACE: _WITHDRAWN})
    header = "metric,dimension,group,subject,unit,district,school,year,value,pct_below,tested,status_flag"
    unmeasured = len(table.rows[_UNMEASURED])
    return table.write(delivery, "forward_school_groups", header, suppressed=0, unmeasured=unmeasured)

"""Exams: two releases each as CSV, proficient students by group, subject, school and school year."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.education import schools
from ingest.sample.education.schools import RACE, School, SchoolTable, Values, each

_HIDDEN_BELOW = 10
# The year without a measurement: of the Forward exam every percentage is 100.0, of the ACT there is reading only.
_UNMEASURED = schools.LAST_YEARS[0]
_HIDDEN = {"gap_reason": "fully_suppressed", "status_flag": "Suppressed by DPI (whole group redacted) — not zero"}

_NOT_TESTED = 0.2  # of those enrolled who are not proficient
_COUNTED_IN_UNMEASURED = 30  # every so-many-th student


def proficient_share(exam: str, group: str) -> float:
    """The planted share of an exam's denominator: of those enrolled (ACT), of those tested (Forward exam)."""
    share = schools.PROFICIENT[group]
    return share if exam == "act" else share / (1 - _NOT_TESTED * (1 - share))


Result = tuple[int, int, int]  # students of a group, those tested of these, and those proficient
Subjects = Mapping[str, tuple[str, ...]]


def _results(rng: np.random.Generator, cells: Mapping[str, dict[str, int]]) -> Iterator[tuple[str, str, Result]]:
    """Dimension, group and result: drawn by race, and split over the groups of other dimensions."""
    by_race = {}
    for group, students in cells[RACE].items():
        proficient = int(rng.binomial(students, schools.PROFICIENT[group]))
        by_race[group] = (proficient, students - proficient - int(rng.binomial(students - proficient, _NOT_TESTED)))
    for dimension, group, (proficient, others) in each(schools.split_by_dimension(rng, cells, by_race)):
        yield dimension, group, (cells[dimension][group], proficient + others, proficient)


def _add_results(
    table: SchoolTable, rng: np.random.Generator, values: Callable[..., Values], pupils: Mapping[School, int], subjects: Subjects
) -> None:
    """Add an exam that so many students of each school take, in the subjects of the year; `values`: a line's, of a result."""
    for year, school in product(schools.LAST_YEARS, pupils):
        by_race, *others = schools.students_by_group(rng, school, pupils[school]).items()
        cells = dict([by_race, ("All Students", {"All Students": sum(by_race[1].values())}), *others])
        for subject in subjects[year]:
            for dimension, group, (students, tested, proficient) in _results(rng, cells):
                first = proficient // 2 if school.is_corrected(group) else proficient
                shown, shown_first = (
                    values((students, tested, count), subject, year, (dimension, group)) for count in (proficient, first)
                )
                table.add(school, year, (dimension, group), shown, shown_first)
    for subject, (group, count) in product(subjects[schools.REVISED], schools.OPEN_DISTRICT_STUDENTS.items()):
        withdrawn = values((count, count, count // 10), subject, schools.REVISED, (RACE, group))
        table.add_withdrawn(group, withdrawn)


def _act_values(result: Result, subject: str, *_: object) -> Values:
    students, tested, proficient = result
    if students < _HIDDEN_BELOW:
        return {"subject": subject, **_HIDDEN}
    counts = (0, 0) if subject == "reading" else (proficient, tested - proficient)
    value, below, absent = (round(100 * count / students, 4) for count in (*counts, students - tested))
    return {
        "subject": subject, "value": value, "pct_below": below, "pct_notest": absent, "avg_score": 15.0 + proficient % 9,
        "tested": f"{tested}.0" if tested else "", "population": f"{students}.0",
    }  # fmt: skip


@source("dpi__act", jurisdiction=COUNTY_GEOID)
def act(delivery: Delivery) -> PlantedCounts:
    """The ACT, which high schools take.

    Irregularities: percentages are of the students enrolled, not of those tested; small groups have a row without any figure; of
    reading there is an average score and 0.0 elsewhere; other subjects begin in the second year.
    """
    header = (
        "metric,dimension,group,subject,unit,district,school,year,value,pct_below,pct_notest,avg_score,gap_reason,tested,population,"
        "status_flag"
    )
    table = SchoolTable(header, metric="act", unit="pct")
    subjects = {year: ("reading", "ela", "math", "science")[: 1 if year == _UNMEASURED else None] for year in schools.LAST_YEARS}
    pupils = {school: school.students // 3 for school in schools.every_school() if school.is_high_school}
    _add_results(table, delivery.rng, _act_values, pupils, subjects)
    for year in schools.LAST_YEARS:
        hidden = _act_values((0, 0, 0), "reading")
        table.add(schools.SMALL, year, ("All Students", "[Data Suppressed]"), hidden, hidden)
    suppressed = table.count(_HIDDEN["gap_reason"])
    unmeasured = table.count(",reading,") - table.count(",reading,", _HIDDEN["gap_reason"])
    return table.write(delivery, "act_school_groups", suppressed=suppressed, unmeasured=unmeasured)


def _forward_values(result: Result, subject: str, year: str, named: tuple[str, str]) -> Values:
    _, tested, proficient = result
    renamed = {}
    if year == _UNMEASURED:
        tested = proficient = tested // _COUNTED_IN_UNMEASURED
        if named[0] == "EL Status":
            renamed = {"dimension": "ELL Status", "group": "ELL/LEP" if named[1] == "EL" else named[1]}
    if tested < (1 if year == _UNMEASURED else _HIDDEN_BELOW):
        return None
    value = round(100 * proficient / tested, 1)
    return {"subject": subject, **renamed, "value": value, "pct_below": round(100 - value, 1), "tested": tested}


@source("dpi__forward_exam", jurisdiction=COUNTY_GEOID)
def forward_exam(delivery: Delivery) -> PlantedCounts:
    """The Forward exam, which all schools take.

    Irregularities: percentages are of those tested; small groups have no row; in the first year each percentage is 100.0 and few
    students are counted, and a dimension has another name.
    """
    header = "metric,dimension,group,subject,unit,district,school,year,value,pct_below,tested,status_flag"
    table = SchoolTable(header, metric="forward", unit="pct")
    pupils = {school: school.students for school in schools.every_school()}
    subjects = dict.fromkeys(schools.LAST_YEARS, ("ela", "math", "science", "social"))
    _add_results(table, delivery.rng, _forward_values, pupils, subjects)
    return table.write(delivery, "forward_school_groups", suppressed=0, unmeasured=len(table.lines[_UNMEASURED]))

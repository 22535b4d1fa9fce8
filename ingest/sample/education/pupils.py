"""Tables of pupils and what they meet at school: enrollment, absences, removals and diplomas, each in two releases as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.education import schools
from ingest.sample.education.schools import RACE, School, SchoolTable, Values, each

_STARRED_BELOW = 20  # a school below it has its other dimensions starred
_MISCODED_EVERY = 3  # in the first release, so many schools of the largest district count their Black students as white

OMITTED, ZERO = "Group under 20 students — rate omitted", "Zero reported"
_OMITTED_BELOW = 20
_ABSENCES_HIDDEN_BELOW = 10
_ABSENT_OTHERWISE = 0.30  # the planted share of everybody in the other dimensions
_ABSENT_AS_FIRST_RELEASED = 0.60  # of the corrected group, and of the school that was withdrawn

_REMOVALS_HIDDEN_UP_TO = 4  # students of a cell that is written as 0, whatever happened to them
EXPELLED = 0.02  # of those who are removed, but for the open district, whose removals are its suspensions
_HABIT = 4.0  # of a gamma distribution with mean 1: how often a school removes, compared with all schools
_REMOVALS_AS_FIRST_RELEASED = 0.50  # of the corrected group, and of the school that was withdrawn

_NO_DIPLOMAS = {
    "gap_reason": "numerator_suppressed", "status_flag": "Gapped: regular-diploma count suppressed by DPI — not zero",
}  # fmt: skip
_NO_COHORT = {"gap_reason": "denominator_suppressed", "status_flag": "Gapped: cohort count suppressed by DPI"}
_NO_COHORT_BELOW, _NO_DIPLOMAS_BELOW = 3, 10
_LATER = {"2022-23": "6-Year rate", "2023-24": "5-Year rate"}
_LATER_SHARE = 0.3  # of those without a diploma after four years

Counts = dict[str, dict[str, int | None]]


def _by_race(rng: np.random.Generator, of: list[School]) -> dict[School, list[int]]:
    """Students of each school by race in one year: drawn for the district, then spread over its schools unevenly."""
    out: dict[School, list[int]] = {}
    for district in sorted({school.district for school in of}):
        members = [school for school in of if school.district == district]
        sizes = np.array([school.students for school in members], dtype=float)
        totals = rng.multinomial(int(sizes.sum()), list(schools.COMPOSITION.values()))
        weights = sizes[:, None] * rng.lognormal(0, 0.8, (len(members), len(schools.COMPOSITION)))
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


def _enrolled(rng: np.random.Generator, by_race: list[int]) -> Counts:
    """The students of a school and year by dimension and group; None is a starred cell."""
    total = sum(by_race)
    cells: Counts = {RACE: dict(zip(schools.COMPOSITION, by_race, strict=True)), "Gender": _sexes(rng, total)}
    for dimension, (yes, no, share) in schools.SPLITS.items():
        if dimension not in cells:
            count = int(rng.binomial(total, share))
            cells[dimension] = {yes: count, no: total - count}
    if total < _STARRED_BELOW:
        cells |= {dimension: dict.fromkeys(groups) for dimension, groups in cells.items() if dimension != RACE}
    return cells


def _enrollment(count: int | None, total: int) -> Values:
    """The cells of a group; one without students has no line."""
    if count is None:
        return {"status_flag": schools.SUPPRESSED}
    return {"value": f"{count:.1f}", "share": round(count / total, 4)} if count else None


@source("dpi__enrollment", jurisdiction=COUNTY_GEOID)
def enrollment(delivery: Delivery) -> PlantedCounts:
    """Students by group of each dimension for every school and school year.

    Irregularities: counts like `100.0`, groups with no students have no row, cells that the state starred have a marker instead
    of a value (with one more cell, so that differences reveal none), schools of the same name in several districts, abbreviated
    labels. Race is never starred.
    """
    header = "metric,dimension,group,district,school,year,value,share,status_flag"
    rng, students = delivery.rng, 0
    table = SchoolTable(header, schools.YEARS, is_sorted=True, metric="enrollment")
    for year in schools.YEARS:
        for at, (school, by_race) in enumerate(_by_race(rng, schools.every_school()).items()):
            total = sum(by_race)
            students += total if year == schools.LATEST else 0
            cells = _enrolled(rng, by_race)
            miscoded: dict[str, int] = {}
            if school.district == schools.LARGEST_DISTRICT and at % _MISCODED_EVERY == 0:
                black, white = (cells[RACE][group] or 0 for group in (schools.CORRECTED, "White"))
                miscoded = {schools.CORRECTED: 0, "White": white + black}
            for dimension, group, count in each(cells):
                first = miscoded.get(group, count)
                table.add(school, year, (dimension, group), _enrollment(count, total), _enrollment(first, total))
    annex = schools.OPEN_DISTRICT_STUDENTS
    for group, count in annex.items():
        table.add_withdrawn(group, _enrollment(count, sum(annex.values())))
    facts = {"suppressed": table.count(schools.SUPPRESSED), "students_in_the_last_year": students}
    return table.write(delivery, "enrollment_school_groups_trend", **facts)


def _absence(students: int, absent: int, *, is_mistake: bool = False) -> Values:
    flag = schools.SUPPRESSED if students < _ABSENCES_HIDDEN_BELOW else OMITTED if students < _OMITTED_BELOW else ""
    if flag and not is_mistake:
        return {"count": f"{students}.0", "status_flag": flag}
    return {"count": f"{students}.0", "value": f"{100 * absent / students:.1f}"}


@source("dpi__absenteeism", jurisdiction=COUNTY_GEOID)
def absenteeism(delivery: Delivery) -> PlantedCounts:
    """The share of students who were chronically absent, by group, school and school year.

    Irregularities: rates of one decimal without a count of those absent; rates of groups under 20 students are left out, those of
    fewer than 10 are hidden by the state, and the two have different markers; group sizes are always there, as `101.0`.
    """
    header = "metric,dimension,group,district,school,year,value,count,status_flag"
    rng, table, mistaken = delivery.rng, SchoolTable(header, metric="chronic_absenteeism"), 0
    for year, school in product(schools.LAST_YEARS, schools.every_school()):
        for dimension, group, students in each(schools.students_by_group(rng, school, school.students)):
            absent = rng.binomial(students, schools.ABSENT[group] if dimension == RACE else _ABSENT_OTHERWISE)
            is_mistake = year == schools.REVISED and students < _ABSENCES_HIDDEN_BELOW and mistaken < schools.SHOWN_BY_MISTAKE
            mistaken += is_mistake
            first = round(_ABSENT_AS_FIRST_RELEASED * students) if school.is_corrected(group) else absent
            values, released = _absence(students, absent), _absence(students, first, is_mistake=is_mistake)
            table.add(school, year, (dimension, group), values, released)
    for group, students in schools.OPEN_DISTRICT_STUDENTS.items():
        table.add_withdrawn(group, _absence(students, round(_ABSENT_AS_FIRST_RELEASED * students)))
    facts = {"suppressed": table.count(schools.SUPPRESSED), "omitted": table.count(OMITTED)}
    return table.write(delivery, "absenteeism_school_groups_trend", **facts)


def _removal_values(students: int, removed: int, expelled: int) -> Iterator[dict[str, object]]:
    """The cells of the three lines of a group."""
    for category, count in (("all", removed), ("suspension", removed - expelled), ("expulsion", expelled)):
        is_omitted = category != "expulsion" and students < _OMITTED_BELOW
        value = f"{count}.0" if category == "expulsion" else "" if is_omitted else f"{100 * count / students:.2f}"
        yield {
            "category": category, "unit": "count" if category == "expulsion" else "rate", "value": value, "count": f"{count}.0",
            "group_enrollment": f"{students}.0", "status_flag": OMITTED if is_omitted else "" if count else ZERO,
        }  # fmt: skip


@source("dpi__removals", jurisdiction=COUNTY_GEOID)
def removals(delivery: Delivery) -> PlantedCounts:
    """Suspensions and expulsions of students by race, school and school year.

    Irregularities: each group has a row of suspensions, one of expulsions and one of both; rates of groups under 20 students are
    left out but their counts are not; a cell of up to 4 students is hidden, and written as 0; of expulsions the file gives the
    count twice; a student may be removed several times, so that a rate may exceed 100 per 100 students; schools differ in how
    often they remove.
    """
    header = "metric,dimension,group,category,unit,district,school,year,value,count,group_enrollment,status_flag"
    rng, table = delivery.rng, SchoolTable(header, metric="discipline")
    for year, school in product(schools.LAST_YEARS, schools.every_school()):
        # the open district has no habits of its own: its truth is of few schools
        habit = 1.0 if school.district == schools.OPEN_DISTRICT else rng.gamma(_HABIT, 1 / _HABIT)
        for group, students in schools.students_by_group(rng, school, school.students)[RACE].items():
            removed = int(rng.poisson(students * schools.REMOVALS[group] * habit)) if students > _REMOVALS_HIDDEN_UP_TO else 0
            expelled = 0 if school.district == schools.OPEN_DISTRICT else int(rng.binomial(removed, EXPELLED))
            first = round(_REMOVALS_AS_FIRST_RELEASED * students) if school.is_corrected(group) else removed
            lines = (_removal_values(students, *counts) for counts in ((removed, expelled), (first, expelled)))
            for values, released in zip(*lines, strict=True):
                table.add(school, year, (RACE, group), values, released)
    for group, students in schools.OPEN_DISTRICT_STUDENTS.items():
        for values in _removal_values(students, round(_REMOVALS_AS_FIRST_RELEASED * students), 0):
            table.add_withdrawn(group, values)
    return table.write(delivery, "discipline_school_groups_trend", rates_omitted=table.count(OMITTED), zeros=table.count(ZERO))


def _diplomas(year: str, cohort: int, diplomas: tuple[int, int], *, is_mistake: bool = False) -> Values:
    """The cells of a cohort with so many diplomas in time and later. is_mistake: also where they are too few to be shown."""
    values: dict[str, object] = {"cohort_class": 2000 + int(year[-2:])}
    if cohort < _NO_COHORT_BELOW:
        return values | _NO_COHORT
    values["cohort_count"] = f"{cohort}.0"
    if cohort < _NO_DIPLOMAS_BELOW and not is_mistake:
        return values | _NO_DIPLOMAS
    values["value"], later = (round(100 * count / cohort, 4) for count in diplomas)
    if year in _LATER:
        values |= {"ext_rate": later, "ext_timeframe": _LATER[year]}
    return values | {"diploma": f"{diplomas[0]}.0"}


def _cohorts(rng: np.random.Generator, school: School, year: str) -> dict[str, dict[str, int]]:
    """The cohort of a school by dimension and group."""
    cells = schools.students_by_group(rng, school, school.students // 3)
    total = sum(cells[RACE].values())
    cells |= {"All Students": {"All Students": total}, "Migrant Status": {"Not Migrant": total}}
    if year == schools.LAST_YEARS[0] and "EL Status" in cells:
        groups = cells.pop("EL Status")
        cells["ELL Status"] = {"ELL/LEP" if group == "EL" else group: cohort for group, cohort in groups.items()}
    return cells


@source("dpi__completion", jurisdiction=COUNTY_GEOID)
def completion(delivery: Delivery) -> PlantedCounts:
    """The share of each cohort with a diploma after four years, by group, school and year.

    Irregularities: the four-year rate next to a later one of the same cohort, once it exists; the count of diplomas or also the
    cohort hidden, with a reason each; a small school with one row for all groups; a dimension with another name in
    one year.
    """
    header = (
        "metric,dimension,group,unit,district,school,year,cohort_class,value,ext_rate,ext_timeframe,diploma,cohort_count,"
        "gap_reason,status_flag"
    )
    rng, table, mistaken = delivery.rng, SchoolTable(header, metric="hs_completion", unit="pct"), 0
    for year in schools.LAST_YEARS:
        for school in (school for school in schools.every_school() if school.is_high_school):
            cohorts = _cohorts(rng, school, year)
            in_time = {group: int(rng.binomial(cohort, schools.COMPLETED[group])) for group, cohort in cohorts[RACE].items()}
            by_race = {
                group: (count, int(rng.binomial(cohorts[RACE][group] - count, _LATER_SHARE))) for group, count in in_time.items()
            }
            for dimension, group, (after_four_years, after_more) in each(schools.split_by_dimension(rng, cohorts, by_race)):
                cohort, counts = cohorts[dimension][group], (after_four_years, after_four_years + after_more)
                is_small = _NO_COHORT_BELOW <= cohort < _NO_DIPLOMAS_BELOW
                is_mistake = year == schools.REVISED and is_small and mistaken < schools.SHOWN_BY_MISTAKE
                mistaken += is_mistake
                first = (counts[0] // 2, counts[1] // 2) if school.is_corrected(group) else counts
                values, released = _diplomas(year, cohort, counts), _diplomas(year, cohort, first, is_mistake=is_mistake)
                table.add(school, year, (dimension, group), values, released)
        hidden = _diplomas(year, 0, (0, 0))
        table.add(schools.SMALL, year, ("All Students", "[Data Suppressed]"), hidden, hidden)
    for group, cohort in schools.OPEN_DISTRICT_STUDENTS.items():
        table.add_withdrawn(group, _diplomas(schools.REVISED, cohort, (cohort // 4, cohort // 4)))
    gaps = {reason: table.count(f",{reason},") for reason in ("numerator_suppressed", "denominator_suppressed")}
    return table.write(delivery, "hs_completion_school_groups", **gaps)

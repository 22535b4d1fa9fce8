"""Tables of pupils and what they meet at school: enrollment, absences, removals and diplomas, each in two releases as CSV."""

from __future__ import annotations

from itertools import product

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.education import schools
from ingest.sample.education.schools import School, SchoolTable, each

_STARRED_BELOW = 20  # a school below it has its other dimensions starred
_MISCODED_EVERY = 3  # in the first release, so many schools of the largest district count their Black students as white

OMITTED, ZERO = "Group under 20 students — rate omitted", "Zero reported"
_OMITTED_BELOW = 20
_ABSENCES_HIDDEN_BELOW = 10
# Planted: the share of each race that is chronically absent, and of everybody in the other dimensions.
ABSENT = {
    "Amer Indian": 0.38, "Asian": 0.15, "Black": 0.42, "Hispanic": 0.30, "Pacific Isle": 0.30, "Two or More": 0.34, "White": 0.18,
}  # fmt: skip
_ABSENT_OTHERWISE = 0.30
_ABSENT_AS_FIRST_RELEASED = 0.60  # of the corrected group, and of the school that was withdrawn

_REMOVALS_HIDDEN_UP_TO = 4  # students of a cell that is written as 0, whatever happened to them
# Planted: removals for each student of a race. The open district expels no student: its removals are its suspensions.
REMOVALS = {
    "Amer Indian": 0.15, "Asian": 0.04, "Black": 0.30, "Hispanic": 0.14, "Pacific Isle": 0.10, "Two or More": 0.18, "White": 0.10,
}  # fmt: skip
EXPELLED = 0.02  # of those who are removed elsewhere
_HABIT = 4.0  # of a gamma distribution with mean 1: how often a school removes, compared with all schools
_REMOVALS_AS_FIRST_RELEASED = 0.50  # of the corrected group, and of the school that was withdrawn

# Planted: the share of each race that has its diploma after four years.
COMPLETED = {
    "Amer Indian": 0.60, "Asian": 0.84, "Black": 0.62, "Hispanic": 0.70, "Pacific Isle": 0.70, "Two or More": 0.72, "White": 0.86,
}  # fmt: skip
_NO_DIPLOMAS = ",,,,{cohort}.0,numerator_suppressed,Gapped: regular-diploma count suppressed by DPI — not zero"
_NO_COHORT = ",,,,,denominator_suppressed,Gapped: cohort count suppressed by DPI"
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
    cells: Counts = {schools.RACE: dict(zip(schools.COMPOSITION, by_race, strict=True)), "Gender": _sexes(rng, total)}
    for dimension, (yes, no, share) in schools.SPLITS.items():
        if dimension not in cells:
            count = int(rng.binomial(total, share))
            cells[dimension] = {yes: count, no: total - count}
    if total < _STARRED_BELOW:
        cells |= {dimension: dict.fromkeys(groups) for dimension, groups in cells.items() if dimension != schools.RACE}
    return cells


def _enrollment_rows(school: School, year: str, cells: Counts, total: int) -> list[str]:
    """The rows of a school and year; a group without students has none."""
    return [
        f"enrollment,{dimension},{group},{school.district},{school.name},{year},"
        + (f",,{schools.SUPPRESSED}" if count is None else f"{count:.1f},{round(count / total, 4)},")
        + "\n"
        for dimension, group, count in each(cells)
        if count != 0
    ]


@source("dpi__enrollment", jurisdiction=COUNTY_GEOID)
def enrollment(delivery: Delivery) -> PlantedCounts:
    """Students by group of each dimension for every school and school year.

    Irregularities: counts like `100.0`, groups with no students have no row, cells that the state starred have a marker instead
    of a value (with one more cell, so that differences reveal none), schools of the same name in several districts, abbreviated
    labels. Race is never starred.
    """
    rng, table, students = delivery.rng, SchoolTable(schools.YEARS), 0
    for year in schools.YEARS:
        for at, (school, by_race) in enumerate(_by_race(rng, schools.every_school()).items()):
            total = sum(by_race)
            students += total if year == schools.LATEST else 0
            cells = _enrolled(rng, by_race)
            rows, first = _enrollment_rows(school, year, cells, total), None
            if school.district == schools.LARGEST_DISTRICT and at % _MISCODED_EVERY == 0:
                black, white = (cells[schools.RACE][group] or 0 for group in (schools.CORRECTED, "White"))
                miscoded = {**cells[schools.RACE], schools.CORRECTED: 0, "White": white + black}
                first = _enrollment_rows(school, year, {**cells, schools.RACE: miscoded}, total)
            table.add(year, rows, first)
    annex: Counts = {schools.RACE: dict(schools.OPEN_DISTRICT_STUDENTS)}
    table.revised += _enrollment_rows(schools.WITHDRAWN, schools.REVISED, annex, sum(schools.OPEN_DISTRICT_STUDENTS.values()))
    for rows in (*table.rows.values(), table.revised):
        rows.sort()
    facts = {"suppressed": table.count(schools.SUPPRESSED), "students_in_the_last_year": students}
    header = "metric,dimension,group,district,school,year,value,share,status_flag"
    return table.write(delivery, "enrollment_school_groups_trend", header, **facts)


def _absence_row(
    school: School, year: str, named: tuple[str, str], students: int, absent: int, *, is_mistake: bool = False
) -> list[str]:
    flag = schools.SUPPRESSED if students < _ABSENCES_HIDDEN_BELOW else OMITTED if students < _OMITTED_BELOW else ""
    value, flag = (f"{100 * absent / students:.1f}", "") if is_mistake or not flag else ("", flag)
    own = f"chronic_absenteeism,{','.join(named)},{school.district},{school.name},{year}"
    return [f"{own},{value},{students}.0,{flag}\n"]


@source("dpi__absenteeism", jurisdiction=COUNTY_GEOID)
def absenteeism(delivery: Delivery) -> PlantedCounts:
    """The share of students who were chronically absent, by group, school and school year.

    Irregularities: rates of one decimal without a count of those absent; rates of groups under 20 students are left out, those of
    fewer than 10 are hidden by the state, and the two have different markers; group sizes are always there, as `101.0`.
    """
    rng, table, mistaken = delivery.rng, SchoolTable(), 0
    for year, school in product(schools.LAST_YEARS, schools.every_school()):
        for dimension, group, students in each(schools.students_by_group(rng, school, school.students)):
            absent = rng.binomial(students, ABSENT[group] if dimension == schools.RACE else _ABSENT_OTHERWISE)
            is_mistake = year == schools.REVISED and students < _ABSENCES_HIDDEN_BELOW and mistaken < schools.SHOWN_BY_MISTAKE
            mistaken += is_mistake
            first = round(_ABSENT_AS_FIRST_RELEASED * students) if school.is_corrected(group) else absent
            own = school, year, (dimension, group), students
            table.add(year, _absence_row(*own, absent), _absence_row(*own, first, is_mistake=is_mistake))
    table.add_withdrawn(
        lambda group, students: _absence_row(
            schools.WITHDRAWN, schools.REVISED, (schools.RACE, group), students, round(_ABSENT_AS_FIRST_RELEASED * students)
        )
    )
    facts = {"suppressed": table.count(schools.SUPPRESSED), "omitted": table.count(OMITTED)}
    header = "metric,dimension,group,district,school,year,value,count,status_flag"
    return table.write(delivery, "absenteeism_school_groups_trend", header, **facts)


def _removal_rows(school: School, year: str, group: str, students: int, removed: int, expelled: int) -> list[str]:
    """The three rows of a group."""
    rows = []
    for category, count in (("all", removed), ("suspension", removed - expelled), ("expulsion", expelled)):
        unit, value, flag = "rate", f"{100 * count / students:.2f}", ""
        if category == "expulsion":
            unit, value = "count", f"{count}.0"
        elif students < _OMITTED_BELOW:
            value, flag = "", OMITTED
        if count == 0 and not flag:
            flag = ZERO
        own = f"discipline,{schools.RACE},{group},{category},{unit},{school.district},{school.name},{year}"
        rows.append(f"{own},{value},{count}.0,{students}.0,{flag}\n")
    return rows


@source("dpi__removals", jurisdiction=COUNTY_GEOID)
def removals(delivery: Delivery) -> PlantedCounts:
    """Suspensions and expulsions of students by race, school and school year.

    Irregularities: each group has a row of suspensions, one of expulsions and one of both; rates of groups under 20 students are
    left out but their counts are not; a cell of up to 4 students is hidden, and written as 0; of expulsions the file gives the
    count twice; a student may be removed several times, so that a rate may exceed 100 per 100 students; schools differ in how
    often they remove.
    """
    rng, table = delivery.rng, SchoolTable()
    for year, school in product(schools.LAST_YEARS, schools.every_school()):
        # the open district has no habits of its own: its truth is of few schools
        habit = 1.0 if school.district == schools.OPEN_DISTRICT else rng.gamma(_HABIT, 1 / _HABIT)
        for group, students in schools.students_by_group(rng, school, school.students)[schools.RACE].items():
            removed = int(rng.poisson(students * REMOVALS[group] * habit)) if students > _REMOVALS_HIDDEN_UP_TO else 0
            expelled = 0 if school.district == schools.OPEN_DISTRICT else int(rng.binomial(removed, EXPELLED))
            first = round(_REMOVALS_AS_FIRST_RELEASED * students) if school.is_corrected(group) else removed
            own = school, year, group, students
            table.add(year, _removal_rows(*own, removed, expelled), _removal_rows(*own, first, expelled))
    table.add_withdrawn(
        lambda group, students: _removal_rows(
            schools.WITHDRAWN, schools.REVISED, group, students, round(_REMOVALS_AS_FIRST_RELEASED * students), 0
        )
    )
    facts = {"rates_omitted": table.count(OMITTED), "zeros": table.count(ZERO)}
    header = "metric,dimension,group,category,unit,district,school,year,value,count,group_enrollment,status_flag"
    return table.write(delivery, "discipline_school_groups_trend", header, **facts)


def _completion_row(school: School, year: str, named: tuple[str, str], values: str) -> list[str]:
    own = f"hs_completion,{','.join(named)},pct,{school.district},{school.name},{year},{2000 + int(year[-2:])}"
    return [f"{own},{values}\n"]


def _rates(year: str, cohort: int, diplomas: tuple[int, int], *, is_mistake: bool = False) -> str:
    """What follows the class of a row, from the rate on. is_mistake: also where there are too few diplomas to show them"""
    if cohort < _NO_COHORT_BELOW:
        return _NO_COHORT
    if cohort < _NO_DIPLOMAS_BELOW and not is_mistake:
        return _NO_DIPLOMAS.format(cohort=cohort)
    rate, later = (round(100 * count / cohort, 4) for count in diplomas)
    extended = f"{later},{_LATER[year]}" if year in _LATER else ","
    return f"{rate},{extended},{diplomas[0]}.0,{cohort}.0,,"


def _cohorts(rng: np.random.Generator, school: School, year: str) -> dict[str, dict[str, int]]:
    """The cohort of a school by dimension and group."""
    cells = schools.students_by_group(rng, school, school.students // 3)
    total = sum(cells[schools.RACE].values())
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
    rng, table, mistaken = delivery.rng, SchoolTable(), 0
    for year in schools.LAST_YEARS:
        for school in (school for school in schools.every_school() if school.is_high_school):
            cohorts = _cohorts(rng, school, year)
            in_time = {group: int(rng.binomial(cohort, COMPLETED[group])) for group, cohort in cohorts[schools.RACE].items()}
            later = {
                group: int(rng.binomial(cohort - in_time[group], _LATER_SHARE)) for group, cohort in cohorts[schools.RACE].items()
            }
            diplomas = schools.split_by_dimension(
                rng, cohorts, {group: (count, later[group]) for group, count in in_time.items()}
            )
            for dimension, group, (after_four_years, after_more) in each(diplomas):
                named, cohort = (dimension, group), cohorts[dimension][group]
                counts = (after_four_years, after_four_years + after_more)
                is_small = _NO_COHORT_BELOW <= cohort < _NO_DIPLOMAS_BELOW
                is_mistake = year == schools.REVISED and is_small and mistaken < schools.SHOWN_BY_MISTAKE
                mistaken += is_mistake
                released = (counts[0] // 2, counts[1] // 2) if school.is_corrected(group) else counts
                table.add(
                    year,
                    _completion_row(school, year, named, _rates(year, cohort, counts)),
                    _completion_row(school, year, named, _rates(year, cohort, released, is_mistake=is_mistake)),
                )
        table.add(year, _completion_row(schools.SMALL, year, ("All Students", "[Data Suppressed]"), _NO_COHORT))
    table.add_withdrawn(
        lambda group, cohort: _completion_row(
            schools.WITHDRAWN, schools.REVISED, (schools.RACE, group), _rates(schools.REVISED, cohort, (cohort // 4, cohort // 4))
        )
    )
    gaps = {reason: table.count(f",{reason},") for reason in ("numerator_suppressed", "denominator_suppressed")}
    header = (
        "metric,dimension,group,unit,district,school,year,cohort_class,value,ext_rate,ext_timeframe,diploma,cohort_count,"
        "gap_reason,status_flag"
    )
    return table.write(delivery, "hs_completion_school_groups", header, **gaps)

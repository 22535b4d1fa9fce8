"""Schools: students, chronic absence, diplomas, removals; the state may star small cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.truth.planted import Numbers, Switches, Whole, World, years
from tests.support.truth.town import COUNTY

MEASURES = (
    "student_composition", "chronic_absence_rate", "completion_rate", "discipline_removals_per_1000",
    "suspensions_per_100_students", "act_ela_proficient_share", "act_math_proficient_share", "forward_ela_proficient_share",
    "forward_math_proficient_share",
)  # fmt: skip
_DISTRICTS = {"PLANTED EAST": (700, 500, 400), "PLANTED WEST": (600, 450)}  # students of each school
_SIZES = np.array([size for sizes in _DISTRICTS.values() for size in sizes])
_DISTRICT_OF = np.array([district for district, sizes in _DISTRICTS.items() for _ in sizes])
_SCHOOLS = np.array([f"{district}/{at}" for at, district in enumerate(_DISTRICT_OF)])
_STUDENTS = {"white": 0.34, "black": 0.36, "hispanic": 0.22, "asian": 0.08}
_RACES, _SHARES = np.array([*_STUDENTS]), np.array([*_STUDENTS.values()])
# Per measure: metric, source, rate per student, unit
_OUTCOMES = {
    "chronic_absence_rate": ("chronic_absenteeism", "dpi__absenteeism", np.array([0.18, 0.42, 0.30, 0.15]), 100),
    "completion_rate": ("hs_completion", "dpi__completion", np.array([0.91, 0.74, 0.80, 0.88]), 100),
}
# Measure: category of removals, rate per student, unit; exam and subject: share of the students that is proficient.
_REMOVALS = {
    "discipline_removals_per_1000": ("all", np.array([0.12, 0.55, 0.25, 0.10]), 1_000),
    "suspensions_per_100_students": ("suspension", np.array([0.11, 0.50, 0.22, 0.09]), 100),
}
_EXAMS = {(exam, subject): np.array([0.60, 0.20, 0.30, 0.45]) for exam in ("act", "forward") for subject in ("ela", "math")}


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    first_days = (years(seeds).astype("datetime64[M]") + 6).astype("datetime64[D]")
    enrolled = _students(rng, seeds)
    starred = enrolled < switches.starred_below
    _rows(world, first_days, starred, "enrollment", "dpi__enrollment", students_count=np.where(starred, np.nan, enrolled))
    year = {
        "period_type": "school_year", "method": "aggregate", "seed": np.arange(seeds)[:, None, None],
        "period_start": first_days[:, None, None], "race_ethnicity_code": _RACES,
    }  # fmt: skip
    of_districts = {"geography_type": "school_district", "geoid": np.array([*_DISTRICTS])[:, None]}
    of_schools = {"geography_type": "school", "geoid": _SCHOOLS[:, None]}
    world.truth("student_composition", **year, **of_districts, truth=100 * _SHARES)
    for measure, (metric, source, own, unit) in _OUTCOMES.items():
        students = _students(rng, seeds)
        rate = np.full(len(_RACES), own @ _SHARES) if switches.shuffled else own
        outcomes = _drawn(rng, students, rate, switches)
        starred = (students < switches.starred_below) | (outcomes < switches.starred_outcomes_below)
        reported = {name: np.where(starred, np.nan, column) for name, column in _columns(metric, students, outcomes).items()}
        _rows(world, first_days, starred, metric, source, students_count=students, **reported)
        for places, counted in ((of_districts, _by_district(students)), (of_schools, students)):
            everybody = counted.sum(axis=-1, keepdims=True)
            rest = ((counted * rate).sum(axis=-1, keepdims=True) - counted * rate) / (everybody - counted)
            world.truth(measure, measure_version=2, **year, **places, truth=unit * rate, rest_truth=unit * rest)
    _removals(world, rng, seeds, switches, first_days, year, (of_districts, of_schools))
    _exams(world, rng, seeds, switches, first_days, year, of_districts)
    return world


def _removals(
    world: World,
    rng: np.random.Generator,
    seeds: int,
    switches: Switches,
    first_days: Any,
    year: dict[str, Any],
    of: tuple[Any, ...],
) -> None:
    for measure, (category, own, unit) in _REMOVALS.items():
        students = _students(rng, seeds)
        rate = np.full(len(_RACES), own @ _SHARES) if switches.shuffled else own
        removals = rng.poisson(rate * students)
        starred = (students < switches.starred_below) | (removals < switches.starred_outcomes_below)
        _rows(
            world, first_days, starred, None, "dpi__removals", "fct_school_removals", category=np.full(students.shape, category),
            students_count=students, removals_count=np.where(starred, np.nan, removals),
        )  # fmt: skip
        for places, counted in zip(of, (_by_district(students), students), strict=True):
            everybody = counted.sum(axis=-1, keepdims=True)
            rest = ((counted * rate).sum(axis=-1, keepdims=True) - counted * rate) / (everybody - counted)
            world.truth(measure, measure_version=2, **year, **places, truth=unit * rate, rest_truth=unit * rest)


def _exams(
    world: World,
    rng: np.random.Generator,
    seeds: int,
    switches: Switches,
    first_days: Any,
    year: dict[str, Any],
    of: dict[str, Any],
) -> None:
    for (exam, subject), own in _EXAMS.items():
        students = _students(rng, seeds)
        rate = np.full(len(_RACES), own @ _SHARES) if switches.shuffled else own
        starred = students < switches.starred_below
        _rows(
            world, first_days, starred, None, f"dpi__{exam}{'' if exam == 'act' else '_exam'}", "fct_school_assessments",
            exam=np.full(students.shape, exam), subject=np.full(students.shape, subject),
            denominator_count=np.where(starred, np.nan, students),
            proficient_count=np.where(starred, np.nan, _drawn(rng, students, rate, switches)),
        )  # fmt: skip
        world.truth(f"{exam}_{subject}_proficient_share", **year, **of, truth=100 * rate)


def _students(rng: np.random.Generator, seeds: int) -> Whole:
    """Seed × school × race."""
    return rng.multinomial(_SIZES, _SHARES, size=(seeds, len(_SIZES)))


def _columns(metric: str, students: Whole, outcomes: Whole) -> dict[str, Any]:
    """The delivered values of a metric: a rounded rate for absence, else the outcomes."""
    if metric == "chronic_absenteeism":
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"outcome_pct": np.round(100 * outcomes / students, 1)}
    return {"diplomas_count": outcomes}


def _drawn(rng: np.random.Generator, students: Whole, rate: Numbers, switches: Switches) -> Whole:
    """Students with the outcome; where labels are shuffled, those of the whole school, assigned to groups at random."""
    if not switches.shuffled:
        return rng.binomial(students, rate)
    out = np.empty_like(students)
    left, rest = rng.binomial(students.sum(axis=-1), rate[0]), students.sum(axis=-1)
    for race in range(students.shape[-1]):
        of_group = students[..., race]
        rest = rest - of_group
        out[..., race] = rng.hypergeometric(of_group, rest, left)
        left = left - out[..., race]
    return out


def _by_district(students: Whole) -> Whole:
    return np.stack([students[:, district == _DISTRICT_OF].sum(axis=1) for district in _DISTRICTS], axis=1)


def _rows(
    world: World,
    first_days: Any,
    starred: Any,
    metric: str | None,
    source: str,
    fact: str = "fct_student_outcomes",
    **columns: Any,
) -> None:
    seed, school, race = (index.ravel() for index in np.indices(starred.shape))
    if metric is not None:
        columns["metric"] = np.full(starred.shape, metric)
    world.fact(
        fact, source=source, jurisdiction=COUNTY, period_start=first_days[seed],
        period_end=first_days[seed] + np.timedelta64(364, "D"), school_district_geoid=_DISTRICT_OF[school],
        school_geoid=_SCHOOLS[school], dimension_reported="Race/Ethnicity", stratum_type="all", stratum_code="all",
        race_ethnicity_code=_RACES[race], race_standard="spd15_1997",
        value_status=np.where(starred.ravel(), "suppressed_at_source", "computed"),
        **{name: column.ravel() for name, column in columns.items()},
    )  # fmt: skip

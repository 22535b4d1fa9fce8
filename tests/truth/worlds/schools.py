"""Schools: who goes there, who is chronically absent and who gets a diploma; small cells may be starred by the state."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.truth.planted import Numbers, Switches, Whole, World, years
from tests.truth.town import COUNTY

MEASURES = ("student_composition", "chronic_absence_rate", "completion_rate")
_DISTRICTS = {"PLANTED EAST": (700, 500, 400), "PLANTED WEST": (600, 450)}  # students of each school
_STUDENTS = {"white": 0.34, "black": 0.36, "hispanic": 0.22, "asian": 0.08}
_ABSENT = np.array([0.18, 0.42, 0.30, 0.15])
_COMPLETED = np.array([0.91, 0.74, 0.80, 0.88])
_RACES = np.array([*_STUDENTS])


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world, shares = World(), np.array([*_STUDENTS.values()])
    districts = np.array([district for district, sizes in _DISTRICTS.items() for _ in sizes])
    sizes = np.array([size for district in _DISTRICTS.values() for size in district])
    first_day = years(seeds).astype("datetime64[M]") + 6
    where = (first_day.astype("datetime64[D]"), districts)
    enrolled = rng.multinomial(sizes, shares, size=(seeds, len(sizes)))  # seed × school × race
    _rows(world, "enrollment", where, enrolled, enrolled < switches.starred_below, students_count=enrolled.ravel())
    composed = {
        "period_type": "school_year",
        "method": "aggregate",
        "seed": np.arange(seeds)[:, None, None],
        "period_start": where[0][:, None, None],
    }
    districts_of = {"geography_type": "school_district", "geoid": np.array([*_DISTRICTS])[:, None], "race_ethnicity_code": _RACES}
    world.truth("student_composition", **composed, **districts_of, truth=100 * shares)
    for measure, metric, rate in (
        ("chronic_absence_rate", "chronic_absenteeism", _ABSENT),
        ("completion_rate", "hs_completion", _COMPLETED),
    ):
        students = rng.multinomial(sizes, shares, size=(seeds, len(sizes)))
        outcomes = _drawn(rng, students, np.full(4, rate @ shares) if switches.shuffled else rate, switches)
        starred = (students < switches.starred_below) | (outcomes < switches.starred_outcomes_below)
        with np.errstate(invalid="ignore", divide="ignore"):
            counted = (
                {"outcome_pct": np.round(100 * outcomes / students, 1)}
                if metric == "chronic_absenteeism"
                else {"diplomas_count": outcomes}
            )
        _rows(
            world,
            metric,
            where,
            students,
            starred,
            students_count=students.ravel(),
            **{key: value.ravel() for key, value in counted.items()},
        )
        truth = np.full(4, rate @ shares) if switches.shuffled else rate
        schools_of = {
            "geography_type": "school",
            "geoid": np.array([f"{district}/{at}" for at, district in enumerate(districts)])[:, None],
        }
        for places, by_school in (
            (districts_of, _by_district(students, districts)),
            (schools_of | {"race_ethnicity_code": _RACES}, students),
        ):
            everybody = by_school.sum(axis=-1, keepdims=True)
            rest = ((by_school * truth).sum(axis=-1, keepdims=True) - by_school * truth) / (everybody - by_school)
            world.truth(measure, **composed, **places, truth=100 * truth, rest_truth=100 * rest)
    return world


def _drawn(rng: np.random.Generator, students: Whole, rate: Numbers, switches: Switches) -> Whole:
    """Students with the outcome; where labels are shuffled, of all of a school, dealt out to groups as they come."""
    if not switches.shuffled:
        return rng.binomial(students, rate)
    out = np.empty_like(students)
    left, rest = rng.binomial(students.sum(axis=-1), rate[0]), students.sum(axis=-1)
    for race in range(students.shape[-1]):
        here = students[..., race]
        rest = rest - here
        out[..., race] = rng.hypergeometric(here, rest, left)
        left = left - out[..., race]
    return out


def _by_district(students: Whole, districts: Any) -> Whole:
    return np.stack([students[:, districts == district].sum(axis=1) for district in _DISTRICTS], axis=1)


def _rows(world: World, metric: str, where: tuple[Any, Any], students: Whole, starred: Any, **columns: Any) -> None:
    first_day, districts = where
    seed, school, race = (index.ravel() for index in np.indices(students.shape))
    hidden = starred.ravel()
    world.fact(
        "fct_student_outcomes", source={"enrollment": "dpi__enrollment", "chronic_absenteeism": "dpi__absenteeism", "hs_completion": "dpi__completion"}[metric],
        jurisdiction=COUNTY, metric=metric, period_start=first_day[seed], period_end=first_day[seed] + np.timedelta64(364, "D"),
        school_district_geoid=districts[school], school_geoid=np.array([f"{district}/{at}" for at, district in enumerate(districts)])[school],
        dimension_reported="Race/Ethnicity", stratum_type="all", stratum_code="all", race_ethnicity_code=_RACES[race],
        race_standard="spd15_1997", value_status=np.where(hidden, "suppressed_at_source", "computed"),
        **{key: np.where(hidden, np.nan, np.asarray(value, dtype=float)) if key != "students_count" or metric == "enrollment" else value for key, value in columns.items()},
    )  # fmt: skip

"""The planted shares of the state's tables: intervals of the delivered figures hold them as often as they should, in order."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.education import exams
from ingest.sample.education.schools import OPEN_DISTRICT, OPEN_DISTRICT_STUDENTS
from ingest.sample.truth import planted_values
from tests.unit.ingest.sample.education.test_releases import TABLES

SEEDS = range(1, 9)
CODES = {"Black": "black", "Hispanic": "hispanic", "White": "white"}
# measure: the table, its subject, and the columns of the count's percentage and denominator
MEASURES = {
    **{
        f"{exam}_{subject}_proficient_share": (exam, subject, "value", {"act": "population", "forward": "tested"}[exam])
        for exam in ("act", "forward")
        for subject in ("ela", "math")
    },
    "completion_rate": ("completion", None, "value", "cohort_count"),
}
MOST_ERRORS = 3.3  # of a coverage from so many intervals: one test in a thousand fails by chance


def wilson(count: float, of: float) -> tuple[float, float]:
    z2, share = 1.959964**2, count / of
    middle, half = share + z2 / 2 / of, math.sqrt(z2 * (share * (1 - share) / of + z2 / 4 / of**2))
    return tuple(100 * (middle + sign * half) / (1 + z2 / of) for sign in (-1, 1))  # type: ignore[return-value]


def of_the_open_district(folder: Path, seed: int) -> Iterator[tuple[str, str, dict[str, tuple[float, float]]]]:
    """Measure, school year, and the interval of each group, from the newer release."""
    for table in ("act", "forward", "completion"):
        (folder / table).mkdir(parents=True)
        TABLES[table][0](folder / table, np.random.default_rng(seed))
    for measure, (table, subject, value, of) in MEASURES.items():
        with max((folder / table).iterdir()).open(encoding="utf-8", newline="") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row["district"] == OPEN_DISTRICT and row["group"] in CODES and subject in (None, row.get("subject"))
            ]
        for year in ("2023-24", "2024-25"):
            counts = {
                CODES[group]: [
                    (round(float(row[value]) * float(row[of]) / 100), float(row[of]))
                    for row in rows
                    if (row["group"], row["year"]) == (group, year)
                ]
                for group in OPEN_DISTRICT_STUDENTS
            }
            yield measure, year, {code: wilson(*map(sum, zip(*cells, strict=True))) for code, cells in counts.items()}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, dict[str, tuple[float, float]]]]:
    root = tmp_path_factory.mktemp("shares")
    return [figure for seed in SEEDS for figure in of_the_open_district(root / str(seed), seed)]


@pytest.fixture(scope="module")
def truths() -> dict[tuple[str, str, str], float]:
    return {
        (str(row["measure_id"]), str(row["period_start"])[:4], str(row["race_ethnicity_code"])): float(str(row["value"]))
        for row in planted_values(SEEDS[0])
        if row["measure_id"] in MEASURES
    }


def test_the_share_of_a_small_exam_is_worked_out_by_hand() -> None:
    """Of 100 enrolled Black students 20 are proficient and 80 % of the other 80 are tested: 20 of 84."""
    assert exams.proficient_share("act", "Black") == 0.2
    assert exams.proficient_share("forward", "Black") == pytest.approx(20 / 84)
    assert exams.proficient_share("forward", "White") == pytest.approx(60 / 92)


@pytest.mark.parametrize("measure", MEASURES)
def test_intervals_hold_the_planted_share(
    measure: str,
    figures: list[tuple[str, str, dict[str, tuple[float, float]]]],
    truths: dict[tuple[str, str, str], float],
) -> None:
    held = [
        low <= truths[measure, year[:4], code] <= high
        for name, year, intervals in figures
        if name == measure
        for code, (low, high) in intervals.items()
    ]
    assert len(held) == len(SEEDS) * 2 * 3
    # Wilson's interval covers 93 to 97 % of draws from 60 and more
    assert sum(held) >= len(held) * 0.93 - MOST_ERRORS * math.sqrt(len(held) * 0.93 * 0.07)


def test_groups_whose_intervals_are_apart_are_in_the_planted_order(
    figures: list[tuple[str, str, dict[str, tuple[float, float]]]], truths: dict[tuple[str, str, str], float]
) -> None:
    found: Counter[bool] = Counter()
    for measure, year, intervals in figures:
        for one, other in combinations(intervals, 2):
            if intervals[one][1] < intervals[other][0] or intervals[other][1] < intervals[one][0]:
                is_lower = intervals[one][1] < intervals[other][0]
                found[is_lower == (truths[measure, year[:4], one] < truths[measure, year[:4], other])] += 1
    # two intervals of 95 % that are apart are in the wrong order fewer than once in 600 times
    assert found[True] > 100
    assert found[False] <= found[True] / 600 + MOST_ERRORS * math.sqrt(found[True] / 600)

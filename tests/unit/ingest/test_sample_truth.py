"""The planted truth: complete, in the measures' own words, and what the deliveries were really drawn from."""

from __future__ import annotations

import csv
import io
import json
import math
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.sample import write_sample

GRAIN = {
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code", "value", "rate_ratio",
}  # fmt: skip
MOST_STANDARD_ERRORS = 4.0


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "city", 60_000, 2026).out


@pytest.fixture(scope="module")
def truths(city: Path) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((city / "truth.json").read_text(encoding="utf-8"))["truths"]
    return content


def planted(truths: list[dict[str, Any]], measure_id: str) -> dict[str, float]:
    return {truth["race_ethnicity_code"]: truth["value"] for truth in truths if truth["measure_id"] == measure_id}


def assert_drawn_from(percent: float, successes: int, trials: int) -> None:
    share = percent / 100
    error = math.sqrt(share * (1 - share) / trials)
    assert abs(successes / trials - share) < MOST_STANDARD_ERRORS * error


def test_every_measure_has_its_groups(truths: list[dict[str, Any]]) -> None:
    groups = {measure: set(planted(truths, measure)) for measure in {truth["measure_id"] for truth in truths}}
    assert groups == {
        "requests_closed_by_second_day": {"all"},
        "stops_searched_share": {"all", "white", "black", "hispanic", "aian", "asian", "other_race"},
        "student_composition": {"aian", "asian", "black", "hispanic", "nhpi", "multiracial", "white"},
        "workforce_composition": {"white", "black", "hispanic", "asian_or_nhpi", "aian"},
    }
    assert len(truths) == 1 + 7 + 7 + 5


def test_every_truth_has_the_full_grain(truths: list[dict[str, Any]]) -> None:
    starts = {"year": "2025-01-01", "school_year": "2024-07-01", "snapshot": "2025-12-31"}
    for truth in truths:
        assert set(truth) == GRAIN
        assert truth["period_start"] == starts[truth["period_type"]]
        assert (truth["measure_version"], truth["geography_type"], truth["geography_vintage"], truth["geoid"]) == (
            1, "city", "current", "9900001",
        )  # fmt: skip
        assert (truth["race_standard"], truth["tabulation"]) == ("spd15_1997", "exclusive")
        assert (truth["stratum_type"], truth["stratum_code"]) == ("all", "all")
        assert truth["method"] == ("aggregate" if truth["measure_id"] == "student_composition" else "individual")
        assert 0 < truth["value"] < 100


def test_ratios_are_against_white_and_only_for_searches(truths: list[dict[str, Any]]) -> None:
    searched = planted(truths, "stops_searched_share")
    ratios = {truth["race_ethnicity_code"]: truth["rate_ratio"] for truth in truths if truth["rate_ratio"] is not None}
    assert ratios == pytest.approx(
        {code: value / searched["white"] for code, value in searched.items() if code not in ("all", "white")}
    )
    assert ratios["black"] == 2.5


def test_compositions_sum_to_all(truths: list[dict[str, Any]]) -> None:
    for measure in ("student_composition", "workforce_composition"):
        assert sum(planted(truths, measure).values()) == pytest.approx(100)


def test_requests_close_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    raw = (city / "ucc__service_requests" / "callcenterdatacurrent_2025-12.csv").read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(raw, newline="")))
    waits = [
        (date.fromisoformat(row["CLOSEDDATETIME"][:10]) - date.fromisoformat(row["CREATIONDATE"][:10])).days
        for row in rows
        if row["CLOSEDDATETIME"]
    ]
    assert_drawn_from(planted(truths, "requests_closed_by_second_day")["all"], sum(wait <= 2 for wait in waits), len(rows))


def test_stops_are_searched_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {
        "White": "white", "Black": "black", "East African": "black", "Latino": "hispanic", "Native American": "aian",
        "Asian": "asian", "Other": "other_race", "Unknown": "unknown",
    }  # fmt: skip
    stopped: Counter[str] = Counter()
    searched: Counter[str] = Counter()
    with (city / "fpc__police_stops" / "stops_2025.csv").open(encoding="ascii", newline="") as file:
        for stop in csv.DictReader(file):
            if stop["personSearch"]:
                for code in (codes[stop["race"]], "all"):
                    stopped[code] += 1
                    searched[code] += stop["personSearch"] == "YES"
    for code, percent in planted(truths, "stops_searched_share").items():
        assert_drawn_from(percent, searched[code], stopped[code])
        assert searched[code] >= 20, f"{code} would be unreliable"


def test_students_are_composed_as_planted_in_every_district(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {
        "Amer Indian": "aian", "Asian": "asian", "Black": "black", "Hispanic": "hispanic", "Pacific Isle": "nhpi",
        "Two or More": "multiracial", "White": "white",
    }  # fmt: skip
    students: dict[str, Counter[str]] = {}
    with (city / "dpi__enrollment" / "enrollment_school_groups_trend.csv").open(encoding="utf-8", newline="") as file:
        for cell in csv.DictReader(file):
            if cell["year"] == "2024-25" and cell["dimension"] == "Race/Ethnicity":
                for district in (cell["district"], "city"):
                    students.setdefault(district, Counter())[codes[cell["group"]]] += int(float(cell["value"]))
    for district in ("city", "Sampleton", "Example Lake-Specimen"):
        counts = students[district]
        for code, percent in planted(truths, "student_composition").items():
            assert_drawn_from(percent, counts[code], counts.total())


def test_staff_is_composed_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {
        "WHITE": "white", "BLACK": "black", "HISPANIC": "hispanic", "ASIAN/PACIFIC ISLANDER": "asian_or_nhpi",
        "AMERICAN INDIAN/ALASKAN NATIVE": "aian",
    }  # fmt: skip
    with sqlite3.connect(city / "der__employees" / "hr.sqlite") as database:
        counts = {
            codes[race]: rows
            for race, rows in database.execute("select RACE, count(*) from employees group by 1")
            if race in codes
        }
    for code, percent in planted(truths, "workforce_composition").items():
        assert_drawn_from(percent, counts[code], sum(counts.values()))

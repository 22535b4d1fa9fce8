"""The sample's absences and diplomas, read again without the generator's help: each hidden cell has its reason."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.education import pupils, schools

KEY = ("dimension", "group", "district", "school", "year")


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def absences(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("absenteeism")
    pupils.absenteeism.write(folder, np.random.default_rng(11))
    return read(folder, "absenteeism_school_groups_trend_released_2025-11-15.csv")


@pytest.fixture(scope="module")
def diplomas(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("completion")
    pupils.completion.write(folder, np.random.default_rng(11))
    return read(folder, "hs_completion_school_groups_released_2025-11-15.csv")


def test_a_group_has_one_row(absences: list[dict[str, str]], diplomas: list[dict[str, str]]) -> None:
    for rows in (absences, diplomas):
        assert len({tuple(row[name] for name in KEY) for row in rows}) == len(rows)


def test_small_groups_have_no_rate_and_one_of_two_reasons(absences: list[dict[str, str]]) -> None:
    for row in absences:
        students = float(row["count"])
        flag = schools.SUPPRESSED if students < 10 else pupils.OMITTED if students < 20 else ""
        assert row["status_flag"] == flag
        assert (row["value"] == "") == (flag != "")
        assert row["count"].endswith(".0")
    assert len(Counter(row["status_flag"] for row in absences)) == 3


def test_a_hidden_diploma_is_marked_as_hidden(diplomas: list[dict[str, str]]) -> None:
    reasons = Counter(row["gap_reason"] for row in diplomas)
    assert set(reasons) == {"", "numerator_suppressed", "denominator_suppressed"}
    for row in diplomas:
        assert (row["value"] == "") == (row["diploma"] == "") == (row["gap_reason"] != "") == (row["status_flag"] != "")
        assert (row["cohort_count"] == "") == (row["gap_reason"] == "denominator_suppressed")
        assert int(row["cohort_class"]) == 2000 + int(row["year"][-2:])
        if row["value"]:
            assert float(row["value"]) == pytest.approx(100 * float(row["diploma"]) / float(row["cohort_count"]), abs=1e-4)


def test_a_later_rate_exists_for_cohorts_that_are_old_enough(diplomas: list[dict[str, str]]) -> None:
    frames = {(row["year"], row["ext_timeframe"]) for row in diplomas if row["value"]}
    assert frames == {("2022-23", "6-Year rate"), ("2023-24", "5-Year rate"), ("2024-25", "")}
    assert all(float(row["ext_rate"]) >= float(row["value"]) for row in diplomas if row["ext_rate"])


def test_one_row_represents_all_groups_and_a_dimension_changes_its_name(diplomas: list[dict[str, str]]) -> None:
    small = [row for row in diplomas if row["group"] == "[Data Suppressed]"]
    assert len(small) == 3
    names = {(row["year"], row["dimension"]) for row in diplomas if row["dimension"].startswith("EL")}
    assert names == {("2022-23", "ELL Status"), ("2023-24", "EL Status"), ("2024-25", "EL Status")}

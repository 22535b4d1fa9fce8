"""The sample's removals of students, read again without the generator's help."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from ingest.sample.education.pupils import removals
from ingest.sample.education.schools import OPEN_DISTRICT


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("removals")
    claim = removals.write(folder, np.random.default_rng(11))
    with (folder / "discipline_school_groups_trend_released_2025-11-15.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == claim.delivered - claim.superseded
    omitted = sum(row["status_flag"] == "Group under 20 students — rate omitted" for row in read)
    assert omitted == claim.facts["rates_omitted"] > 0
    return read


def test_rates_of_small_groups_are_left_out_and_their_counts_are_not(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert (row["value"] == "") == (row["category"] != "expulsion" and float(row["group_enrollment"]) < 20)
        assert float(row["count"]) >= 0
    assert any(row["value"] == "" and float(row["count"]) > 0 for row in rows)
    assert {row["unit"] for row in rows if row["category"] == "expulsion"} == {"count"}


def test_both_kinds_are_all_removals(rows: list[dict[str, str]]) -> None:
    groups: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for row in rows:
        key = tuple(row[name] for name in ("year", "district", "school", "dimension", "group"))
        assert row["category"] not in groups[key]
        groups[key][row["category"]] = float(row["count"])
    assert all(counts["all"] == counts["suspension"] + counts["expulsion"] for counts in groups.values())
    assert any(counts["expulsion"] for counts in groups.values())
    assert not any(counts["expulsion"] for key, counts in groups.items() if key[1] == OPEN_DISTRICT)


def _all_of(rows: list[dict[str, str]], label: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Students and removals of the cells of a group that are shown."""
    cells = [row for row in rows if row["group"] == label and row["category"] == "all" and float(row["group_enrollment"]) > 4]
    return np.array([float(row["group_enrollment"]) for row in cells]), np.array([float(row["count"]) for row in cells])


def test_black_students_are_removed_as_often_as_planted(rows: list[dict[str, str]]) -> None:
    for label, planted in (("Black", 0.30), ("White", 0.10)):
        students, counted = _all_of(rows, label)
        error = float(np.sqrt((np.square(counted - planted * students)).sum()))
        assert abs(counted.sum() - planted * students.sum()) < 4 * error


def test_schools_differ_by_more_than_chance(rows: list[dict[str, str]]) -> None:
    students, counted = _all_of(rows, "Black")
    expected = students * counted.sum() / students.sum()
    assert (np.square(counted - expected) / expected).sum() / (len(counted) - 1) > 3


def test_a_cell_of_up_to_four_students_is_written_as_zero(rows: list[dict[str, str]]) -> None:
    few = [row for row in rows if float(row["group_enrollment"]) <= 4]
    assert len(few) > 100 and {row["count"] for row in few} == {"0.0"}
    assert any(float(row["count"]) for row in rows if 5 <= float(row["group_enrollment"]) <= 9)

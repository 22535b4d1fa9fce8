"""The sample's removals of students, read again without the generator's help."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest

from ingest.sample.education import removals
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


def test_black_students_are_removed_as_often_as_planted(rows: list[dict[str, str]]) -> None:
    for label, planted in (("Black", 0.30), ("White", 0.10)):
        of_group = [row for row in rows if row["group"] == label and row["category"] == "all"]
        students, counted = (sum(float(row[name]) for row in of_group) for name in ("group_enrollment", "count"))
        assert abs(counted - planted * students) < 4 * (planted * students) ** 0.5

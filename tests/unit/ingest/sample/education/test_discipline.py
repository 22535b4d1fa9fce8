"""The sample's removals of students, read again without the generator's help."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from ingest.sample.education import discipline
from ingest.sample.education.schools import OPEN_DISTRICT


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("discipline")
    claim = discipline.write(folder, np.random.default_rng(11))
    with (folder / "discipline_actions_certified_released_2025-11-15.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == claim.delivered - claim.superseded
    assert sum(row["REMOVAL_COUNT"] == "*" for row in read) == claim.facts["suppressed"] > 0
    return read


def test_small_groups_are_starred_in_both_counts_and_no_others(rows: list[dict[str, str]]) -> None:
    for row in rows:
        counts = (row["STUDENT_COUNT"], row["REMOVAL_COUNT"])
        assert counts == ("*", "*") or (int(counts[0]) >= discipline.HIDDEN_BELOW and int(counts[1]) >= 0)
    assert not [row for row in rows if row["DISTRICT_NAME"] == OPEN_DISTRICT and "*" in row.values()]


def test_a_group_has_one_row_a_year(rows: list[dict[str, str]]) -> None:
    key = ("SCHOOL_YEAR", "DISTRICT_NAME", "SCHOOL_NAME", "GROUP_BY", "GROUP_BY_VALUE")
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)


def test_black_students_are_removed_as_often_as_planted(rows: list[dict[str, str]]) -> None:
    for label, planted in (("Black", 0.30), ("White", 0.10)):
        told = [row for row in rows if row["GROUP_BY_VALUE"] == label and row["STUDENT_COUNT"] != "*"]
        students, removals = (sum(int(row[name]) for row in told) for name in ("STUDENT_COUNT", "REMOVAL_COUNT"))
        assert abs(removals - planted * students) < 4 * (planted * students) ** 0.5

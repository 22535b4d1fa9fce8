"""The questions of dashboards, and how waiting is summed up."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.city.answers import QUESTIONS, missed, percentile, questions


def test_twenty_questions_are_asked_of_both_files() -> None:
    found = questions(QUESTIONS.read_text())
    assert Counter(question.file for question in found) == {"analyst": 14, "public": 6}
    assert len({question.title for question in found}) == 20
    assert all(question.sql.startswith("select") and ";" not in question.sql for question in found)


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (0.96, 20), (1.0, 20)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile([float(number) for number in range(20, 0, -1)], share) == value


def test_a_missed_goal_is_reported() -> None:
    assert missed({"dashboard p95": 0.1, "levelground query": 1.5, "code location": 8.0}) == [
        "levelground query: 1.50 s, goal 1 s"
    ]

"""A wrong row of goals.csv is refused by the name of its goal, with the column and what to write."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from ingest.city import City, read_city
from ingest.layers import Layer, seed_rows
from orchestration.cities.goal_rows import check_goal_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError

CITY = read_city(None, "sampleton")
GOALS = seed_rows("goals", SHARED_SEEDS, CITY.layers)
PART = next(goal for goal in GOALS if goal["benchmark_value"])
GROUP = next(goal for goal in GOALS if goal["comparison_group"] and goal["direction"] == "lower")


def city_with(folder: Path, *goals: dict[str, str]) -> City:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(GOALS[0]))
    writer.writeheader()
    writer.writerows(goals)
    (folder / "seeds").mkdir()
    (folder / "seeds" / "goals.csv").write_text(text.getvalue(), encoding="utf-8")
    return CITY.model_copy(update={"layers": (Layer("ulm", folder),)})


def test_the_goals_of_the_sample_city_are_right() -> None:
    check_goal_rows(CITY)


@pytest.mark.parametrize(
    ("goal", "changes", "said"),
    [
        (GROUP, {"measure_id": "stops_serched_share"}, "measure_id is stops_serched_share: name a measure"),
        (GROUP, {"measure_version": "9"}, "measure_id is stops_searched_share: name a measure"),
        (GROUP, {"target_group": "martian"}, "target_group is martian: write a code"),
        (GROUP, {"comparison_group": "black"}, "comparison_group is black: compare a group with another one"),
        (GROUP, {"comparison_group": ""}, "comparison_group is empty: compare a group with a group or a benchmark_value"),
        (GROUP, {"target_on": "31.12.2026"}, "target_on is 31.12.2026: write a day like 2026-12-31"),
        (GROUP, {"target_on": "2024-12-31"}, "target_on is 2024-12-31: write a day after the baseline"),
        (GROUP, {"target_value": "half"}, "target_value is half: write a number"),
        (GROUP, {"target_value": "12", "baseline_value": "11"}, "target_value is 12: write a target that is better"),
        (GROUP, {"direction": "down"}, "direction is down: write higher or lower"),
        (GROUP, {"title": "Fewer searches"}, "title is Fewer searches: begin the title of an example"),
        (PART, {"comparison_group": "white", "benchmark_value": ""}, "give a part of a whole a benchmark_value"),
        (PART, {"comparison_group": "white"}, "benchmark_value is "),
    ],
)
def test_a_wrong_row_is_refused_by_name(tmp_path: Path, goal: dict[str, str], changes: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_goal_rows(city_with(tmp_path, goal | changes))
    assert f"goal {goal['goal_id']}: " in str(refused.value) and said in str(refused.value)


def test_two_goals_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give each goal an id of its own"):
        check_goal_rows(city_with(tmp_path, GROUP, GROUP))

"""A wrong row of goals.csv is refused by the name of its goal, with the column and what to write."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
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
    (folder / "seeds").mkdir(exist_ok=True)
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
        (GROUP, {"adopted_on": "2025-03-04"}, "adopted_on is 2025-03-04: leave it empty"),
        (GROUP, {"is_example": "false", "adopted_on": "March"}, "adopted_on is March: write a day like 2025-03-04"),
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


TARGETS = "goal_id,target_value,target_on,valid_from,valid_to,reason\n"


def city_with_targets(folder: Path, *rows: str) -> City:
    city = city_with(folder, GROUP | {"target_value": "5"})
    (folder / "seeds" / "goal_targets.csv").write_text(TARGETS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return city


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("another,10,2026-12-31,,2026-06-30,Why", "goal another: goal_id is another: name a goal of goals.csv"),
        (f"{GROUP['goal_id']},ten,2026-12-31,,2026-06-30,Why", "target_value is ten: write the number"),
        (f"{GROUP['goal_id']},10,2026-12-31,,soon,Why", "valid_to is soon: write the last day"),
        (f"{GROUP['goal_id']},10,2026-12-31,2026-07-01,2026-06-30,Why", "valid_to is 2026-06-30: write a day after valid_from"),
        (f"{GROUP['goal_id']},10,2026-12-31,,2026-06-30,", "reason is empty: say in plain words"),
    ],
)
def test_a_wrong_earlier_target_is_refused_by_name(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_goal_rows(city_with_targets(tmp_path, row))
    assert str(refused.value).startswith("goal_targets.csv ") and said in str(refused.value)


def test_a_target_that_was_published_is_not_replaced_without_its_row(tmp_path: Path) -> None:
    """The release has 10 % by the end of 2026, and goals.csv has 5 %: the printed row, completed, is accepted."""
    public = tmp_path / "public.duckdb"
    with duckdb.connect(str(public)) as con:
        con.execute(
            "create schema published; create table published.goals as select "
            f"'{GROUP['goal_id']}' as goal_id, 10.0 as target_value, date '2026-12-31' as due_on"
        )
    with pytest.raises(ConfigurationError) as refused:
        check_goal_rows(city_with_targets(tmp_path), public)
    row = f"{GROUP['goal_id']},10,2026-12-31,,LAST-DAY,REASON"
    assert f"the target 10 by 2026-12-31, and goals.csv has 5 by 2026-12-31: add the row {row}" in str(refused.value)
    added = row.replace("LAST-DAY", "2026-06-30").replace("REASON", "The budget was cut")
    check_goal_rows(city_with_targets(tmp_path, added), public)
    with pytest.raises(ConfigurationError, match="the target 10 by 2026-12-31"):
        check_goal_rows(city_with_targets(tmp_path, added.replace(",10,", ",11,")), public)
    check_goal_rows(city_with_targets(tmp_path), tmp_path / "no.duckdb")

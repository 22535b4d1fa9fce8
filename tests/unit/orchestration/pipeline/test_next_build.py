"""The day of a goal, and the last day on which a record may be kept, are days on which a build says something else."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from ingest.contract.registry import load_registry
from orchestration.pipeline import next_build
from orchestration.pipeline.next_build import GOALS, goal_days, next_build_at, retention_days


def test_the_last_moment_of_each_goals_day_and_of_this_citys_only(tmp_path: Path) -> None:
    goals = tmp_path / "goals.csv"
    goals.write_text("goal_id,city_geoid,target_on\na,1,2026-12-31\nb,1,2025-06-30\nc,2,2025-01-01\n")
    assert list(goal_days("1", goals)) == [
        dt.datetime(2026, 12, 31, 23, 59, 59, 999999),
        dt.datetime(2025, 6, 30, 23, 59, 59, 999999),
    ]
    assert list(goal_days("3", goals)) == []


def test_the_seed_is_read_as_it_is() -> None:
    with GOALS.open(encoding="utf-8", newline="") as file:
        cities = {goal["city_geoid"] for goal in csv.DictReader(file)}
    assert cities
    assert all(list(goal_days(city)) for city in cities)


@pytest.mark.parametrize(
    ("as_of", "wanted"),
    [
        ("2025-06-30T12:00:00", "2025-06-30T23:59:59.999999"),
        ("2025-07-01T00:00:00", "2026-12-31T23:59:59.999999"),
        ("2027-01-01T00:00:00", None),
    ],
)
def test_a_build_is_due_once_the_next_goals_day_has_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_of: str, wanted: str | None
) -> None:
    goals = tmp_path / "goals.csv"
    goals.write_text("goal_id,city_geoid,target_on\na,1,2026-12-31\nb,1,2025-06-30\n")
    monkeypatch.setattr(next_build, "goal_days", lambda city: goal_days(city, goals))
    location = SimpleNamespace(registry=[], city=SimpleNamespace(place_geoid="1"))
    run: Any = SimpleNamespace(location=location, as_of=dt.datetime.fromisoformat(as_of))
    assert next_build_at(run) == wanted


@pytest.mark.parametrize(
    ("as_of", "wanted"),
    [
        ("2026-01-31T23:00:00", ["2026-01-31T23:59:59.999999"]),
        ("2026-02-01T00:00:00", ["2026-03-01T23:59:59.999999"]),
        ("2026-03-02T00:00:00", []),
    ],
)
def test_a_build_is_due_once_a_record_may_be_kept_no_longer(as_of: str, wanted: list[str]) -> None:
    contract = load_registry()["oei__engagement_inputs"]
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        connection.execute(
            f'create table landing."{contract.source}" as select unnest '
            "as retained_until_on from unnest(['2026-01-31', '2026-03-01', '2025-12-31', 'someday', null])"
        )
        city = SimpleNamespace(time_zone="America/Chicago")
        run: Any = SimpleNamespace(con=connection, location=SimpleNamespace(city=city), as_of=dt.datetime.fromisoformat(as_of))
        assert [day.isoformat() for day in retention_days(run, contract)] == wanted
        assert list(retention_days(run, load_registry()["mhd__lead_tests"])) == []

"""A goal's day and the end of a record's retention are times after which a build gives other rows."""

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


def test_goal_days_are_the_ends_of_this_citys_goal_days(tmp_path: Path) -> None:
    goals = tmp_path / "goals.csv"
    goals.write_text("goal_id,city_geoid,target_on\na,1,2026-12-31\nb,1,2025-06-30\nc,2,2025-01-01\n")
    assert list(goal_days("1", goals)) == [
        dt.datetime(2026, 12, 31, 23, 59, 59, 999999),
        dt.datetime(2025, 6, 30, 23, 59, 59, 999999),
    ]
    assert list(goal_days("3", goals)) == []


def test_goal_days_read_the_seed() -> None:
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
def test_next_build_is_after_the_next_goal_day(
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
def test_next_build_is_after_the_retention_of_a_record_ends(as_of: str, wanted: list[str]) -> None:
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

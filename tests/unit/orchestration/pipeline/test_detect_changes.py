"""A goal's day and the end of a record's retention are times after which a build gives other rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from ingest.city import read_city
from ingest.contract.registry import load_registry
from ingest.layers import Layer, seed_rows
from orchestration.pipeline.detect_changes import goal_days, next_build_at, retention_days
from orchestration.settings import SHARED_SEEDS
from warehouse.paths import Home

GOALS = [("1", "2026-12-31"), ("1", "2025-06-30"), ("2", "2025-01-01")]


def test_goal_days_are_those_of_this_citys_goals() -> None:
    goals = [{"city_geoid": city, "target_on": day} for city, day in GOALS]
    assert list(goal_days("1", goals)) == [
        dt.date(2026, 12, 31),
        dt.date(2025, 6, 30),
    ]
    assert list(goal_days("3", goals)) == []


def test_goal_days_read_the_seed_of_the_city() -> None:
    city = read_city(None, "sampleton")
    assert list(goal_days(city.place_geoid, seed_rows("goals", SHARED_SEEDS, city.layers)))
    assert not seed_rows("goals", SHARED_SEEDS, ())


@pytest.mark.parametrize(
    ("as_of", "wanted"),
    [
        ("2025-06-30T12:00:00", "2025-06-30T23:59:59.999999"),
        ("2025-07-01T00:00:00", "2026-12-31T23:59:59.999999"),
        ("2027-01-01T00:00:00", None),
    ],
)
def test_next_build_is_after_the_next_goal_day(tmp_path: Path, as_of: str, wanted: str | None) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "goals.csv").write_text("goal_id,city_geoid,target_on\na,1,2026-12-31\nb,1,2025-06-30\n")
    location = SimpleNamespace(registry=[], city=SimpleNamespace(place_geoid="1", layers=(Layer("ulm", tmp_path),)))
    settings = SimpleNamespace(home=Home(tmp_path / "home"))
    run: Any = SimpleNamespace(location=location, settings=settings, con=None, as_of=dt.datetime.fromisoformat(as_of))
    assert next_build_at(run) == wanted


@pytest.mark.parametrize(
    ("as_of", "wanted"),
    [
        ("2026-01-31T23:00:00", ["2026-01-31"]),
        ("2026-02-01T00:00:00", ["2026-03-01"]),
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

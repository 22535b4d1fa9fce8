"""The sensor `watch` finds what no run reports: a run that died, a night without a run, a source that became stale."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ingest.city import City, read_city
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from orchestration.alerts.conditions import Condition
from orchestration.defs.sensors.run_health import HOURS_WITHOUT_RUN, add_conditions, find_conditions, run_health_sensor
from orchestration.runs.clock import utc_now
from orchestration.runs.record import FRESH, HELD_BACK, RELEASED, RunRecord, RunStore, new_status
from orchestration.settings import Settings

SOURCE = "ucc__service_requests"  # stale after 168 hours


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_registry()[SOURCE]


@pytest.fixture
def city() -> City:
    return read_city(None).model_copy(update={"as_of": dt.datetime(2025, 12, 10)})


def run(contract: Contract, *, hours_ago: float = 1, ended: bool = True, verdict: str = FRESH) -> RunRecord:
    begun = utc_now() - dt.timedelta(hours=hours_ago)
    receipt = RunRecord(
        run_id="run",
        trigger="schedule",
        started_at=begun.isoformat(),
        city="milwaukee",
        deliveries="live",
        as_of="2025-12-01T00:00:00",
    )
    status = new_status(contract, "run")
    receipt.sources[SOURCE] = status.model_copy(update={"verdict": verdict, "data_as_of": "2025-12-05T00:00:00"})
    if ended:
        receipt.end(RELEASED, begun)
    return receipt


def kinds(receipts: list[RunRecord], contract: Contract, city: City, **how: Any) -> list[tuple[str, str]]:
    found = find_conditions(receipts, [contract], city, **{"running": False, "nightly_is_on": True} | how)
    return [(condition.subject, condition.kind) for condition in found]


def test_an_ordinary_day_has_no_condition(contract: Contract, city: City) -> None:
    assert kinds([run(contract)], contract, city) == []
    assert kinds([], contract, city) == [], "a home without a run has no condition"


def test_a_run_without_a_process_has_failed_unless_one_is_active(contract: Contract, city: City) -> None:
    receipts = [run(contract, hours_ago=2), run(contract, ended=False)]
    assert kinds(receipts, contract, city) == [("run", "failed")]
    assert kinds(receipts, contract, city, running=True) == []


def test_a_night_without_a_run_is_missed_only_if_the_schedule_is_on(contract: Contract, city: City) -> None:
    receipts = [run(contract, hours_ago=HOURS_WITHOUT_RUN + 1)]
    assert kinds(receipts, contract, city) == [("nightly", "missed")]
    assert kinds(receipts, contract, city, nightly_is_on=False) == []
    assert kinds(receipts, contract, city, running=True) == []
    assert kinds([run(contract, hours_ago=25.5)], contract, city) == [], "the night in which clocks are set back has 25 hours"


def test_a_source_becomes_stale_between_runs(contract: Contract, city: City) -> None:
    later = city.model_copy(update={"as_of": dt.datetime(2025, 12, 12, 0, 0, 1)})
    assert kinds([run(contract)], contract, later) == [(SOURCE, "stale")]
    assert kinds([run(contract, verdict=HELD_BACK)], contract, later) == [], "it already has a condition"


def test_the_clock_of_a_run_goes_on_between_runs(contract: Contract, city: City) -> None:
    """A run with --as-of leaves no source stale by today's clock."""
    now = city.model_copy(update={"as_of": None})
    record = run(contract)
    assert kinds([record], contract, now) == []
    record.as_of = "2025-12-11T23:30:00"
    assert kinds([record], contract, now) == [(SOURCE, "stale")], "an hour ago it was 23:30"


def test_the_sensor_resolves_no_condition(contract: Contract) -> None:
    before = {SOURCE: Condition(SOURCE, "held_back", "x"), "run": Condition("run", "blocked", "y")}
    found = [Condition("run", "failed", "z")]
    assert {subject: condition.kind for subject, condition in add_conditions(before, found).items()} == {
        SOURCE: "held_back",
        "run": "failed",
    }


def test_the_sensor_fails_the_freshness_check_and_alerts_once(contract: Contract, tmp_path: Path) -> None:
    deliveries = tmp_path / "deliveries"
    deliveries.mkdir()
    (deliveries / "city.yml").write_text("city: milwaukee\nas_of: 2026-01-01T00:00:00\n")
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(deliveries)})
    settings.home.ensure()
    RunStore(settings.home.runs).save(run(contract))
    sensor, cursor, looks = run_health_sensor(settings), None, []
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for _ in range(2):
            look = sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=cursor))
            looks.append(look.asset_events)
            cursor = look.cursor
            assert not look.run_requests
    ((check,), nothing) = looks
    assert isinstance(check, dg.AssetCheckEvaluation)
    assert (check.asset_key.path[-1], check.check_name, check.passed) == (SOURCE, "freshness", False)
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert not nothing
    log = (settings.home.logs / "alerts.log").read_text()
    assert log.count(f"Levelground milwaukee: {SOURCE} stale") == 1

"""A home that runs every night stops growing, and keeps the records that the next run needs."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from pathlib import Path

import dagster as dg
import pytest

from expectations.results import ExpectationResult, GateResult
from orchestration.instance import retention
from orchestration.instance.retention import delete_city_logs, delete_dagster_runs, delete_run_records, truncate_log
from orchestration.instance.setup import prepare_instance
from orchestration.runs.record import BLOCKED, FAILED, RELEASED, UNCHANGED, RunRecord, RunStore
from orchestration.settings import Settings

TODAY = dt.datetime(2026, 1, 1)


def save(store: RunStore, number: int, days_ago: int, outcome: str | None, fingerprint: str | None = "f") -> None:
    began = (TODAY - dt.timedelta(days=days_ago)).isoformat()
    run = RunRecord(
        run_id=f"run-{number}",
        trigger="cli",
        started_at=began,
        city="milwaukee",
        deliveries="sample",
        as_of=began,
        number=number,
        fingerprint=fingerprint,
    )
    if outcome:
        run.end(outcome, TODAY)
    store.save(run)


def test_old_run_records_are_deleted_except_those_still_needed(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    history = [(RELEASED, "f"), (RELEASED, "f"), (UNCHANGED, "f"), (UNCHANGED, "f"), (BLOCKED, "f"), (FAILED, None), (None, None)]
    for number, (outcome, fingerprint) in enumerate(history):
        save(store, number, 100, outcome, fingerprint)
    assert delete_run_records(store, TODAY - dt.timedelta(days=90)) == {"run-1", "run-3", "run-5", "run-6"}
    assert [run.number for run in store.all()] == [1, 3, 5, 6]
    save(store, 7, 1, RELEASED)
    delete_run_records(store, TODAY - dt.timedelta(days=90))
    assert [run.number for run in store.all()] == [6, 7]


def test_the_run_whose_gate_results_hold_is_kept(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for number, outcome in enumerate((RELEASED, RELEASED, UNCHANGED, UNCHANGED)):
        save(store, number, 100, outcome)
    first, *_ = store.all()
    finding = ExpectationResult("known_share", None, "warning", False, 61.0, 30.0, "more than 30 %")
    first.gates = [GateResult("build", "marts.fct_police_stops", (finding,))]
    store.save(first)
    delete_run_records(store, TODAY)
    assert [run.number for run in store.all()] == [0, 1, 3]


def test_an_unreadable_run_record_expires_by_its_file_time(tmp_path: Path) -> None:
    save(RunStore(tmp_path), 1, 1, RELEASED)
    (tmp_path / "strange.json").write_text("{}")
    delete_run_records(RunStore(tmp_path), dt.datetime(2000, 1, 1))
    assert (tmp_path / "strange.json").exists()
    delete_run_records(RunStore(tmp_path), dt.datetime(2999, 1, 1))
    assert [path.name for path in tmp_path.iterdir()] == ["run-1.json"]


@dg.asset(check_specs=[dg.AssetCheckSpec("good", asset="thing")])
def thing() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


def events(home: Path, table: str) -> int:
    with sqlite3.connect(home / "dagster" / "history" / "runs" / "index.db") as index:
        count: int = index.execute(f"select count(*) from {table}").fetchone()[0]
    return count


def test_dagster_runs_are_deleted_with_events_checks_tags_and_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    monkeypatch.setenv("DAGSTER_HOME", "")
    prepare_instance(settings)
    with dg.DagsterInstance.get() as instance:
        runs = [dg.materialize([thing], instance=instance, tags={"levelground/trigger": "cli"}).run_id for _ in range(4)]
        assert delete_dagster_runs(instance, settings, dt.datetime(2000, 1, 1), set()) == []
        checks = events(tmp_path, "asset_check_executions")
        for run_id in runs:
            (tmp_path / "dagster" / "storage" / run_id).mkdir(parents=True, exist_ok=True)
        later = retention.utc_now() + dt.timedelta(days=1)
        assert sorted(delete_dagster_runs(instance, settings, later, {runs[0]})) == sorted(runs[1:])
        assert [run.run_id for run in instance.get_runs()] == [runs[0]]
        assert instance.get_latest_materialization_event(dg.AssetKey("thing")) is not None
        assert instance.all_logs(runs[0])
    assert {path.name.partition(".")[0] for path in (tmp_path / "dagster/history/runs").glob("*.db")} == {runs[0], "index"}
    assert [path.name for path in (tmp_path / "dagster/storage").iterdir()] == [runs[0]]
    assert (checks, events(tmp_path, "asset_check_executions")) == (4, 2)  # of the kept run, and the newest
    with sqlite3.connect(tmp_path / "dagster" / "history" / "runs.db") as history:
        assert history.execute("select distinct run_id from run_tags").fetchall() == [(runs[0],)]


def test_old_logs_of_cities_are_deleted(tmp_path: Path) -> None:
    for name, days_ago in (("city-old-1.log", 91), ("city-new-1.log", 89), ("alerts.log", 91)):
        (tmp_path / name).touch()
        then = (TODAY - dt.timedelta(days=days_ago)).replace(tzinfo=dt.UTC).timestamp()
        os.utime(tmp_path / name, (then, then))
    delete_city_logs(tmp_path, TODAY - dt.timedelta(days=90))
    assert {path.name for path in tmp_path.iterdir()} == {"city-new-1.log", "alerts.log"}


def test_a_log_keeps_its_newer_half(tmp_path: Path) -> None:
    log = tmp_path / "alerts.log"
    log.write_text("short\n")
    truncate_log(log)
    assert log.read_text() == "short\n"
    log.write_text("".join(f"line {number}\n" for number in range(200_000)))
    truncate_log(log)
    lines = log.read_text().splitlines()
    assert log.stat().st_size <= retention.LOG_BYTES / 2
    assert (lines[0][:5], lines[-1]) == ("line ", "line 199999")

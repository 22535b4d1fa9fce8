"""The drop folder: a file that grows is waited for, each state of the files starts one run, and the run is called a sensor's."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ingest.contract.registry import Registry, load_registry
from orchestration.defs.jobs import refresh_job
from orchestration.defs.resources import trigger_of
from orchestration.defs.sensors.drop_folder import (
    SETTLED_SECONDS,
    FolderState,
    drop_folder_sensor,
    evaluate_folders,
    watched_folders,
)
from orchestration.runs.record import RELEASED, RunRecord, RunStore
from orchestration.settings import Settings

SOURCE = "ucc__service_requests"
START = 1_000_000.0


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def put(folder: Path, text: str, at: float, name: str = "calls.csv") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    os.utime(folder / name, (at, at))


class Ticks:
    """Evaluates one folder, tick after tick."""

    def __init__(self, folder: Path, last_run: float = 0.0) -> None:
        self.folder, self.last_run, self.states = folder, last_run, dict[str, FolderState]()

    def __call__(self, now: float) -> str:
        self.states, ready, changing = evaluate_folders({SOURCE: self.folder}, self.states, self.last_run, now)
        return "ready" if ready else "changing" if changing else "nothing"


def test_a_file_is_taken_once_it_has_stopped_growing(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    assert tick(START) == "nothing"
    put(tmp_path, "A", START + 1)
    assert tick(START + 5) == "changing"
    put(tmp_path, "A,B", START + 40)
    assert tick(START + 70) == "changing"
    assert tick(START + 100) == "changing"
    assert tick(START + 70 + SETTLED_SECONDS) == "ready"
    assert tick(START + 400) == "nothing"


def test_each_state_of_a_folder_is_taken_once_also_one_that_comes_back(tmp_path: Path) -> None:
    tick, results = Ticks(tmp_path), []
    for number, text in enumerate(["first", "second!", "first"]):
        put(tmp_path, text, START)
        results += [tick(START + 200 * number + after) for after in (0, 100, 150)]
    # the first look of all finds what has lain there for long
    assert results == ["changing", "ready", "nothing"] * 3


def test_what_the_last_run_took_in_is_not_taken_again_by_a_new_home(tmp_path: Path) -> None:
    put(tmp_path, "old", START)
    assert Ticks(tmp_path, last_run=START + 10)(START + 1000) == "nothing"
    assert Ticks(tmp_path, last_run=START - 10)(START + 1000) == "ready"


def test_a_deleted_file_starts_a_run_only_where_others_stay(tmp_path: Path) -> None:
    put(tmp_path, "a", START)
    put(tmp_path, "b", START, "more.csv")
    tick = Ticks(tmp_path, last_run=START + 1)
    assert tick(START + 10) == "nothing"
    (tmp_path / "more.csv").unlink()
    assert [tick(START + 100), tick(START + 200)] == ["changing", "ready"]
    (tmp_path / "calls.csv").unlink()
    assert [tick(START + 300), tick(START + 400)] == ["nothing", "nothing"]


def test_what_is_still_being_written_under_another_name_is_not_seen(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    put(tmp_path, "A", START, "calls.csv.part")
    assert [tick(START + 10), tick(START + 100)] == ["nothing", "nothing"]


def test_a_clock_that_runs_ahead_holds_nothing_back(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    put(tmp_path, "A", START + 86_400)
    assert [tick(START), tick(START + SETTLED_SECONDS)] == ["changing", "ready"]


def test_folders_are_those_of_the_home_or_of_live_file_connectors(registry: Registry, tmp_path: Path) -> None:
    assert watched_folders(registry, tmp_path)[SOURCE] == tmp_path / SOURCE
    live = registry[SOURCE].model_copy(update={"connector": registry["mhd__lead_orders_open"].connector.model_copy()})
    for path, found in ((str(tmp_path / "drop"), {SOURCE: tmp_path / "drop"}), ("s3://bucket/drop", {}), (None, {})):
        connector = type(registry["mhd__lead_orders_open"].connector)(kind="file", path=path)
        assert watched_folders(Registry([live.model_copy(update={"connector": connector})]), None) == found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def test_the_sensor_asks_for_one_run_and_remembers_it(
    registry: Registry, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    sensor = drop_folder_sensor(refresh_job(), registry, settings)
    put(tmp_path / SOURCE, "A", time.time() - 1000)
    cursor: str | None = None
    said = []
    for after in (0.0, 100.0, 200.0):
        monkeypatch.setattr("orchestration.defs.sensors.drop_folder.time.time", lambda after=after: START_OF_TEST + after)
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        result = sensor(context)
        if isinstance(result, dg.SkipReason):
            said.append(result.skip_message)
            cursor = context.cursor
        else:
            assert isinstance(result, dg.SensorResult)
            (request,) = result.run_requests or []
            said.append(f"run {request.run_key}: {request.tags['levelground/delivered']}")
            cursor = result.cursor
    assert said[0].endswith(f": {SOURCE}")  # it has lain there for long
    assert sum(text.startswith("run ") for text in said) == 1
    assert said[-1] == "nothing new"
    assert SOURCE in json.loads(cursor or "")


def test_a_state_that_comes_back_is_another_run(
    registry: Registry, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster starts no second run for a key that it has seen."""
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    sensor = drop_folder_sensor(refresh_job(), registry, settings)
    cursor, keys = None, []
    for number, text in enumerate(["first", "second!", "first"]):
        put(tmp_path / SOURCE, text, START)
        for after in (0, 100):
            monkeypatch.setattr("orchestration.defs.sensors.drop_folder.time.time", lambda now=START + 1000 * number + after: now)
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            result = sensor(context)
            cursor = result.cursor if isinstance(result, dg.SensorResult) else context.cursor
            keys += [request.run_key for request in result.run_requests or []] if isinstance(result, dg.SensorResult) else []
    assert len(keys) == len(set(keys)) == 3


START_OF_TEST = time.time()


def test_the_sample_city_is_no_drop_folder(registry: Registry, instance: dg.DagsterInstance, tmp_path: Path) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    result = drop_folder_sensor(refresh_job(), registry, settings)(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SkipReason)


def test_a_sensor_that_finds_a_finished_run_waits_for_something_new(
    registry: Registry, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    put(tmp_path / SOURCE, "A", time.time() - 1000)
    (tmp_path / "home" / "runs").mkdir(parents=True)
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    receipt = RunRecord(
        run_id="r", trigger="cli", started_at=now.isoformat(), city="milwaukee", deliveries=str(tmp_path), as_of=now.isoformat()
    )
    receipt.end(RELEASED, now)
    RunStore(settings.home.runs).save(receipt)
    result = drop_folder_sensor(refresh_job(), registry, settings)(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SkipReason)
    assert result.skip_message == "nothing new"


def test_a_run_that_a_sensor_started_says_so() -> None:
    assert trigger_of({"dagster/sensor_name": "drop_folder"}) == "sensor"
    assert trigger_of({"dagster/schedule_name": "nightly"}) == "schedule"
    assert trigger_of({}) == "ui"

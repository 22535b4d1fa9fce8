"""The sensor `drop_folder` waits until files have stopped changing, and starts one run per state of a folder."""

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


def test_a_file_is_ready_once_it_has_stopped_changing(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    assert tick(START) == "nothing"
    put(tmp_path, "A", START + 1)
    assert tick(START + 5) == "changing"
    put(tmp_path, "A,B", START + 40)
    assert tick(START + 70) == "changing"
    assert tick(START + 100) == "changing"
    assert tick(START + 70 + SETTLED_SECONDS) == "ready"
    assert tick(START + 400) == "nothing"


def test_each_state_of_a_folder_is_ready_once_also_a_repeated_one(tmp_path: Path) -> None:
    tick, results = Ticks(tmp_path), []
    for number, text in enumerate(["first", "second!", "first"]):
        put(tmp_path, text, START)
        results += [tick(START + 200 * number + after) for after in (0, 100, 150)]
    # the first tick finds a file that has not changed for long
    assert results == ["changing", "ready", "nothing"] * 3


def test_files_older_than_the_last_run_start_no_run(tmp_path: Path) -> None:
    put(tmp_path, "old", START)
    assert Ticks(tmp_path, last_run=START + 10)(START + 1000) == "nothing"
    assert Ticks(tmp_path, last_run=START - 10)(START + 1000) == "ready"


def test_a_deleted_file_starts_a_run_only_if_others_remain(tmp_path: Path) -> None:
    put(tmp_path, "a", START)
    put(tmp_path, "b", START, "more.csv")
    tick = Ticks(tmp_path, last_run=START + 1)
    assert tick(START + 10) == "nothing"
    (tmp_path / "more.csv").unlink()
    assert [tick(START + 100), tick(START + 200)] == ["changing", "ready"]
    (tmp_path / "calls.csv").unlink()
    assert [tick(START + 300), tick(START + 400)] == ["nothing", "nothing"]


def test_a_file_under_a_temporary_name_is_ignored(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    put(tmp_path, "A", START, "calls.csv.part")
    assert [tick(START + 10), tick(START + 100)] == ["nothing", "nothing"]


def test_a_file_time_in_the_future_delays_nothing(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    put(tmp_path, "A", START + 86_400)
    assert [tick(START), tick(START + SETTLED_SECONDS)] == ["changing", "ready"]


def test_folders_are_those_of_the_home_or_of_live_file_connectors(registry: Registry, tmp_path: Path) -> None:
    assert watched_folders(registry, tmp_path)[SOURCE] == tmp_path / SOURCE
    live = registry[SOURCE].model_copy(update={"connector": registry["mhd__lead_orders_open"].connector.model_copy()})
    for path, found in ((str(tmp_path / "drop"), {SOURCE: tmp_path / "drop"}), ("s3://bucket/drop", {}), (None, {})):
        connector = type(registry["mhd__lead_orders_open"].connector)(kind="file", path=path)
        assert watched_folders(Registry([live.model_copy(update={"connector": connector})]), None) == found


def test_of_a_source_that_is_fetched_live_only_a_folder_of_its_connector_is_watched(registry: Registry, tmp_path: Path) -> None:
    contract = registry[SOURCE].model_copy(update={"delivered_by": "live"})
    assert watched_folders(Registry([contract]), tmp_path) == {}
    connector = type(registry["mhd__lead_orders_open"].connector)(kind="file", path=str(tmp_path / "drop"))
    dropped = contract.model_copy(update={"connector": connector})
    assert watched_folders(Registry([dropped]), tmp_path / "deliveries") == {SOURCE: tmp_path / "drop"}


def test_a_file_that_is_no_delivery_starts_no_run(tmp_path: Path) -> None:
    (tmp_path / SOURCE).mkdir()
    (tmp_path / SOURCE / "Notes.pdf").touch()
    folders, now = {SOURCE: tmp_path / SOURCE}, START + 10 * SETTLED_SECONDS
    ignored = {SOURCE: ("*.PDF",)}
    assert evaluate_folders(folders, {}, 0, now, ignored)[0][SOURCE].fingerprint == ""
    assert evaluate_folders(folders, {}, 0, now)[0][SOURCE].fingerprint != ""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def test_the_sensor_requests_one_run_per_state(
    registry: Registry, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    sensor = drop_folder_sensor(registry, settings)
    put(tmp_path / SOURCE, "A", START_OF_TEST - 1000)
    cursor: str | None = None
    results = []
    for after in (0.0, 100.0, 200.0):
        monkeypatch.setattr("orchestration.defs.sensors.drop_folder.time.time", lambda after=after: START_OF_TEST + after)
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        result = sensor(context)
        if isinstance(result, dg.SkipReason):
            results.append(result.skip_message)
            cursor = context.cursor
        else:
            assert isinstance(result, dg.SensorResult)
            (request,) = result.run_requests or []
            results.append(f"run {request.run_key}: {request.tags['levelground/delivered']}")
            cursor = result.cursor
    assert results[0].endswith(f": {SOURCE}")  # it has not changed for long
    assert sum(text.startswith("run ") for text in results) == 1
    assert results[-1] == "nothing new"
    assert SOURCE in json.loads(cursor or "")


def test_a_repeated_state_has_another_run_key(
    registry: Registry, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster starts no second run for a repeated run key."""
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    sensor = drop_folder_sensor(registry, settings)
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


def test_the_sample_city_has_no_drop_folder(registry: Registry, instance: dg.DagsterInstance, tmp_path: Path) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    result = drop_folder_sensor(registry, settings)(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SkipReason)


def test_files_that_the_last_run_ingested_are_nothing_new(
    registry: Registry, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    put(tmp_path / SOURCE, "A", START_OF_TEST - 1000)
    (tmp_path / "home" / "runs").mkdir(parents=True)
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    receipt = RunRecord(
        run_id="r", trigger="cli", started_at=now.isoformat(), city="milwaukee", deliveries=str(tmp_path), as_of=now.isoformat()
    )
    receipt.end(RELEASED, now)
    RunStore(settings.home.runs).save(receipt)
    result = drop_folder_sensor(registry, settings)(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SkipReason)
    assert result.skip_message == "nothing new"


def test_the_trigger_is_read_from_the_tags() -> None:
    assert trigger_of({"dagster/sensor_name": "drop_folder"}) == "sensor"
    assert trigger_of({"dagster/schedule_name": "nightly"}) == "schedule"
    assert trigger_of({}) == "ui"


def test_a_file_whose_name_is_not_utf8_starts_a_run_that_reports_it(tmp_path: Path) -> None:
    tick = Ticks(tmp_path)
    put(tmp_path, "A", START, name=os.fsdecode(b"caf\xe9.csv"))
    assert tick(START + SETTLED_SECONDS) == "ready"

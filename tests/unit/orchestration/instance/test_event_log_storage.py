"""The event log uses Dagster's files over open connections, loses no event of a process that dies, and can be removed."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.instance.event_log_storage import MAX_OPEN_FILES, PersistentEventLogStorage
from orchestration.instance.retention import delete_dagster_runs
from orchestration.instance.setup import prepare_instance
from orchestration.settings import Settings
from tests.conftest import ROOT

DIES = """
import os, sys
import dagster as dg
@dg.op
def dies(context):
    context.log.info("last words")
    os._exit(9)
@dg.job
def job():
    dies()
job.execute_in_process(instance=dg.DagsterInstance.get(), run_id=sys.argv[1])
"""


@dg.op
def talk() -> None:
    dg.OpExecutionContext.get().log.info("a log line")


@dg.job
def talking() -> None:
    talk()


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    for name in ("DAGSTER_HOME", "LEVELGROUND_HOME", "DO_NOT_TRACK", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    prepare_instance(Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)}))
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, PersistentEventLogStorage)
        yield instance


def messages(storage: SqliteEventLogStorage, run_id: str) -> list[str]:
    return [record.event_log_entry.user_message for record in storage.get_records_for_run(run_id).records]


def test_dagsters_own_storage_reads_the_same_files(instance: dg.DagsterInstance) -> None:
    run_id = talking.execute_in_process(instance=instance).run_id
    folder = Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"
    own = instance.event_log_storage
    assert isinstance(own, PersistentEventLogStorage)
    theirs = SqliteEventLogStorage(str(folder))
    assert messages(theirs, run_id) == messages(own, run_id)
    assert "a log line" in messages(theirs, run_id)


def test_few_files_stay_open_and_a_deleted_one_is_created_again(instance: dg.DagsterInstance) -> None:
    own = instance.event_log_storage
    assert isinstance(own, PersistentEventLogStorage)
    runs = [talking.execute_in_process(instance=instance).run_id for _ in range(MAX_OPEN_FILES + 2)]
    assert len(own._engines) == MAX_OPEN_FILES
    for run_id in runs:
        assert "a log line" in messages(own, run_id)
    Path(own.path_for_shard(runs[-1])).unlink()
    assert messages(own, runs[-1]) == []
    assert "a log line" in messages(own, talking.execute_in_process(instance=instance).run_id)


def test_the_files_are_asked_once_whether_a_table_exists(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    own = instance.event_log_storage
    assert isinstance(own, PersistentEventLogStorage)
    asked: list[str] = []
    of_dagster = SqliteEventLogStorage.has_table
    monkeypatch.setattr(SqliteEventLogStorage, "has_table", lambda self, name: asked.append(name) or of_dagster(self, name))
    for _ in range(3):
        assert own.supports_asset_checks
        assert not own.has_table("no_such_table")  # a migration may create it
    assert asked.count("asset_check_executions") == 1
    assert asked.count("no_such_table") == 3


@dg.multi_asset(specs=[dg.AssetSpec(name) for name in ("one", "two", "three")])
def three() -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    for name in ("one", "two", "three"):
        yield dg.MaterializeResult(name)


@pytest.mark.parametrize("is_broken", [False, True])
def test_planned_events_are_stored_at_once_and_each_once(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_broken: bool
) -> None:
    sizes, store = [], SqliteEventLogStorage.store_event_batch

    def store_batch(self: SqliteEventLogStorage, events: list[dg.EventLogEntry]) -> None:
        sizes.append(len(events))
        store(self, events)
        if is_broken:
            raise OSError("no space left")

    monkeypatch.setattr(SqliteEventLogStorage, "store_event_batch", store_batch)
    run = dg.materialize([three], instance=instance)
    assert sizes == [3], "Dagster stores planned events in a batch"
    assert ("Falling back" in capsys.readouterr().err) is is_broken
    planned = instance.all_logs(run.run_id, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    assert sorted(entry.get_dagster_event().asset_key.path[0] for entry in planned) == ["one", "three", "two"]  # type: ignore[union-attr]
    wanted = dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    assert len(instance.get_event_records(wanted)) == 3, "in the index, too"


def test_a_process_that_dies_loses_no_event(instance: dg.DagsterInstance) -> None:
    run_id = "00000000-0000-4000-8000-000000000001"
    died = subprocess.run([sys.executable, "-c", DIES, run_id], cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert died.returncode == 9, died.stderr.decode()
    assert "last words" in messages(instance.event_log_storage, run_id)  # type: ignore[arg-type]


def test_a_watcher_receives_each_event_of_a_run(instance: dg.DagsterInstance) -> None:
    received: list[str] = []
    run_id = "00000000-0000-4000-8000-000000000002"
    instance.event_log_storage.watch(run_id, None, lambda entry, _cursor: received.append(entry.user_message))
    talking.execute_in_process(instance=instance, run_id=run_id)
    end = time.monotonic() + 30
    while "a log line" not in received and time.monotonic() < end:
        time.sleep(0.1)
    assert "a log line" in received
    instance.event_log_storage.dispose()


def test_the_block_can_be_deleted_from_dagster_yaml(instance: dg.DagsterInstance) -> None:
    earlier = talking.execute_in_process(instance=instance).run_id
    instance.dispose()
    home = Path(os.environ["DAGSTER_HOME"])
    configured = (home / "dagster.yaml").read_text()
    without, blocks = re.subn(r"(?m)^(#[^\n]*\n)*event_log_storage:\n( +[^\n]*\n)+", "", configured)
    assert blocks == 1
    (home / "dagster.yaml").write_text(without)

    with dg.DagsterInstance.get() as own:
        assert type(own.event_log_storage) is SqliteEventLogStorage
        assert "a log line" in messages(own.event_log_storage, earlier)
        later = talking.execute_in_process(instance=own).run_id
        assert "a log line" in messages(own.event_log_storage, later)
        settings = Settings.from_environment({"LEVELGROUND_HOME": str(home.parent)})
        tomorrow = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(days=1)
        assert delete_dagster_runs(own, settings, tomorrow, {later}) == [earlier]

    (home / "dagster.yaml").write_text(configured)
    with dg.DagsterInstance.get() as reopened:
        assert isinstance(reopened.event_log_storage, PersistentEventLogStorage)
        assert "a log line" in messages(reopened.event_log_storage, later)

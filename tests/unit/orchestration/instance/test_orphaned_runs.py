"""A run whose process has ended is reported as failed; an active run, or one without a recorded process yet, is not."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.test_utils import create_run_for_test

from orchestration.instance import dagster_runs
from orchestration.instance.dagster_runs import fail_orphaned_runs, has_active_run
from orchestration.instance.processes import current_process
from orchestration.instance.setup import PROCESS_TAG
from tests.unit.orchestration.instance.test_processes import ended_process


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(str(tmp_path))


def started(instance: dg.DagsterInstance, process: str | None) -> str:
    tags = {PROCESS_TAG: process} if process else {}
    return create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags=tags).run_id


def test_only_runs_without_a_process_are_failed(instance: dg.DagsterInstance) -> None:
    dead, living, young = started(instance, ended_process()), started(instance, current_process()), started(instance, None)
    own = started(instance, ended_process())
    assert fail_orphaned_runs(instance, own_run_id=own) == [dead]
    runs = {run.run_id: run.status for run in instance.get_runs()}
    assert runs[dead] == dg.DagsterRunStatus.FAILURE
    assert {runs[living], runs[young], runs[own]} == {dg.DagsterRunStatus.STARTED}
    assert has_active_run(instance)


def test_a_process_that_dies_before_it_is_recorded_is_found_in_dagsters_log(instance: dg.DagsterInstance) -> None:
    """Otherwise its run blocks the queue for minutes."""
    dead, living = started(instance, None), started(instance, None)
    for run_id, process in ((dead, ended_process()), (living, current_process())):
        run, pid = instance.get_run_by_id(run_id), int(process.split()[0])
        instance.report_engine_event(f"Started process for run (pid: {pid}).", run, EngineEventData.in_process(pid))
    assert fail_orphaned_runs(instance) == [dead]


def test_the_processes_that_copy_the_log_of_a_killed_run_end(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    dead, living = started(instance, ended_process()), started(instance, current_process())
    copies = []
    for run_id in (dead, living):
        log = tmp_path / "storage" / run_id / "compute_logs" / "step.out"
        log.parent.mkdir(parents=True)
        log.touch()
        copies.append(subprocess.Popen(["tail", "-F", "-c", "+0", str(log)]))
    try:
        fail_orphaned_runs(instance)
        assert copies[0].wait(timeout=10) == -signal.SIGTERM
        assert copies[1].poll() is None
    finally:
        for copy in copies:
            copy.kill()
            copy.wait()


def test_a_run_that_never_records_its_process_is_failed_later(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = started(instance, None)
    monkeypatch.setattr(dagster_runs, "SECONDS_TO_RECORD_PROCESS", -1)
    assert fail_orphaned_runs(instance) == [silent]
    assert not has_active_run(instance)

"""A run whose process is gone is reported as failed; one that is going on, or has not told its process yet, is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from orchestration.instance import orphaned_runs
from orchestration.instance.orphaned_runs import PID_TAG, alive, going_on, process_tag, report_killed_runs


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(str(tmp_path))


def started(instance: dg.DagsterInstance, process: str | None) -> str:
    tags = {PID_TAG: process} if process else {}
    return create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags=tags).run_id


def gone() -> str:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{process.pid} 1"


def test_only_runs_without_a_process_are_reported(instance: dg.DagsterInstance) -> None:
    dead, living, young = started(instance, gone()), started(instance, process_tag()), started(instance, None)
    own = started(instance, gone())
    assert report_killed_runs(instance, own_run_id=own) == [dead]
    runs = {run.run_id: run.status for run in instance.get_runs()}
    assert runs[dead] == dg.DagsterRunStatus.FAILURE
    assert {runs[living], runs[young], runs[own]} == {dg.DagsterRunStatus.STARTED}
    assert going_on(instance)


def test_a_run_that_never_told_its_process_is_given_up_after_a_while(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = started(instance, None)
    monkeypatch.setattr(orphaned_runs, "SECONDS_TO_TELL", -1)
    assert report_killed_runs(instance) == [silent]
    assert not going_on(instance)


def test_a_process_is_known_by_its_start_too() -> None:
    assert alive(process_tag())
    assert not alive(f"{os.getpid()} 1"), "after a restart of the machine the same id is another process"
    assert not alive(gone())
    assert not alive("nonsense")
    assert not alive(None)

"""The doctor reads the scheduler's heartbeat, the schedule's state and its newest tick from Dagster's instance."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.types import DaemonHeartbeat

from orchestration.doctor.daemon import SCHEDULER, SchedulerState, read_scheduler_state
from orchestration.instance.setup import NIGHTLY_SCHEDULE, prepare_instance
from orchestration.settings import Settings

TWO = dt.datetime(2025, 12, 2, 8, tzinfo=dt.UTC)


def _schedule(status: InstigatorStatus) -> InstigatorState:
    target = LoadableTargetOrigin(module_name="orchestration.definitions")
    location = ManagedGrpcPythonEnvCodeLocationOrigin(loadable_target_origin=target, location_name="orchestration.definitions")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), NIGHTLY_SCHEDULE)
    return InstigatorState(origin, InstigatorType.SCHEDULE, status, ScheduleInstigatorData("0 2 * * *", TWO.timestamp()))


def _tick(state: InstigatorState, at: dt.datetime, status: TickStatus) -> TickData:
    return TickData(
        state.instigator_origin_id,
        NIGHTLY_SCHEDULE,
        InstigatorType.SCHEDULE,
        status,
        at.timestamp(),
        run_ids=["run"] if status is TickStatus.SUCCESS else None,
        skip_reason="nothing" if status is TickStatus.SKIPPED else None,
        selector_id=state.selector_id,
    )


def _fill(folder: Path, state: InstigatorState) -> None:
    with dg.DagsterInstance.get() as instance:
        assert read_scheduler_state(folder) == SchedulerState()
        instance.add_daemon_heartbeat(DaemonHeartbeat(TWO.timestamp() + 30, SCHEDULER, "one"))
        instance.add_daemon_heartbeat(DaemonHeartbeat(TWO.timestamp() + 60, "SENSOR", "one"))
        instance.add_instigator_state(state)
        instance.create_tick(_tick(state, TWO - dt.timedelta(days=1), TickStatus.SKIPPED))
        instance.create_tick(_tick(state, TWO, TickStatus.SUCCESS))


@pytest.mark.parametrize(("status", "is_off"), [(InstigatorStatus.STOPPED, True), (InstigatorStatus.RUNNING, False)])
def test_daemon_state_and_newest_tick_are_read(tmp_path: Path, status: InstigatorStatus, is_off: bool) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})
    with mock.patch.dict(os.environ):
        prepare_instance(settings)
        state = _schedule(status)
        _fill(settings.home.dagster, state)
    # as in a home of a previous version, whose module is not there any more
    (settings.home.dagster / "dagster.yaml").write_text("event_log_storage: {module: orchestration.moved, class: EventLog}\n")
    before = dict(os.environ)
    at = TWO.replace(tzinfo=None)
    assert read_scheduler_state(settings.home.dagster) == SchedulerState(at + dt.timedelta(seconds=30), is_off, at, "success")
    assert dict(os.environ) == before

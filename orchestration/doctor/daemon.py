"""Read the state of the daemon and of the nightly schedule from Dagster's instance.

This is the doctor's only module that imports Dagster. See `schedule` for the check that evaluates the state.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from orchestration.instance.setup import CONFIGURATION, NIGHTLY_SCHEDULE

SCHEDULER = "SCHEDULER"  # the type of the Dagster daemon that ticks schedules


@dataclass(frozen=True)
class Tick:
    """The newest tick of the schedule: its time (UTC, without zone) and Dagster's status."""

    at: dt.datetime
    status: str


@dataclass(frozen=True)
class SchedulerState:
    """The daemon's last heartbeat, whether the schedule was switched off, and its newest tick."""

    heartbeat_at: dt.datetime | None = None
    is_off: bool = False
    tick: Tick | None = None


def read_scheduler_state(folder: Path) -> SchedulerState:
    """Return the state recorded by the instance in a folder `dagster/`.

    The project's dagster.yaml configures it: an upgraded home keeps the file of the previous version until its next run.
    """
    configuration = str(CONFIGURATION)
    with _dagster_home(folder), dg.DagsterInstance.from_config(str(folder), configuration) as instance:
        heartbeat = instance.get_daemon_heartbeats().get(SCHEDULER)
        states = [state for state in instance.all_instigator_state() if state.name == NIGHTLY_SCHEDULE]
        ticks = [tick for state in states for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)]
        newest = max(ticks, key=lambda tick: tick.timestamp, default=None)
        return SchedulerState(
            heartbeat_at=_utc(heartbeat.timestamp) if heartbeat else None,
            is_off=bool(states) and all(state.status.value == "STOPPED" for state in states),
            tick=Tick(_utc(newest.timestamp), newest.status.value.lower()) if newest else None,
        )


@contextmanager
def _dagster_home(folder: Path) -> Iterator[None]:
    """Set DAGSTER_HOME, by which dagster.yaml names the instance's folder."""
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["DAGSTER_HOME"]
        else:
            os.environ["DAGSTER_HOME"] = before


def _utc(stamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(stamp, dt.UTC).replace(tzinfo=None)

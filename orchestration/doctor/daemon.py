"""Check that the nightly run starts by itself: the daemon's heartbeat, the schedule's state and its last tick.

This is the doctor's only module that imports Dagster.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.doctor.home import utc
from orchestration.doctor.installation import CheckResult, Installation, error, ok, warning
from orchestration.instance.setup import CONFIGURATION, NIGHTLY_SCHEDULE
from orchestration.runs.record import RunStore

SCHEDULER = "SCHEDULER"  # the type of the Dagster daemon that ticks schedules
# The daemon sends a heartbeat every half minute, and Dagster counts it as dead after five minutes.
DEAD_AFTER = dt.timedelta(minutes=5)
# A nightly schedule ticks within a day, plus an hour when clocks are set back, plus an hour for a run that waits.
TICKS_WITHIN = dt.timedelta(hours=26)


@dataclass(frozen=True)
class SchedulerState:
    """The daemon's last heartbeat, whether the schedule was switched off, its newest tick and Dagster's status of that.

    Times are UTC without zone.
    """

    heartbeat_at: dt.datetime | None = None
    is_off: bool = False
    ticked_at: dt.datetime | None = None
    status: str = ""


def schedule(installation: Installation) -> Iterator[CheckResult]:
    """Check the daemon and the schedule. An instance that does not exist is not opened, since that would create it."""
    folder = installation.settings.home.dagster
    exists = (folder / "schedules" / "schedules.db").is_file()
    yield from evaluate_scheduler(read_scheduler_state(folder) if exists else SchedulerState(), installation)


def evaluate_scheduler(state: SchedulerState, installation: Installation) -> Iterator[CheckResult]:
    """Return the results for a state of the daemon and the schedule."""
    now = installation.now
    if state.heartbeat_at is None:
        yield warning("the daemon", "no daemon has run in this home yet")
        return
    is_dead = now - state.heartbeat_at > DEAD_AFTER
    what = f"{'has sent no heartbeat since' if is_dead else 'sent a heartbeat at'} {utc(state.heartbeat_at)}"
    yield warning("the daemon", what) if is_dead else ok("the daemon", what)
    if state.is_off:
        yield warning("nightly", "is switched off", "schedule/off")
    elif state.ticked_at is None:
        yield ok("nightly", "is on, and has not ticked yet")
    else:
        last = f"last tick {utc(state.ticked_at)}: {state.status}"
        if state.status == "failure":
            yield error("nightly", last, "schedule/failed")
        elif now - state.ticked_at > TICKS_WITHIN and not _has_run_since(installation):
            yield warning("nightly", last, "schedule/missed")
        else:
            yield ok("nightly", last)


def _has_run_since(installation: Installation) -> bool:
    last = RunStore(installation.settings.home.runs).last_ended()
    return last is not None and installation.now - dt.datetime.fromisoformat(last.started_at) < TICKS_WITHIN


def read_scheduler_state(folder: Path) -> SchedulerState:
    """Return the state recorded by the instance in a folder `dagster/`.

    The project's dagster.yaml configures it: an upgraded home keeps the file of the previous version until its next run.
    """
    import dagster as dg  # noqa: PLC0415 - takes a second, and a home without a daemon needs none

    configuration = str(CONFIGURATION)
    with _dagster_home(folder), dg.DagsterInstance.from_config(str(folder), configuration) as instance:
        heartbeat = instance.get_daemon_heartbeats().get(SCHEDULER)
        states = [state for state in instance.all_instigator_state() if state.name == NIGHTLY_SCHEDULE]
        ticks = [tick for state in states for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)]
        newest = max(ticks, key=lambda tick: tick.timestamp, default=None)
        return SchedulerState(
            heartbeat_at=_utc(heartbeat.timestamp) if heartbeat else None,
            is_off=bool(states) and all(state.status.value == "STOPPED" for state in states),
            ticked_at=_utc(newest.timestamp) if newest else None,
            status=newest.status.value.lower() if newest else "",
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

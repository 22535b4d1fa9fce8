"""What Dagster's instance knows of its daemon and of the schedule.

Here: the one place of the doctor that imports Dagster. Not here: what is good or bad about it (`schedule`).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from orchestration.defs.jobs import NIGHTLY_SCHEDULE
from orchestration.doctor.schedule import Seen, Tick

SCHEDULER = "SCHEDULER"  # the one of Dagster's daemons that ticks schedules


def read(folder: Path) -> Seen:
    """What the instance in a folder `dagster/` says."""
    with _dagster_home(folder), dg.DagsterInstance.from_config(str(folder)) as instance:
        beat = instance.get_daemon_heartbeats().get(SCHEDULER)
        states = [state for state in instance.all_instigator_state() if state.name == NIGHTLY_SCHEDULE]
        ticks = [tick for state in states for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)]
        newest = max(ticks, key=lambda tick: tick.timestamp, default=None)
        return Seen(
            alive_at=_utc(beat.timestamp) if beat else None,
            is_off=bool(states) and all(state.status.value == "STOPPED" for state in states),
            tick=Tick(_utc(newest.timestamp), newest.status.value.lower()) if newest else None,
        )


@contextmanager
def _dagster_home(folder: Path) -> Iterator[None]:
    """dagster.yaml names the instance's folder by this variable."""
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

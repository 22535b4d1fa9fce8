"""Hold what Dagster records about its daemon and the nightly schedule, as plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


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

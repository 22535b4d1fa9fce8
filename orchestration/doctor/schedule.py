"""Check that the nightly run starts by itself: the daemon's heartbeat, the schedule's state and its last tick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.doctor.home import utc
from orchestration.doctor.installation import CheckResult, Installation, error, ok, warning
from orchestration.runs.record import RunStore

if TYPE_CHECKING:
    from orchestration.doctor.daemon import SchedulerState

# The daemon sends a heartbeat every half minute, and Dagster counts it as dead after five minutes.
DEAD_AFTER = dt.timedelta(minutes=5)
# A nightly schedule ticks within a day, plus an hour when clocks are set back, plus an hour for a run that waits.
TICKS_WITHIN = dt.timedelta(hours=26)


def schedule(installation: Installation) -> Iterator[CheckResult]:
    """Check the daemon and the schedule. An instance that does not exist is not opened, since that would create it."""
    folder = installation.settings.home.dagster
    state = None
    if (folder / "schedules" / "schedules.db").is_file():
        from orchestration.doctor.daemon import read_scheduler_state  # noqa: PLC0415 - Dagster takes a second to import

        state = read_scheduler_state(folder)
    yield from evaluate_scheduler(state, installation)


def evaluate_scheduler(state: SchedulerState | None, installation: Installation) -> Iterator[CheckResult]:
    """Return the results for a state of the daemon and the schedule."""
    now = installation.now
    if state is None or state.heartbeat_at is None:
        yield warning("the daemon", "no daemon has run in this home yet")
        return
    is_dead = now - state.heartbeat_at > DEAD_AFTER
    what = f"{'has sent no heartbeat since' if is_dead else 'sent a heartbeat at'} {utc(state.heartbeat_at)}"
    yield warning("the daemon", what) if is_dead else ok("the daemon", what)
    if state.is_off:
        yield warning("nightly", "is switched off", "switch it on in the UI, Automation → nightly, unless that was on purpose")
    elif state.tick is None:
        yield ok("nightly", "is on, and has not ticked yet")
    else:
        last = f"last tick {utc(state.tick.at)}: {state.tick.status}"
        if state.tick.status == "failure":
            remedy = "read the error of its tick in the UI; `levelground run` makes up for the night"
            yield error("nightly", last, remedy, "the nightly run did not start")
        elif now - state.tick.at > TICKS_WITHIN and not _has_run_since(installation):
            yield warning("nightly", last, "check that the daemon runs; it makes up for one missed night", "a night was missed")
        else:
            yield ok("nightly", last)


def _has_run_since(installation: Installation) -> bool:
    last = RunStore(installation.settings.home.runs).last_ended()
    return last is not None and installation.now - dt.datetime.fromisoformat(last.started_at) < TICKS_WITHIN

"""Check that the nightly run starts by itself: the daemon's heartbeat, the schedule's state and its last tick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.doctor.scheduler_state import SchedulerState, Tick
from orchestration.runs.record import RunStore

NO_DAEMON = "`make ui`, or enable the service of docs/deploy/; where a timer starts `levelground run`, no daemon is needed"
# The daemon sends a heartbeat every half minute, and Dagster counts it as dead after five minutes.
DEAD_AFTER = dt.timedelta(minutes=5)
# A nightly schedule ticks within a day, plus an hour when clocks are set back, plus an hour for a run that waits.
TICKS_WITHIN = dt.timedelta(hours=26)


def schedule(installation: Installation) -> Iterator[CheckResult]:
    """Check the daemon and the schedule. An instance that does not exist is not opened, since that would create it."""
    folder = installation.settings.home.dagster
    state = SchedulerState()
    if (folder / "schedules" / "schedules.db").is_file():
        from orchestration.doctor.daemon import read_scheduler_state  # noqa: PLC0415 - Dagster takes a second to import

        state = read_scheduler_state(folder)
    yield from evaluate_scheduler(state, installation)


def evaluate_scheduler(state: SchedulerState, installation: Installation) -> Iterator[CheckResult]:
    """Return the results for a state of the daemon and the schedule."""
    if state.heartbeat_at is None:
        yield warning("schedule", "the daemon", "no daemon has run in this home yet", "no run starts by itself", NO_DAEMON)
        return
    if installation.now - state.heartbeat_at > DEAD_AFTER:
        what = f"has sent no heartbeat since {_utc(state.heartbeat_at)}"
        yield warning("schedule", "the daemon", what, "no run starts by itself, and a missed night sends no alert", NO_DAEMON)
    else:
        yield ok("schedule", "the daemon", f"sent a heartbeat at {_utc(state.heartbeat_at)}")
    if state.is_off:
        remedy = "switch it on in the UI, Automation → nightly, unless it was switched off on purpose"
        yield warning("schedule", "nightly", "is switched off", "no run starts by itself", remedy)
    elif state.tick is None:
        yield ok("schedule", "nightly", "is on, and has not ticked yet")
    else:
        yield from _evaluate_tick(state.tick, installation)


def _evaluate_tick(tick: Tick, installation: Installation) -> Iterator[CheckResult]:
    last = f"last tick {_utc(tick.at)}: {tick.status}"
    if tick.status == "failure":
        remedy = "read the error of its tick in the UI; `levelground run` makes up for the night"
        yield error("schedule", "nightly", last, "the nightly run did not start", remedy)
    elif installation.now - tick.at > TICKS_WITHIN and not _has_run_since(installation):
        remedy = "check that the daemon runs; it makes up for one missed night"
        yield warning("schedule", "nightly", last, "a night was missed", remedy)
    else:
        yield ok("schedule", "nightly", last)


def _has_run_since(installation: Installation) -> bool:
    last = RunStore(installation.settings.home.runs).last_ended()
    return last is not None and installation.now - dt.datetime.fromisoformat(last.started_at) < TICKS_WITHIN


def _utc(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

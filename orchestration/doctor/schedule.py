"""Whether the night's run comes by itself: the daemon, the schedule, its last tick.

Here: reading Dagster's instance of the home. Not here: what the schedule starts (`orchestration.defs.jobs`). An instance is
read only if there is one: opening it would make its databases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.doctor.findings import Finding, Installation, ok, warning, wrong
from orchestration.runs.record import RunStore

NO_DAEMON = "`make ui`, or enable the service of docs/deploy/; where a timer starts `levelground run`, no daemon is needed"
# The daemon tells every half minute that it lives, and Dagster calls it dead after five.
DEAD_AFTER = dt.timedelta(minutes=5)
# A schedule of every night has ticked within a day, an hour more when clocks are put back, and an hour for one that waits.
TICKS_WITHIN = dt.timedelta(hours=26)


@dataclass(frozen=True)
class Tick:
    """The newest tick of the schedule: when (UTC, no zone), and how it went, in Dagster's words."""

    at: dt.datetime
    status: str


@dataclass(frozen=True)
class Seen:
    """The daemon's last sign of life, whether somebody switched the schedule off, its newest tick."""

    alive_at: dt.datetime | None
    is_off: bool
    tick: Tick | None


def schedule(installation: Installation) -> Iterator[Finding]:
    """The daemon's last sign of life, the schedule's state and last tick."""
    folder = installation.settings.home.dagster
    seen = Seen(None, False, None)
    if (folder / "schedules" / "schedules.db").is_file():
        from orchestration.doctor.daemon import read  # noqa: PLC0415 - Dagster takes a second to import

        seen = read(folder)
    yield from judged(seen, installation)


def judged(seen: Seen, installation: Installation) -> Iterator[Finding]:
    """What is good or bad about what was seen."""
    if seen.alive_at is None:
        yield warning("schedule", "the daemon", "no daemon has run in this home yet", "no run comes by itself", NO_DAEMON)
        return
    if installation.now - seen.alive_at > DEAD_AFTER:
        what = f"has not been seen since {_utc(seen.alive_at)}"
        yield warning("schedule", "the daemon", what, "no run comes by itself, and nobody is told of a missed night", NO_DAEMON)
    else:
        yield ok("schedule", "the daemon", f"was seen at {_utc(seen.alive_at)}")
    if seen.is_off:
        remedy = "switch it on in the UI, Automation → nightly, unless somebody switched it off on purpose"
        yield warning("schedule", "nightly", "is switched off", "no run comes by itself", remedy)
    elif seen.tick is None:
        yield ok("schedule", "nightly", "is on, and has not ticked yet")
    else:
        yield from _ticked(seen.tick, installation)


def _ticked(tick: Tick, installation: Installation) -> Iterator[Finding]:
    last = f"last tick {_utc(tick.at)}: {tick.status}"
    if tick.status == "failure":
        remedy = "its tick in the UI says why; `levelground run` makes up for it"
        yield wrong("schedule", "nightly", last, "the night's run did not start", remedy)
    elif installation.now - tick.at > TICKS_WITHIN and not _ran(installation):
        remedy = "see that the daemon runs; it makes up for one missed night"
        yield warning("schedule", "nightly", last, "a night was missed", remedy)
    else:
        yield ok("schedule", "nightly", last)


def _ran(installation: Installation) -> bool:
    last = RunStore(installation.settings.home.runs).last_ended()
    return last is not None and installation.now - dt.datetime.fromisoformat(last.started_at) < TICKS_WITHIN


def _utc(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

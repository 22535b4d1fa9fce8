"""Check the machine: free disk space, a clock that does not run backwards, time zone data."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.runs.delivery_location import home_city
from orchestration.runs.record import RunStore
from warehouse.releases import known_releases, release_moment

# A run with new rows writes a second pair of release files with exports. The warehouse grows by the landed rows and by rebuilt
# tables, and DuckDB may spill to disk. The check asks for the size of both again, and at least half a gigabyte.
LEAST_FREE = 512 << 20
# Clocks synchronised by NTP differ by less than a second; an unsynchronised one drifts by some seconds per day.
CLOCK_SLACK = dt.timedelta(minutes=2)


def disk(installation: Installation) -> Iterator[CheckResult]:
    """Check that the disk has space for the next run."""
    home = installation.settings.home
    where = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    free = shutil.disk_usage(where).free
    release, used = _size(home.published.glob("*.duckdb")), _size([home.warehouse])
    needed = max(LEAST_FREE, release + used)
    what = f"{_gib(free)} free; a run may need {_gib(needed)}, the release has {_gib(release)}, the warehouse {_gib(used)}"
    if free < needed:
        yield error(where, what)
    else:
        yield warning(where, what, why="a larger delivery may not fit") if free < 2 * needed else ok(where, what)


def clock(installation: Installation) -> Iterator[CheckResult]:
    """Check that the clock is not behind the newest run or release."""
    home = installation.settings.home
    moments = [dt.datetime.fromisoformat(run.ended_at or run.started_at) for run in RunStore(home.runs).all()]
    moments += [release_moment(release_id).replace(tzinfo=None) for release_id in known_releases(home)]
    newest = max(moments, default=None)
    if newest is not None and newest > installation.now + CLOCK_SLACK:
        what = f"the clock is at {utc(installation.now)}, and the last run or release was at {utc(newest)}"
        yield warning("this machine", what)


def time_zone(installation: Installation) -> Iterator[CheckResult]:
    """Check that this machine has data for the city's time zone, which the schedule and every date use."""
    name = home_city(installation.settings).time_zone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield error(name, "this machine has no data for it")


def utc(moment: dt.datetime) -> str:
    """A moment as results show it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _size(paths: Iterator[Path] | list[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"

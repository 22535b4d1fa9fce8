"""Check the machine: free disk space, a clock that does not run backwards, time zone data."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.contract.registry import ContractError
from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.runs.delivery_location import home_city
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError
from warehouse.paths import RELEASE_FILES
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
    release, used = _size(home.published / name for name in RELEASE_FILES), _size([home.warehouse])
    needed = max(LEAST_FREE, release + used)
    what = f"{_gib(free)} free; a run may need {_gib(needed)}, the release has {_gib(release)}, the warehouse {_gib(used)}"
    remedy = "free some space, keep fewer releases (LEVELGROUND_KEEP_RELEASES), or move the home to a larger disk"
    if free < needed:
        yield error("disk", where, what, "the next run may not be able to write its release; the last one stays", remedy)
    elif free < 2 * needed:
        yield warning("disk", where, what, "a larger delivery may not fit", remedy)
    else:
        yield ok("disk", where, what)


def clock(installation: Installation) -> Iterator[CheckResult]:
    """Check that the clock is not behind the newest run or release."""
    home = installation.settings.home
    moments = [dt.datetime.fromisoformat(run.ended_at or run.started_at) for run in RunStore(home.runs).all()]
    moments += [release_moment(release_id).replace(tzinfo=None) for release_id in known_releases(home)]
    newest = max(moments, default=None)
    if newest is not None and newest > installation.now + CLOCK_SLACK:
        what = f"the clock is at {_utc(installation.now)}, and the last run or release was at {_utc(newest)}"
        why = "freshness and due dates depend on it; runs and releases are ordered by number and lose nothing"
        yield warning("clock", "this machine", what, why, "set the clock, and keep it by NTP (`timedatectl set-ntp true`)")
    else:
        yield ok("clock", "this machine", f"{_utc(installation.now)}, after the newest run and release")


def time_zone(installation: Installation) -> Iterator[CheckResult]:
    """Check that this machine has data for the city's time zone, which the schedule and every date use."""
    try:
        name = home_city(installation.settings).time_zone
    except (ConfigurationError, ContractError, OSError):
        return  # the checks `contracts` and `deliveries` report it
    try:
        winter, summer = (dt.datetime(2025, month, 1, tzinfo=ZoneInfo(name)).utcoffset() for month in (1, 7))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = "install the package tzdata, of the system or of Python"
        yield error(
            "time zone", name, "this machine has no data for it", "no date can be read, and the schedule has no time", remedy
        )
    else:
        yield ok("time zone", name, f"UTC{_hours(winter)} in January, UTC{_hours(summer)} in July")


def _size(paths: Iterator[Path] | list[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"


def _utc(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _hours(offset: dt.timedelta | None) -> str:
    return f"{(offset or dt.timedelta()).total_seconds() / 3600:+g}"

"""What the machine gives: room on the disk, a clock that goes forward, data of time zones.

Here: what a run needs of it. Not here: what lies in the home (`home`, `published`).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.contract.registry import ContractError
from orchestration.doctor.findings import Finding, Installation, ok, warning, wrong
from orchestration.runs.delivery_location import home_city
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError
from warehouse.paths import RELEASE_FILES
from warehouse.releases import known_releases, release_moment

# A run that finds new rows writes a second pair of release files and their exports, and the warehouse grows by what landed and by
# tables that are built anew; DuckDB may spill. As much again as both, and no less than half a gigabyte, is what is asked for.
LEAST_FREE = 512 << 20
# Clocks of machines that are kept by NTP differ by less than a second, one that is not drifts by some seconds a day.
CLOCK_SLACK = dt.timedelta(minutes=2)


def disk(installation: Installation) -> Iterator[Finding]:
    """Whether the next run has room."""
    home = installation.settings.home
    where = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    free = shutil.disk_usage(where).free
    release, held = _size(home.published / name for name in RELEASE_FILES), _size([home.warehouse])
    needed = max(LEAST_FREE, release + held)
    said = f"{_gib(free)} free; a run may need {_gib(needed)}, the release has {_gib(release)}, the warehouse {_gib(held)}"
    remedy = "free some, keep fewer releases (LEVELGROUND_KEEP_RELEASES), or move the home to a larger disk"
    if free < needed:
        yield wrong("disk", where, said, "the next run may not be able to write its release; the last one stays", remedy)
    elif free < 2 * needed:
        yield warning("disk", where, said, "a larger delivery may not fit", remedy)
    else:
        yield ok("disk", where, said)


def clock(installation: Installation) -> Iterator[Finding]:
    """Whether the clock is behind what this home has already seen."""
    home = installation.settings.home
    seen = [dt.datetime.fromisoformat(run.ended_at or run.started_at) for run in RunStore(home.runs).all()]
    seen += [release_moment(release_id).replace(tzinfo=None) for release_id in known_releases(home)]
    newest = max(seen, default=None)
    if newest is not None and newest > installation.now + CLOCK_SLACK:
        what = f"the clock says {_utc(installation.now)}, and the last run or release was at {_utc(newest)}"
        why = "freshness and what falls due are judged by it; runs and releases are ordered by numbers, and lose nothing"
        yield warning("clock", "this machine", what, why, "set the clock, and keep it by NTP (`timedatectl set-ntp true`)")
    else:
        yield ok("clock", "this machine", f"{_utc(installation.now)}, after everything in the home")


def time_zone(installation: Installation) -> Iterator[Finding]:
    """Whether the city's time zone is known here: the schedule and every date go by it."""
    try:
        name = home_city(installation.settings).time_zone
    except (ConfigurationError, ContractError, OSError):
        return  # said by the checks of contracts and of what the home reads
    try:
        winter, summer = (dt.datetime(2025, month, 1, tzinfo=ZoneInfo(name)).utcoffset() for month in (1, 7))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = "install the package tzdata, of the system or of Python"
        yield wrong("time zone", name, "this machine has no data of it", "no date can be read, no schedule kept", remedy)
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

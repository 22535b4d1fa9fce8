"""Read the state of a city from what its home records; it never opens the working warehouse, so it answers during a run."""

from __future__ import annotations

import os
from dataclasses import dataclass

from orchestration.cities.homes_file import CityHome
from orchestration.runs.record import HELD_BACK, RELEASED, STALE, UNCHANGED, RunRecord, RunStore
from orchestration.runs.reports.standing_gates import standing_gates
from warehouse.lock import holder, is_held
from warehouse.paths import Home
from warehouse.releases import Current, ReleaseCorrupt, current

NO_HOME, NO_RUN, RUNNING, INTERRUPTED, NOT_READABLE = "no home", "no run yet", "running", "interrupted", "not readable"


@dataclass(frozen=True)
class CityStatus:
    """A city: its release, its last run, and what is wrong. `last_run`: an outcome, or a state of the home.

    `as_of`: the time that the last run used as now. `late`: sources held back or stale. `criticals`: critical findings that hold.
    """

    city: str
    home: str
    release_id: str | None
    released_at: str | None
    data_as_of: str | None
    last_run: str
    started_at: str | None
    as_of: str | None
    late: tuple[str, ...]
    criticals: int | None
    problem: str | None

    @property
    def is_done(self) -> bool:
        """Whether the city has a release, and its last run released it or found nothing new."""
        return self.release_id is not None and self.last_run in (RELEASED, UNCHANGED) and self.problem is None

    @property
    def is_complete(self) -> bool:
        """Whether the city has a release, its last run succeeded or goes on, and no source is late."""
        return self.release_id is not None and not self.late and self.problem is None


def city_status(city: CityHome) -> CityStatus:
    """The state of a city; a home that is missing or damaged is a state too."""
    home = city.home
    problem, release = None, None
    try:
        release = current(home)
    except ReleaseCorrupt as error:
        problem = str(error)
    if city.holds_another:
        problem = f"the home holds the city {city.recorded_city}"
    is_readable = not home.runs.is_dir() or os.access(home.runs, os.R_OK | os.X_OK)
    records = RunStore(home.runs).all() if is_readable else []
    ended = [record for record in records if record.outcome]
    last = ended[-1] if ended else None
    if problem is None and last is not None and last.exit_code not in (0, 4):
        problem = last.message
    return CityStatus(
        city=city.name,
        home=str(home.root),
        release_id=release.release_id if release else None,
        released_at=_utc(release) if release else None,
        data_as_of=release.data_as_of.isoformat() if release and release.data_as_of else None,
        last_run=_last_run(home, records) if is_readable else NOT_READABLE,
        started_at=records[-1].started_at if records else None,
        as_of=records[-1].as_of if records else None,
        late=tuple(s.source for s in last.sources.values() if s.verdict in (HELD_BACK, STALE)) if last else (),
        criticals=sum(len(gate.result.failed_critical) for gate in standing_gates(ended)) if is_readable else None,
        problem=problem,
    )


def _utc(release: Current) -> str:
    return release.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _last_run(home: Home, records: list[RunRecord]) -> str:
    if not home.root.is_dir():
        return NO_HOME
    last = records[-1] if records else None
    if last is None or last.outcome is None:
        if holder(home) is not None and is_held(home):
            return RUNNING
        return NO_RUN if last is None else INTERRUPTED
    return INTERRUPTED if last.was_interrupted else str(last.outcome)

"""The nightly schedule has one tick per night on the city's clock, also when clocks change; after downtime it starts one run.

`defs` is a code location of its own: the real schedule over a job that does nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import InProcessTestWorkspaceLoadTarget, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._scheduler.scheduler import launch_scheduled_runs
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.defs.jobs import nightly_schedule
from orchestration.instance.setup import NIGHTLY_SCHEDULE, REFRESH_JOB, prepare_instance
from orchestration.settings import Settings

CHICAGO = ZoneInfo("America/Chicago")


@dg.asset
def nothing() -> None:
    """Nothing."""


JOB = dg.define_asset_job(REFRESH_JOB, selection=[nothing])
defs = dg.Definitions(assets=[nothing], jobs=[JOB], schedules=[nightly_schedule("America/Chicago")])


@pytest.mark.parametrize(
    ("zone", "skipped", "repeated"),
    [
        ("America/Chicago", dt.date(2026, 3, 8), dt.date(2026, 11, 1)),
        ("Europe/Berlin", dt.date(2026, 3, 29), dt.date(2026, 10, 25)),  # here 02:00 occurs twice
        ("America/Phoenix", None, None),
    ],
)
def test_every_night_of_a_year_has_one_tick(zone: str, skipped: dt.date | None, repeated: dt.date | None) -> None:
    schedule = nightly_schedule(zone)
    timezone = ZoneInfo(zone)
    ticks: dict[dt.date, list[dt.datetime]] = {}
    start = dt.datetime(2026, 1, 1, 12, tzinfo=timezone).timestamp()
    for moment_of_tick in schedule_execution_time_iterator(
        start, schedule.cron_schedule, schedule.execution_timezone, ascending=True
    ):
        moment = dt.datetime.fromtimestamp(moment_of_tick.timestamp(), timezone)
        if moment.year > 2026:
            break
        ticks.setdefault(moment.date(), []).append(moment)
    assert len(ticks) == 364
    assert {day: len(moments) for day, moments in ticks.items() if len(moments) != 1} == {}
    clock = {day: moments[0].time() for day, moments in ticks.items() if moments[0].time() != dt.time(2)}
    assert clock == ({skipped: dt.time(3)} if skipped else {}), "a night without 02:00 ticks at the moment that 02:00 would be"
    if repeated:
        assert repeated in ticks


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkspaceProcessContext]:
    """The scheduler's view of `defs` on a home's instance; the runs that it starts stay in the queue."""
    for name in ("DAGSTER_HOME", "LEVELGROUND_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "")  # restored afterwards, whatever the instance sets
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    prepare_instance(settings)
    origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(python_file=__file__, attribute="defs"))
    with (
        dg.DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, InProcessTestWorkspaceLoadTarget(origin)) as workspace,
    ):
        yield workspace


def tick(daemon: WorkspaceProcessContext, moment: dt.datetime) -> list[str]:
    """Tick the scheduler at that moment; return the nights for which it has started a run, on the city's clock."""
    with freeze_time(moment.astimezone(dt.UTC)):
        list(launch_scheduled_runs(daemon, logging.getLogger("test"), moment.astimezone(dt.UTC), {}))
    (state,) = daemon.instance.all_instigator_state()
    ticks = daemon.instance.get_ticks(state.instigator_origin_id, state.selector_id)
    assert all(len(tick.run_ids) == 1 for tick in ticks), [tick.error for tick in ticks]
    assert daemon.instance.get_runs_count() == len(ticks)
    return sorted(dt.datetime.fromtimestamp(tick.timestamp, CHICAGO).isoformat(timespec="minutes") for tick in ticks)


def test_missed_nights_start_one_run_after_downtime(daemon: WorkspaceProcessContext) -> None:
    assert tick(daemon, dt.datetime(2026, 10, 30, 18, tzinfo=CHICAGO)) == []
    first = tick(daemon, dt.datetime(2026, 10, 31, 2, 1, tzinfo=CHICAGO))
    assert first == ["2026-10-31T02:00-05:00"]
    assert tick(daemon, dt.datetime(2026, 10, 31, 9, tzinfo=CHICAGO)) == first

    after_downtime = tick(daemon, dt.datetime(2026, 11, 5, 9, tzinfo=CHICAGO))
    assert after_downtime == [*first, "2026-11-05T02:00-06:00"], "five nights were missed, and clocks changed"
    assert tick(daemon, dt.datetime(2026, 11, 5, 9, 1, tzinfo=CHICAGO)) == after_downtime
    assert tick(daemon, dt.datetime(2026, 11, 6, 2, 0, tzinfo=CHICAGO))[-1] == "2026-11-06T02:00-06:00"

    (record,) = daemon.instance.get_run_records(limit=1)
    assert record.dagster_run.tags["dagster/schedule_name"] == NIGHTLY_SCHEDULE

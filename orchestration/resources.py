"""The run as a Dagster resource: opened before a run's first step, closed after its last.

Here: the resource's settings (what the launchpad shows) and its life. Not here: what a run is (`session`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from orchestration.session import RunOptions, RunSession, run_session
from orchestration.settings import Settings

TRIGGER_TAG = "levelground/trigger"
PID_TAG = "levelground/pid"


class RunResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The run that all steps share. Everything may be left empty: then the home decides."""

    deliveries: str | None = None
    as_of: str | None = None
    full_refresh: bool = False
    wait_seconds: float | None = None
    _session: RunSession | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunResource]:
        """Open the run; Dagster calls this once for a run in one process."""
        run = context.dagster_run
        trigger = _trigger(run.tags) if run else "ui"
        if context.instance and run:
            context.instance.add_run_tags(run.run_id, {PID_TAG: str(os.getpid())})
        options = RunOptions(trigger, self.deliveries, self.as_of, self.full_refresh, self.wait_seconds)
        with run_session(Settings.from_environment(), options, context.run_id or "") as session:
            if context.instance:
                report_killed_runs(context.instance, session.receipt.run_id)
            self._session = session
            try:
                yield self
            finally:
                self._session = None

    @property
    def session(self) -> RunSession:
        """The open run."""
        if self._session is None:
            raise RuntimeError("the run is not open; steps ask for it only while they are executed")
        return self._session


def _trigger(tags: Mapping[str, str]) -> str:
    if "dagster/schedule_name" in tags:
        return "schedule"
    return "sensor" if "dagster/sensor_name" in tags else tags.get(TRIGGER_TAG, "ui")


def report_killed_runs(instance: dg.DagsterInstance, own_run_id: str) -> None:
    """Report runs that a kill left STARTED as failed; one whose process lives is waiting for the lock that this run holds."""
    left = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]))
    for run in left:
        if run.run_id != own_run_id and not _alive(run.tags.get(PID_TAG)):
            instance.report_run_failed(
                run, "its process ended before the run did; the next run started from what it had finished"
            )


def _alive(pid: str | None) -> bool:
    if pid is None or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

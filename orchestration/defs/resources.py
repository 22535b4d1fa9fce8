"""Provide the run as a Dagster resource, opened before a run's first step and closed after its last.

See `runs.context` for what a run is. The resource's fields are what the UI's launchpad offers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

import dagster as dg
from pydantic import Field, PrivateAttr

from ingest.contract.registry import ContractError
from orchestration.alerts import notify_run_not_started
from orchestration.defs.asset_specs import RELEASE_KEY, SCORECARD_KEY
from orchestration.defs.project import current_project
from orchestration.instance.dagster_runs import fail_orphaned_runs
from orchestration.instance.processes import current_process
from orchestration.instance.retention import delete_expired
from orchestration.instance.setup import (
    CLI_TRIGGER,
    OUTCOME_TAG,
    PROCESS_TAG,
    REFRESH_JOB,
    RELEASE_TAG,
    RERUN_JOB,
    SCHEDULE_TAG,
    TRIGGER_TAG,
)
from orchestration.pipeline.lifecycle import open_run
from orchestration.pipeline.stages import finish_ingest
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.delivery_location import configured_location, home_city, resolve_delivery_location
from orchestration.runs.process.gc_paused import gc_paused
from orchestration.runs.record import RELEASED, UNCHANGED
from orchestration.runs.selection import selected_sources
from orchestration.settings import ConfigurationError, Settings
from warehouse.connection import WarehouseBusy, WarehouseError
from warehouse.disclosure import LedgerDamaged
from warehouse.lock import LockHeld
from warehouse.paths import HomeUnwritable


@dg.definitions
def defs() -> dg.Definitions:
    """Return the run under the name by which steps ask for it."""
    project = current_project()
    run = RunResource.configure_at_launch(wait_seconds=project.settings.wait_seconds)
    return dg.Definitions(resources={"run": run, **project.resources})


class RunResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The run that all steps share. An empty field uses the home's settings."""

    sources: list[str] = Field([], description="Ingest only these sources, like [ucc__service_requests]. Empty: all sources.")
    period: str | None = Field(
        "",
        description="A month like 2024-03, or months like 2024-03..2024-05: ingest their kept deliveries again and build "
        "everything, for sources whose deliveries replace periods. Empty: ingest new deliveries.",
    )
    full_refresh: bool = Field(False, description="Build everything, even if nothing changed, and request live sources whole.")
    accept_older: bool = Field(False, description="Go back on purpose: an earlier clock, or loads that were replaced.")
    as_of: str | None = Field(
        "", description="The time that the run uses as now, like 2025-12-01T00:00:00, for freshness and goals. Empty: now."
    )
    location: str | None = Field(
        "", description="A name of LEVELGROUND_LOCATIONS to read deliveries from. Empty: the deliveries that the home reads."
    )
    wait_seconds: float | None = Field(
        None, description="Seconds to wait for another run. The default is LEVELGROUND_WAIT_SECONDS."
    )
    _context: RunContext | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunResource]:
        """Open the run; Dagster calls this once per run in one process."""
        run = context.dagster_run
        trigger = trigger_of(run.tags) if run else "ui"
        if context.instance and run:
            context.instance.add_run_tags(run.run_id, {PROCESS_TAG: current_process(), TRIGGER_TAG: trigger})
        run_context = None
        try:
            settings = Settings.from_environment()
            options = self._options(settings, trigger, run.job_name if run else REFRESH_JOB)
            with gc_paused(), open_run(settings, options, context.run_id or "") as run_context:
                if context.instance:
                    fail_orphaned_runs(context.instance, run_context.record.run_id)
                for note in run_context.record.notes:
                    if context.log:
                        context.log.warning(note)
                self._context = run_context
                try:
                    yield self
                    end_without_release(run_context, run.asset_selection if run else None)
                    if context.instance:
                        delete_expired(run_context, context.instance)
                finally:
                    self._context = None
        except Exception as error:
            if run_context is None and trigger != CLI_TRIGGER:
                _notify_not_started(error, context.run_id)
            raise
        finally:
            if run_context is not None and context.instance and run:
                context.instance.add_run_tags(run.run_id, _outcome_tags(run_context))

    def _options(self, settings: Settings, trigger: str, job: str) -> RunOptions:
        period, deliveries = self.period or None, self._deliveries(settings)
        if job == RERUN_JOB and period is None:
            raise ConfigurationError(f"no month was chosen: open the launchpad of {RERUN_JOB}, and choose one under Partition")
        sources: tuple[str, ...] = ()
        if self.sources or period:
            sources = selected_sources(resolve_delivery_location(settings, deliveries).registry, self.sources, period)
        return RunOptions(
            trigger,
            deliveries,
            self.as_of or None,
            self.full_refresh,
            self.wait_seconds,
            sources=sources,
            period=period,
            accept_older=self.accept_older,
        )

    def _deliveries(self, settings: Settings) -> str | None:
        """Where the run reads deliveries from; None: what the home reads."""
        return configured_location(settings, self.location) if self.location else None

    @property
    def context(self) -> RunContext:
        """Return the open run."""
        if self._context is None:
            raise RuntimeError("the run is not open; use `context` inside a step")
        return self._context


class CommandLineRun(RunResource):
    """The run of `levelground run`, which may read any folder. The definitions of the UI do not contain this class."""

    deliveries: str | None = Field(None, description="`sample`, `live`, or a folder with one folder per source.")

    def _deliveries(self, _settings: Settings) -> str | None:
        return self.deliveries


def end_without_release(run_context: RunContext, selection: AbstractSet[dg.AssetKey] | None) -> None:
    """End a run of selected assets without the release, once it has finished the selection.

    What it ingested is in landing. The next run of the whole job builds and releases it, because this run records no fingerprint.
    """
    if run_context.record.outcome is not None or selection is None or RELEASE_KEY in selection:
        return
    sources = {key.path[-1] for key in selection if key.path[0] == "landing"}
    others = {key for key in selection if key.path[0] != "landing" and key != SCORECARD_KEY}
    if sources <= set(run_context.record.sources) and (run_context.models is not None or not others):
        finish_ingest(run_context)
        run_context.record.fingerprint = None
        done = f"ingested {', '.join(sorted(sources))}" if sources else "built the selected assets"
        later = f"{done}; the release was not selected, the next run of the whole job makes it"
        run_context.end(UNCHANGED, later if selection else "only checked: nothing was ingested or released")


def _outcome_tags(run_context: RunContext) -> dict[str, str]:
    record = run_context.record
    tags = {OUTCOME_TAG: record.outcome, RELEASE_TAG: record.release_id if record.outcome in (RELEASED, UNCHANGED) else None}
    return {name: value for name, value in tags.items() if value}


def _notify_not_started(error: Exception, run_id: str | None) -> None:
    """Send an alert for a run that could not open. Levelground's own errors are quoted; of others only the class is named."""
    own_errors = (ConfigurationError, ContractError, LockHeld, WarehouseBusy, WarehouseError, HomeUnwritable, LedgerDamaged)
    try:
        settings = Settings.from_environment()
        city = home_city(settings).city
    except (ConfigurationError, ContractError, OSError):
        return  # without settings no channel is known; the error is in the run's own log
    notify_run_not_started(settings, city, str(error) if isinstance(error, own_errors) else type(error).__name__, run_id)


def trigger_of(tags: Mapping[str, str]) -> str:
    """Return what started a run, from its tags: schedule, sensor, cli or ui."""
    if SCHEDULE_TAG in tags:
        return "schedule"
    return "sensor" if "dagster/sensor_name" in tags else tags.get(TRIGGER_TAG, "ui")

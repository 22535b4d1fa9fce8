"""The run as a Dagster resource: opened before a run's first step, closed after its last.

Here: the resource's settings (what the launchpad shows) and its life. Not here: what a run is (`session`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from ingest.contract.registry import ContractError
from orchestration.alerts import tell_not_started
from orchestration.defs.asset_specs import RELEASE_KEY
from orchestration.instance.garbage import uncollected
from orchestration.instance.orphaned_runs import PID_TAG, process_tag, report_killed_runs
from orchestration.instance.retention import keep_house
from orchestration.pipeline.stages import finish_intake
from orchestration.runs.context import RunOptions, RunSession, run_session
from orchestration.runs.delivery_location import home_city
from orchestration.runs.record import RELEASED, UNCHANGED
from orchestration.settings import ConfigurationError, Settings
from warehouse.connection import WarehouseBusy, WarehouseError
from warehouse.lock import LockHeld
from warehouse.paths import HomeUnwritable

TRIGGER_TAG = "levelground/trigger"
OUTCOME_TAG, RELEASE_TAG = "levelground/outcome", "levelground/release"
CLI = "cli"


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
            context.instance.add_run_tags(run.run_id, {PID_TAG: process_tag(), TRIGGER_TAG: trigger})
        options = RunOptions(trigger, self.deliveries, self.as_of, self.full_refresh, self.wait_seconds)
        session = None
        try:
            with uncollected(), run_session(Settings.from_environment(), options, context.run_id or "") as session:
                if context.instance:
                    report_killed_runs(context.instance, session.receipt.run_id)
                for note in session.receipt.notes:
                    if context.log:
                        context.log.warning(note)
                self._session = session
                try:
                    yield self
                    end_without_release(session, run.asset_selection if run else None)
                    if context.instance:
                        keep_house(session, context.instance)
                finally:
                    self._session = None
        except Exception as error:
            if session is None and trigger != CLI:
                _tell_not_started(error, context.run_id)
            raise
        finally:
            if session is not None and context.instance and run:
                context.instance.add_run_tags(run.run_id, _outcome_tags(session))

    @property
    def session(self) -> RunSession:
        """The open run."""
        if self._session is None:
            raise RuntimeError("the run is not open; steps ask for it only while they are executed")
        return self._session


def end_without_release(session: RunSession, selection: AbstractSet[dg.AssetKey] | None) -> None:
    """End a run that was asked for some assets, and not for the release, once it has done what it was asked for.

    What it took in stands in landing; the next run of the whole job builds and releases it, since this one leaves no
    fingerprint behind.
    """
    if session.receipt.outcome is not None or selection is None or RELEASE_KEY in selection:
        return
    sources = {key.path[-1] for key in selection if key.path[0] == "landing"}
    others = {key for key in selection if key.path[0] != "landing"}
    if sources <= set(session.receipt.sources) and (session.models is not None or not others):
        finish_intake(session)
        session.receipt.fingerprint = None
        done = f"took in {', '.join(sorted(sources))}" if sources else "built what was asked for"
        session.end(UNCHANGED, f"{done}; no release was asked for, the next run of the whole job makes it")


def _outcome_tags(session: RunSession) -> dict[str, str]:
    receipt = session.receipt
    tags = {OUTCOME_TAG: receipt.outcome, RELEASE_TAG: receipt.release_id if receipt.outcome in (RELEASED, UNCHANGED) else None}
    return {name: value for name, value in tags.items() if value}


def _tell_not_started(error: Exception, run_id: str | None) -> None:
    """A run that could not open has no receipt; our own errors say what to do, others are only named."""
    ours = (ConfigurationError, ContractError, LockHeld, WarehouseBusy, WarehouseError, HomeUnwritable)
    try:
        settings = Settings.from_environment()
        city = home_city(settings).city
    except (ConfigurationError, ContractError, OSError):
        return  # nobody can be told where even that cannot be read; the run's own log has it
    tell_not_started(settings, city, str(error) if isinstance(error, ours) else type(error).__name__, run_id)


def _trigger(tags: Mapping[str, str]) -> str:
    if "dagster/schedule_name" in tags:
        return "schedule"
    return "sensor" if "dagster/sensor_name" in tags else tags.get(TRIGGER_TAG, "ui")

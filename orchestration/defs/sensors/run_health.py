"""Report problems that no run can report: a run whose process died, a night without a run, a source that has become stale.

See `orchestration.alerts` for problems that a run finds itself and reports at its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import dagster as dg

from ingest.city import City
from ingest.contract import Contract
from ingest.freshness import evaluate_freshness
from orchestration.alerts import notify_changes
from orchestration.alerts.conditions import MISSED, NIGHTLY, RUN, Condition, stale_condition
from orchestration.defs.asset_checks import freshness_check
from orchestration.defs.project import current_project
from orchestration.instance.dagster_runs import fail_orphaned_runs, has_active_run
from orchestration.instance.setup import NIGHTLY_SCHEDULE
from orchestration.runs.clock import utc_now
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.runs.record import FAILED, FRESH, INTERRUPTED, STALE, RunRecord, RunStore
from orchestration.settings import Settings

RUN_HEALTH = "watch"  # the sensor's name in the UI and in Dagster's storage
SECONDS_BETWEEN_TICKS = 600
# The nightly run may wait an hour for another run, and may take long; after this the team should look into it.
HOURS_WITHOUT_RUN = 27


@dg.definitions
def defs() -> dg.Definitions:
    """Return the sensor of the home's runs."""
    return dg.Definitions(sensors=[run_health_sensor(current_project().settings)])


def run_health_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that sends alerts every ten minutes for what has changed; it starts no run."""

    @dg.sensor(
        name=RUN_HEALTH,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends alerts for runs that died, nights without a run, and sources that become stale between runs.",
    )
    def evaluate(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        fail_orphaned_runs(context.instance)  # otherwise the queue waits for them, and no nightly run starts
        city, contracts = home_city(settings), home_registry(settings)
        records = RunStore(settings.home.runs).all()
        found = find_conditions(
            records, contracts, city, has_active_run(context.instance), _nightly_schedule_is_on(context.instance)
        )
        if records:
            notify_changes(settings, city.city, lambda active: add_conditions(active, found))
        stale = {condition.subject for condition in found if condition.kind == STALE}
        reported = set((context.cursor or "").split())
        checks = [_freshness_evaluation(contract, records, city) for contract in contracts if contract.source in stale - reported]
        summary = ", ".join(sorted(f"{condition.subject} {condition.kind}" for condition in found)) or "no new problem"
        return dg.SensorResult(asset_events=checks, skip_reason=dg.SkipReason(summary), cursor=" ".join(sorted(stale)))

    return evaluate


def find_conditions(
    records: list[RunRecord], contracts: Iterable[Contract], city: City, running: bool, nightly_is_on: bool
) -> list[Condition]:
    """Return the problems that no run has reported, from the run records (oldest first) and the clock."""
    if not records:
        return []
    found = []
    newest = records[-1]
    if newest.outcome is None and not running:
        found.append(Condition(RUN, FAILED, INTERRUPTED, newest.run_id))
    started = dt.datetime.fromisoformat(newest.started_at)
    if nightly_is_on and not running and utc_now() - started > dt.timedelta(hours=HOURS_WITHOUT_RUN):
        found.append(Condition(NIGHTLY, MISSED, f"the last run began at {newest.started_at} UTC", newest.run_id))
    ended = next((record for record in reversed(records) if record.outcome), None)
    for contract in contracts:
        status = ended.sources.get(contract.source) if ended else None
        if ended is None or status is None or status.verdict != FRESH:
            continue
        clock = clock_after(ended, city)
        freshness = evaluate_freshness(contract, status.data_as_of, clock)
        if freshness.is_stale:
            found.append(stale_condition(contract.source, freshness.reason, ended, status.data_as_of, clock.isoformat()))
    return found


def add_conditions(active: Mapping[str, Condition], found: Iterable[Condition]) -> dict[str, Condition]:
    """Return the active conditions by subject with the found ones added. Only a run resolves a condition."""
    return {**active, **{condition.subject: condition for condition in found}}


def _nightly_schedule_is_on(instance: dg.DagsterInstance) -> bool:
    return not any(
        state.name == NIGHTLY_SCHEDULE and state.status.value == "STOPPED" for state in instance.all_instigator_state()
    )


def clock_after(run: RunRecord, city: City) -> dt.datetime:
    """Return the as-of time now: that of the deliveries, else the clock of the last run plus the time since."""
    since = utc_now() - dt.datetime.fromisoformat(run.started_at)
    return city.local_as_of() or dt.datetime.fromisoformat(run.as_of) + max(since, dt.timedelta())


def _freshness_evaluation(contract: Contract, records: list[RunRecord], city: City) -> dg.AssetCheckEvaluation:
    """Return the freshness check of a source as a run would report it now."""
    ended = next(record for record in reversed(records) if record.outcome)
    result = freshness_check(contract, ended.sources[contract.source], clock_after(ended, city))
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["landing", contract.source]),
        check_name=result.check_name or "",
        passed=result.passed,
        severity=result.severity,
        metadata=dict(result.metadata),
        description=result.description,
    )

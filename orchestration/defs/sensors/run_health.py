"""The watch: what nobody's run can tell, since no run took place.

Here: a sensor of the daemon that reads receipts and the clock: a run whose process died, a night without a run, a source that
went stale in the meantime. Not here: what a run itself finds, which it tells at its end (`alerts`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import dagster as dg

from ingest.city import City
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from orchestration.alerts import tell_changed
from orchestration.alerts.conditions import MISSED, NIGHTLY, RUN, Condition
from orchestration.defs.asset_checks import freshness_check
from orchestration.defs.jobs import NIGHTLY_SCHEDULE
from orchestration.instance.orphaned_runs import going_on, report_killed_runs
from orchestration.runs.context import KILLED, now
from orchestration.runs.delivery_location import home_city, home_folder
from orchestration.runs.record import FAILED, FRESH, STALE, RunReceipt, RunStore
from orchestration.settings import Settings

WATCH = "watch"
SECONDS_BETWEEN_LOOKS = 600
# The night's run may wait an hour for another one, and may take long; by then somebody should look.
HOURS_WITHOUT_RUN = 27


def watch(settings: Settings) -> dg.SensorDefinition:
    """Looks every ten minutes; starts nothing, and tells what has changed."""

    @dg.sensor(
        name=WATCH,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of runs that died, nights without a run, and sources that go stale while nothing runs.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        report_killed_runs(context.instance)  # else the queue waits for them, and no night's run begins
        city, registry = home_city(settings), load_registry(settings.further_sources)
        folder = home_folder(settings)
        contracts = registry.for_city(city.sources, (folder / "city.yml") if folder else settings.home.root)
        receipts = RunStore(settings.home.runs).all()
        found = wrong(receipts, contracts, city, going_on(context.instance), _nightly_is_on(context.instance))
        if receipts:
            tell_changed(settings, city.city, lambda before: merged(before, found))
        stale = {condition.subject for condition in found if condition.kind == STALE}
        shown = set((context.cursor or "").split())
        checks = [_evaluation(contract, receipts, city) for contract in contracts if contract.source in stale - shown]
        seen = ", ".join(sorted(f"{condition.subject} {condition.kind}" for condition in found)) or "all as the last run said"
        return dg.SensorResult(asset_events=checks, skip_reason=dg.SkipReason(seen), cursor=" ".join(sorted(stale)))

    return look


def wrong(
    receipts: list[RunReceipt], contracts: Iterable[Contract], city: City, running: bool, nightly_is_on: bool
) -> list[Condition]:
    """What is wrong that no run has told: by the receipts, oldest first, and by the clock."""
    if not receipts:
        return []
    found = []
    newest = receipts[-1]
    if newest.outcome is None and not running:
        found.append(Condition(RUN, FAILED, KILLED, newest.run_id))
    begun = dt.datetime.fromisoformat(newest.started_at)
    if nightly_is_on and not running and now() - begun > dt.timedelta(hours=HOURS_WITHOUT_RUN):
        found.append(Condition(NIGHTLY, MISSED, f"the last run began at {newest.started_at} UTC", newest.run_id))
    ended = next((receipt for receipt in reversed(receipts) if receipt.outcome), None)
    for contract in contracts:
        status = ended.sources.get(contract.source) if ended else None
        if status is None or contract.freshness is None or status.verdict != FRESH or not status.data_as_of:
            continue
        limit = dt.datetime.fromisoformat(status.data_as_of) + dt.timedelta(hours=contract.freshness.stale_after_hours)
        if clock(city) > limit:
            reason = f"its data end at {status.data_as_of}, more than {contract.freshness.stale_after_hours:g} hours ago"
            found.append(Condition(contract.source, STALE, reason, ended.run_id if ended else None))
    return found


def merged(before: Mapping[str, Condition], found: Iterable[Condition]) -> dict[str, Condition]:
    """What is wrong, by subject: a look adds to what runs have found, and takes nothing away, which only a run can."""
    return {**before, **{condition.subject: condition for condition in found}}


def clock(city: City) -> dt.datetime:
    """The clock by which a run would judge: that of the deliveries, if they have one, else the city's."""
    return city.local_as_of() or city.local_now().replace(microsecond=0)


def _nightly_is_on(instance: dg.DagsterInstance) -> bool:
    return not any(
        state.name == NIGHTLY_SCHEDULE and state.status.value == "STOPPED" for state in instance.all_instigator_state()
    )


def _evaluation(contract: Contract, receipts: list[RunReceipt], city: City) -> dg.AssetCheckEvaluation:
    """The freshness of a source as a run would show it now."""
    status = next(receipt for receipt in reversed(receipts) if receipt.outcome).sources[contract.source]
    result = freshness_check(contract, status, clock(city))
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["landing", contract.source]),
        check_name=result.check_name or "",
        passed=result.passed,
        severity=result.severity,
        metadata=dict(result.metadata),
        description=result.description,
    )

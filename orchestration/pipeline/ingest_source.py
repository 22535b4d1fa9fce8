"""Ingest one source in a run: deliver, audit, then promote or hold back.

A bad file never stops the run and is never promoted: whatever is wrong with a delivery ends as the status `held_back`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time

from expectations.delivery.reference.maps import MAP_CHANGED
from expectations.delivery.unmapped_counts import known_race_lost
from expectations.delivery.volume import volume_baseline
from expectations.results import GateResult
from ingest.agreement_terms import agreement_terms
from ingest.contract import Contract
from ingest.delivery import DeliveryRecord, DeliveryStore, Progress, as_newest_load, share
from ingest.delivery.removals import read_removals
from ingest.errors import DeliveryError
from ingest.freshness import evaluate_freshness
from ingest.landing import Batch, DeliveryLost, LandingTable, count_load_rows, create_delivery_view, newest_load
from ingest.layers import seed_rows
from orchestration.pipeline.fetch_delivery import (
    deliver_other_files,
    delivered_paths,
    fetch_delivery,
    finish_restoring,
    is_promoted,
    restore_landing,
    shared_batches,
    why_nothing_was_delivered,
)
from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.decisions.acceptance import keep_corrected_map, read_acceptance
from orchestration.runs.errors import StepError, without_cells
from orchestration.runs.record import (
    AGREEMENT_ENDED,
    FRESH,
    HELD_BACK,
    LANDED_ONLY,
    NOT_DELIVERED,
    REMOVED,
    STALE,
    SourceStatus,
    new_status,
)
from orchestration.runs.selection import months
from orchestration.settings import SHARED_SEEDS
from orchestration.stewardship.audit_delivery import RESULT_FILE, audit_once
from orchestration.stewardship.labels_in_use import answers_now
from orchestration.stewardship.split_delivery import DeliverySplitter
from orchestration.transform.dbt_sources import has_model


def ingest_source(
    run: RunContext, contract: Contract, progress: Progress = lambda _rows: None
) -> tuple[SourceStatus, GateResult | None]:
    """Ingest one source's delivery into landing. The gate's result is None if nothing new was delivered.

    A run of a period ingests kept deliveries again, which passed the gate, or were accepted, when they were delivered.
    """
    if not run.options.ingests(contract.source) or run.options.period is not None:
        return _end_without_delivery(run, contract), None
    started = time.monotonic()
    status = new_status(contract, run.record.run_id)
    gate: GateResult | None = None
    older: str | None = None
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    is_damaged = restore_landing(run, contract, store)
    not_read = _not_read(run, contract, store)
    if not_read is not None:
        return _end_unread(run, contract, store, not_read, is_damaged), None
    try:
        status, gate = _promote_accepted(run, contract, store, status)
        with run.timed("deliver"):
            delivery = fetch_delivery(run, contract, store, progress)
        if is_damaged:
            finish_restoring(run, contract, store)
        if delivery is None:
            status = status.updated(verdict=NOT_DELIVERED, reason=why_nothing_was_delivered(run, contract))
        else:
            create_delivery_view(run.con, contract.source, store.batch(delivery.load_id))
            if is_promoted(run, contract, delivery):
                status = status.updated(verdict=FRESH)
            elif older := _why_older(run, contract, store, delivery):
                status = status.held_back(older)
            else:
                status, gate = _audit_and_promote(run, contract, delivery, store, status)
                status = _with_dropped_rows(status, delivery)
    except DeliveryError as error:
        status = status.held_back(str(error))
    if status.verdict == HELD_BACK and older is None:
        status = _ingest_other_files(run, contract, store, status, progress)
    status = _with_landing_state(run, contract, status).updated(seconds=round(time.monotonic() - started, 3))
    if unread := run.location.unread_files(contract):
        note = f"its contract has delivered_by: live, so that {len(unread)} files in {unread[0].parent} are not read"
        status = _with_note(status, note)
    run.record.sources[contract.source] = status
    if gate is not None:
        run.record.gates.append(gate)
    run.save()
    return status, gate


def _why_older(run: RunContext, contract: Contract, store: DeliveryStore, delivery: DeliveryRecord) -> str | None:
    """Why a delivery would replace newer ones: its load was accepted before the newest; None if not, or on purpose.

    A live system is asked now, so what it answers is the newest state, whatever it equals.
    """
    accepted = store.accepted() or ()
    before = [load for load in accepted if load.load_id == delivery.load_id]
    if not before or accepted[-1].load_id == delivery.load_id:
        return None
    if run.options.accept_older or run.location.is_live(contract):
        return None
    return (
        f"its files are those of load {delivery.load_id}, accepted {_day(before[-1].promoted_at)}, and newer ones of load "
        f"{accepted[-1].load_id}, accepted {_day(accepted[-1].promoted_at)}, have replaced them; deliver the newer files again, "
        "or run with --accept-older if the earlier ones are meant"
    )


def _day(moment: dt.datetime | None) -> str:
    return f"on {moment.date()}" if moment else "earlier"


def _end_without_delivery(run: RunContext, contract: Contract) -> SourceStatus:
    """Record a source whose delivery this run does not read, after ingesting its kept deliveries of the run's period again."""
    carry_forward(run, contract)
    status, period = run.record.sources[contract.source], run.options.period
    if period is not None and run.options.ingests(contract.source) and status.verdict not in (REMOVED, AGREEMENT_ENDED):
        loads = _reingest(run, contract, period)
        carry_forward(run, contract)
        status = run.record.sources[contract.source]
        what = f"kept deliveries that were ingested again: {loads}" if loads else f"no kept delivery has rows of {period}"
        status = _with_note(status, what)
        run.record.sources[contract.source] = status
    run.save()
    return status


def _reingest(run: RunContext, contract: Contract, period: str) -> int:
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    try:
        with run.timed("promote"), without_cells():
            return LandingTable(run.con, contract, store, run.location.city.time_zone).reingest(*months(period))
    except DeliveryLost as error:
        raise StepError(str(error)) from None


def _not_read(run: RunContext, contract: Contract, store: DeliveryStore) -> SourceStatus | None:
    """The status of a source that may not be read: it was removed, or its agreement has ended."""
    status = new_status(contract, run.record.run_id)
    removals = read_removals(store.folder)
    if removals.is_removed:
        last = removals.removals[-1]
        reason = f"removed by {last.erased_by} ({last.reason}); `levelground sources resume {contract.source}` reads it again"
        return status.updated(verdict=REMOVED, reason=reason)
    terms = agreement_terms(contract, run.as_of)
    return status.updated(verdict=AGREEMENT_ENDED, reason=terms.reason) if terms.has_ended else None


def _end_unread(
    run: RunContext, contract: Contract, store: DeliveryStore, status: SourceStatus, is_damaged: bool
) -> SourceStatus:
    if is_damaged:
        finish_restoring(run, contract, store)
    status = _with_landing_state(run, contract, status)
    run.record.sources[contract.source] = status
    run.save()
    return status


def _with_dropped_rows(status: SourceStatus, delivery: DeliveryRecord) -> SourceStatus:
    """Report the rows of the delivery that may not be kept."""
    parts = [
        f"{rows:,} {what}"
        for rows, what in (
            (delivery.rows_erased, "rows of erased records"), (delivery.rows_past_keeping, "rows past agreement.keep_for")
        )
        if rows
    ]  # fmt: skip
    if not parts:
        return status
    return _with_note(status, f"{' and '.join(parts)} of the delivery were dropped")


def _with_note(status: SourceStatus, note: str) -> SourceStatus:
    return status.updated(reason=f"{status.reason}; {note}" if status.reason else note)


def carry_forward(run: RunContext, contract: Contract) -> None:
    """Record the status of a source that this run did not ingest: its earlier loads, with freshness as of now."""
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    if restore_landing(run, contract, store):
        finish_restoring(run, contract, store)
    not_read = _not_read(run, contract, store)
    if not_read is not None:
        run.record.sources[contract.source] = _with_landing_state(run, contract, not_read)
        return
    # The record of a run that failed has some sources only.
    names = (contract.source, *contract.formerly)
    status = next((r.sources[name] for r in run.earlier_runs for name in names if name in r.sources), None)
    if status is None or status.verdict in (FRESH, STALE, LANDED_ONLY):
        verdict = FRESH if newest_load(run.con, contract.source) else NOT_DELIVERED
        status = new_status(contract, run.record.run_id).updated(verdict=verdict)
    elif status.source != contract.source:
        status = status.updated(source=contract.source, department=contract.department)
    run.record.sources[contract.source] = _with_landing_state(run, contract, status)


def _promote_accepted(
    run: RunContext, contract: Contract, store: DeliveryStore, status: SourceStatus
) -> tuple[SourceStatus, GateResult | None]:
    """Promote the newest load of a live source if it was held back and accepted since: a live system does not send it again."""
    deliveries = store.records()
    newest = newest_load(run.con, contract.source)
    if not run.location.is_live(contract) or not deliveries or (newest and newest[1] >= deliveries[-1].sequence):
        return status, None
    if read_acceptance(store, deliveries[-1].load_id) is None:
        return status, None
    create_delivery_view(run.con, contract.source, store.batch(deliveries[-1].load_id))
    return _audit_and_promote(run, contract, deliveries[-1], store, status)


def _audit_and_promote(
    run: RunContext, contract: Contract, delivery: DeliveryRecord, store: DeliveryStore, status: SourceStatus
) -> tuple[SourceStatus, GateResult]:
    city_zone = run.location.city.time_zone
    with run.timed("audit deliveries"):
        with without_cells():
            baseline = volume_baseline(Batch(run.con, contract, delivery, store.batch(delivery.load_id), city_zone), store)
        gate = audit_once(contract, delivery, store, run.settings.home.warehouse, run.location.city, baseline, run.as_of)
        lost = known_race_lost(run.con, contract, delivery.columns_missing, answers_now(run), city_zone)
        gate = dataclasses.replace(gate, findings=(*gate.findings, *lost))
    acceptance = read_acceptance(store, delivery.load_id)
    if not gate.passed and acceptance is None:
        return status.held_back(gate.reason, delivery.rows, load_id=delivery.load_id), gate
    delivery = as_newest_load(delivery, store)
    with run.timed("promote"), without_cells():
        landing = LandingTable(run.con, contract, store, city_zone)
        load = landing.promote(delivery, run_id=run.record.run_id, now=utc_now(), adds=baseline.adds_only)
    if gate.passed and not delivery.is_reduced and (shared := shared_batches(run, contract)):
        share(store, shared, delivery.load_id, RESULT_FILE)
    if any(finding.expectation == MAP_CHANGED for finding in gate.failed_critical):
        keep_corrected_map(store, delivery.load_id)
    reason = status.reason
    if contract.load.mode == "replace_partition" and load.rows_withdrawn:
        reason = f"the release withdrew {load.rows_withdrawn:,} rows"
    if acceptance is not None and not gate.passed:
        reason = f"accepted by {acceptance.accepted_by}: {acceptance.reason}"
    return status.updated(verdict=FRESH, reason=reason), gate


def _ingest_other_files(
    run: RunContext, contract: Contract, store: DeliveryStore, whole: SourceStatus, progress: Progress
) -> SourceStatus:
    """Ingest the other files of a delivery of which only some are bad, if the load mode allows it."""
    folder, files = delivered_paths(run, contract)
    if len(files) < 2:
        return whole
    splitter = DeliverySplitter(run.settings, run.location.city, run.as_of, run.con)
    with run.timed("audit deliveries"), without_cells():
        split = splitter.split(contract, files, folder)
    if split.why_whole:
        return _with_note(whole, f"the whole source is held back, because {split.why_whole}")
    if not split.is_possible:
        return whole
    try:
        delivery = deliver_other_files(run, contract, store, split, progress)
        create_delivery_view(run.con, contract.source, store.batch(delivery.load_id))
        if not is_promoted(run, contract, delivery):
            status = new_status(contract, run.record.run_id)
            status, _ = _audit_and_promote(run, contract, delivery, store, status)
            if status.verdict == HELD_BACK:
                return _with_note(whole, f"the whole source is held back, because without {split.names} {status.reason}")
    except DeliveryError as error:
        return _with_note(whole, f"the whole source is held back, because {error}")
    return whole.updated(reason=split.in_words())


def _with_landing_state(run: RunContext, contract: Contract, status: SourceStatus) -> SourceStatus:
    """Add the row counts of the newest load in landing, and whether it is stale at the run's as-of time."""
    last = run.last_load(contract)
    if last is None:
        return status
    status = status.updated(data_as_of=last.data_as_of.isoformat() if last.data_as_of else None)
    if status.verdict == HELD_BACK:
        return status
    rows = {
        f"rows_{name}": number for name, number in dataclasses.asdict(count_load_rows(run.con, contract, last.load_id)).items()
    }
    status = status.updated(load_id=last.load_id, **rows)
    if status.verdict in (NOT_DELIVERED, AGREEMENT_ENDED, REMOVED):
        return status
    freshness = evaluate_freshness(contract, last.data_as_of, run.as_of)
    if freshness.is_stale and not _is_succeeded(run, contract):
        return status.updated(verdict=STALE, reason=freshness.reason)
    if not has_model(contract, run.location.city.layers):
        return status.updated(verdict=LANDED_ONLY, reason="no staging model reads it; see docs/add-a-source.md")
    return status


def _is_succeeded(run: RunContext, contract: Contract) -> bool:
    """Whether another source has the records since a day that is past: no delivery of this one is due any more."""
    later = seed_rows("source_successions", SHARED_SEEDS, run.location.city.layers)
    chain = {row["source"] for row in later if contract.source in (row["source"], row["successor"])}
    in_charge = [row for row in later if row["source"] in chain and row["valid_from"] <= run.as_of.date().isoformat()]
    return bool(in_charge) and max(in_charge, key=lambda row: row["valid_from"])["successor"] != contract.source

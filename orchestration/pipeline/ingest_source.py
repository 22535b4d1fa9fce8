"""Ingest one source in a run: deliver, audit, then promote or hold back.

A bad file never stops the run and is never promoted: whatever is wrong with a delivery ends as the status `held_back`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time

from expectations.delivery.delivery_facts import volume_baseline
from expectations.delivery.reference_checks import MAP_CHANGED
from expectations.delivery.unmapped_counts import known_race_lost
from expectations.results import GateResult
from ingest.contract import Contract
from ingest.contract_terms import agreement_terms, evaluate_freshness
from ingest.delivery import DeliveryRecord, Progress, as_newest_load, share
from ingest.errors import DeliveryError
from ingest.landing import Batch, DeliveryLost, count_load_rows, create_delivery_view
from ingest.layers import seed_rows
from orchestration.pipeline.run_source import RunSource
from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.decisions import keep_corrected_map, read_acceptance
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
    source, started = RunSource(run, contract), time.monotonic()
    gate: GateResult | None = None
    is_damaged = source.restore_landing()
    status = _not_read(source)
    if status is not None:
        if is_damaged:
            source.restore_landing(again=True)
        status = _with_landing_state(source, status)
    else:
        status, gate = _ingest(source, is_damaged, progress)
        status = _with_landing_state(source, status).updated(seconds=round(time.monotonic() - started, 3))
        if unread := run.location.unread_files(contract):
            note = f"its contract has delivered_by: live, so that {len(unread)} files in {unread[0].parent} are not read"
            status = _with_note(status, note)
    run.record.sources[contract.source] = status
    if gate is not None:
        run.record.gates.append(gate)
    run.save()
    return status, gate


def _ingest(source: RunSource, is_damaged: bool, progress: Progress) -> tuple[SourceStatus, GateResult | None]:
    status, gate, older = new_status(source.contract, source.run.record.run_id), None, None
    try:
        status, gate = _promote_accepted(source, status)
        with source.run.timed("deliver"):
            delivery = source.fetch(progress)
        if is_damaged:
            source.restore_landing(again=True)
        if delivery is None:
            status = status.updated(verdict=NOT_DELIVERED, reason=source.why_nothing_was_delivered())
        else:
            create_delivery_view(source.run.con, source.contract.source, source.store.batch(delivery.load_id))
            if source.is_promoted(delivery):
                status = status.updated(verdict=FRESH)
            elif older := _why_older(source, delivery):
                status = status.held_back(older)
            else:
                status, gate = _audit_and_promote(source, delivery, status)
                status = _with_dropped_rows(status, delivery)
    except DeliveryError as error:
        status = status.held_back(str(error))
    if status.verdict == HELD_BACK and older is None:
        status = _ingest_other_files(source, status, progress)
    return status, gate


def _why_older(source: RunSource, delivery: DeliveryRecord) -> str | None:
    """Why a delivery would replace newer ones: its load was accepted before the newest; None if not, or on purpose.

    A live system is asked now, so what it answers is the newest state, whatever it equals. Where all later loads are of files of
    this delivery, it only has more: a damaged file was repaired.
    """
    accepted = source.store.accepted() or ()
    before = [load for load in accepted if load.load_id == delivery.load_id]
    if not before or accepted[-1].load_id == delivery.load_id:
        return None
    later = [source.store.record(load.load_id) for load in accepted[accepted.index(before[-1]) + 1 :]]
    sent = {file.sha256 for file in delivery.files} - {None}
    if all(one is not None and {file.sha256 for file in one.files} <= sent for one in later):
        return None
    if source.run.options.accept_older or source.run.location.is_live(source.contract):
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
    status, period = carry_forward(run, contract), run.options.period
    if period is not None and run.options.ingests(contract.source) and status.verdict not in (REMOVED, AGREEMENT_ENDED):
        try:
            with RunSource(run, contract).landing("promote") as table:
                loads = table.reingest(*months(period))
        except DeliveryLost as error:
            raise StepError(str(error)) from None
        what = f"kept deliveries that were ingested again: {loads}" if loads else f"no kept delivery has rows of {period}"
        status = _with_note(carry_forward(run, contract), what)
        run.record.sources[contract.source] = status
    run.save()
    return status


def _not_read(source: RunSource) -> SourceStatus | None:
    """The status of a source that may not be read: it was removed, or its agreement has ended."""
    status = new_status(source.contract, source.run.record.run_id)
    if source.removals.is_removed:
        last, name = source.removals.removals[-1], source.contract.source
        reason = f"removed by {last.erased_by} ({last.reason}); `levelground sources resume {name} --reason TEXT` reads it again"
        return status.updated(verdict=REMOVED, reason=reason)
    terms = agreement_terms(source.contract, source.run.as_of)
    return status.updated(verdict=AGREEMENT_ENDED, reason=terms.reason) if terms.has_ended else None


def _with_dropped_rows(status: SourceStatus, delivery: DeliveryRecord) -> SourceStatus:
    """Report the rows of the delivery that may not be kept."""
    dropped = {"rows of erased records": delivery.rows_erased, "rows past agreement.keep_for": delivery.rows_past_keeping}
    parts = [f"{rows:,} {what}" for what, rows in dropped.items() if rows]
    return _with_note(status, f"{' and '.join(parts)} of the delivery were dropped") if parts else status


def _with_note(status: SourceStatus, note: str) -> SourceStatus:
    return status.updated(reason=f"{status.reason}; {note}" if status.reason else note)


def carry_forward(run: RunContext, contract: Contract) -> SourceStatus:
    """Record the status of a source that this run did not ingest: its earlier loads, with freshness as of now."""
    source = RunSource(run, contract)
    if source.restore_landing():
        source.restore_landing(again=True)
    status = _not_read(source) or _earlier_status(source)
    run.record.sources[contract.source] = _with_landing_state(source, status)
    return run.record.sources[contract.source]


def _earlier_status(source: RunSource) -> SourceStatus:
    run, contract = source.run, source.contract
    # The record of a run that failed has some sources only.
    names = (contract.source, *contract.formerly)
    status = next((r.sources[name] for r in run.earlier_runs for name in names if name in r.sources), None)
    if status is None or status.verdict in (FRESH, STALE, LANDED_ONLY):
        return new_status(contract, run.record.run_id).updated(verdict=FRESH if source.newest else NOT_DELIVERED)
    if status.source != contract.source:
        return status.updated(source=contract.source, department=contract.department)
    return status


def _promote_accepted(source: RunSource, status: SourceStatus) -> tuple[SourceStatus, GateResult | None]:
    """Promote the newest load of a live source if it was held back and accepted since: a live system does not send it again."""
    deliveries, newest = source.store.records(), source.newest
    is_live = source.run.location.is_live(source.contract)
    if not is_live or not deliveries or (newest and newest[1] >= deliveries[-1].sequence):
        return status, None
    last = deliveries[-1]
    if read_acceptance(source.store, last.load_id) is None:
        return status, None
    create_delivery_view(source.run.con, source.contract.source, source.store.batch(last.load_id))
    return _audit_and_promote(source, last, status)


def _audit_and_promote(source: RunSource, delivery: DeliveryRecord, status: SourceStatus) -> tuple[SourceStatus, GateResult]:
    run, contract, store = source.run, source.contract, source.store
    with run.timed("audit deliveries"):
        with without_cells():
            batch = Batch(run.con, contract, delivery, store.batch(delivery.load_id), source.city_zone)
            baseline = volume_baseline(batch, store)
        gate = audit_once(contract, delivery, store, run.settings.home.warehouse, run.location.city, baseline, run.as_of)
        lost = known_race_lost(run.con, contract, delivery.columns_missing, answers_now(run.location.city), source.city_zone)
        gate = dataclasses.replace(gate, findings=(*gate.findings, *lost))
    acceptance = read_acceptance(store, delivery.load_id)
    if not gate.passed and acceptance is None:
        return status.held_back(gate.reason, delivery.rows, load_id=delivery.load_id), gate
    delivery = as_newest_load(delivery, store)
    with source.landing("promote") as table:
        load = table.promote(delivery, run_id=run.record.run_id, now=utc_now(), adds=baseline.adds_only)
    if gate.passed and not delivery.is_reduced and (shared := source.shared_batches):
        share(store, shared, delivery.load_id, RESULT_FILE)
    if any(finding.expectation == MAP_CHANGED for finding in gate.failed_critical):
        keep_corrected_map(store, delivery.load_id)
    reason = status.reason
    if contract.load.mode == "replace_partition" and load.rows_withdrawn:
        reason = f"the release withdrew {load.rows_withdrawn:,} rows"
    if acceptance is not None and not gate.passed:
        reason = f"accepted by {acceptance.accepted_by}: {acceptance.reason}"
    return status.updated(verdict=FRESH, reason=reason), gate


def _ingest_other_files(source: RunSource, whole: SourceStatus, progress: Progress) -> SourceStatus:
    """Ingest the other files of a delivery of which only some are bad, if the load mode allows it."""
    run, contract, (folder, files) = source.run, source.contract, source.delivered_paths()
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
        delivery = source.deliver_other_files(split, progress)
        create_delivery_view(run.con, contract.source, source.store.batch(delivery.load_id))
        if not source.is_promoted(delivery):
            status, _ = _audit_and_promote(source, delivery, new_status(contract, run.record.run_id))
            if status.verdict == HELD_BACK:
                return _with_note(whole, f"the whole source is held back, because without {split.names} {status.reason}")
    except DeliveryError as error:
        return _with_note(whole, f"the whole source is held back, because {error}")
    return whole.updated(reason=split.in_words())


def _with_landing_state(source: RunSource, status: SourceStatus) -> SourceStatus:
    """Add the row counts of the newest load in landing, and whether it is stale at the run's as-of time."""
    run, contract = source.run, source.contract
    last = run.last_load(contract)
    if last is None:
        return status
    status = status.updated(data_as_of=last.data_as_of.isoformat() if last.data_as_of else None)
    if status.verdict == HELD_BACK:
        return status
    counts = dataclasses.asdict(count_load_rows(run.con, contract, last.load_id))
    status = status.updated(load_id=last.load_id, **{f"rows_{name}": number for name, number in counts.items()})
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

"""Open and close a run: run lock, recovery from an interrupted run, ends of agreements, the working warehouse, the run record.

See `orchestration.pipeline.stages` for what happens in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from ingest.contract import FIGURES, TEAM
from ingest.contract.registry import Registry
from ingest.contract_terms import AgreementStatus, AgreementTerms, agreement_terms
from ingest.delivery.removals import sources_with_removals
from ingest.delivery.store import move_sources
from ingest.erasure import complete, copy_removals, plan_past_keeping
from ingest.erasure.plan import write_plan
from orchestration.alerts import notify_run_ended
from orchestration.cities.goal_rows import check_goal_rows
from orchestration.pipeline.detect_changes import ingest_fingerprint
from orchestration.runs.city_choice import undecided_keys
from orchestration.runs.clock import as_of_time, utc_now
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.delivery_location import DeliveryLocation, check_clock, check_default_location, resolve_delivery_location
from orchestration.runs.hash_key import check_keys
from orchestration.runs.process.interruption import let_interrupt
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import FAILED, INTERRUPTED, RunRecord, RunStore, last_run_failed, next_number
from orchestration.runs.registry_check import check_upgrade
from orchestration.settings import ConfigurationError, Settings
from orchestration.transform.dbt_runner import close_dbt_connections
from orchestration.transform.release_inputs import code_version
from warehouse.audiences.access import set_groups
from warehouse.disclosure import restore_ledger
from warehouse.files import private_files
from warehouse.lake_files.object_store import StoreUnusable
from warehouse.lock import RunLock
from warehouse.metadata import migrate
from warehouse.metadata.home_version import record_version
from warehouse.paths import Home
from warehouse.quarantine import open_or_recreate
from warehouse.releases import Lake, LakeOfAnotherHome, recover, unpinned_quarters
from warehouse.temporary import remove_leftovers, remove_spilled


@contextmanager
def open_run(
    settings: Settings, options: RunOptions, run_id: str, location: DeliveryLocation | None = None
) -> Iterator[RunContext]:
    """Open a run, and close it however it ends; a run that no stage has ended is closed as failed.

    `location`: what to read, if not what the settings and the home decide.

    Raises `ConfigurationError` or `ContractError` before anything is changed, `LockHeld` or `WarehouseBusy` while another
    process works on the home, `HomeUnwritable`.
    """
    if location is None:
        check_default_location(settings, options.deliveries)
        location = resolve_delivery_location(settings, options.deliveries)
    check_goal_rows(location.city, settings.home.published_public)
    check_upgrade(settings, location)
    as_of = as_of_time(options.as_of, location.city)
    if not options.accept_older and not options.is_trial:
        check_clock(settings, as_of)
    check_keys(location.city)
    settings.home.ensure()
    _claim_lake(settings)
    with private_files(), _open_locked(settings, options, run_id, location, as_of) as run:
        yield run


def _claim_lake(settings: Settings) -> None:
    """Create the lake, if one is set, for this home."""
    if settings.lake is not None:
        try:
            Lake(settings.lake).claim(settings.home)
        except (LakeOfAnotherHome, StoreUnusable) as error:
            raise ConfigurationError(str(error)) from None
        except OSError as error:
            raise ConfigurationError(f"LEVELGROUND_LAKE: cannot write to {settings.lake} ({error.strerror})") from None


@contextmanager
def _open_locked(
    settings: Settings, options: RunOptions, run_id: str, location: DeliveryLocation, as_of: datetime
) -> Iterator[RunContext]:
    record: RunRecord | None = None
    lock = RunLock(settings.home, options.trigger)
    lock.acquire(settings.wait_seconds if options.wait_seconds is None else options.wait_seconds)
    try:
        record_version(settings.home)
        delivered = ingest_fingerprint(settings, location)
        location = location.with_fixed_layers(settings.home)
        removed = complete(settings.home)
        if not options.is_trial:  # the releases of its copy name parts in the lake of the home, which would be rewritten
            removed += _remove_past_keeping(settings.home, location, as_of, options.trigger)
        notes = [*removed, *recover(settings.home), *restore_ledger(settings.home)]
        runs = RunStore(settings.home.runs)
        earlier = runs.all()
        con, damaged = open_or_recreate(
            settings.home, suspect=last_run_failed(earlier), memory_limit=settings.memory_limit, threads=settings.threads
        )
        groups = {name: location.city.audience(name).group for name in (FIGURES, TEAM, *location.city.all_audiences)}
        notes += [*([damaged] if damaged else []), *undecided_keys(location.city), *set_groups(settings.home, groups)]
        try:
            migrate(con)
            notes += move_sources(settings.home, con, location.registry)
            copy_removals(con, sources_with_removals(settings.home.deliveries))
            record = RunRecord(
                run_id=run_id,
                code_version=code_version(),
                number=next_number(earlier),
                trigger=options.trigger,
                started_at=utc_now().isoformat(timespec="seconds"),
                city=location.city.city,
                deliveries=location.name,
                as_of=as_of.isoformat(),
                unknown_folders=location.folders_without_contract(),
                notes=tuple(notes),
                agreements=_warnings_of_agreements(location.registry, as_of),
                unpinned=tuple(each.sentence for each in unpinned_quarters(settings.home, settings.keep_releases, utc_now())),
            )
            if seconds := current_reporter().seconds:
                record.seconds["start"] = round(seconds, 3)
            interrupted = _close_interrupted_runs(runs, earlier)
            if interrupted:
                notify_run_ended(settings, interrupted[-1])
            run = RunContext(settings, options, location, record, runs, con, as_of, delivered)
            remove_leftovers(settings.home)
            remove_spilled(settings.home)
            for note in notes:
                current_reporter().note(note)
            run.save()
            try:
                let_interrupt(run)
                yield run
            finally:
                with suppress(OSError):  # a full disk has no room for the record either: the next run closes this one
                    run.end_unfinished()
                if run.candidate is not None:
                    run.candidate.discard()
        finally:
            con.close()
            close_dbt_connections()
    finally:
        lock.release()
        if record is not None:
            notify_run_ended(settings, record)


def _remove_past_keeping(home: Home, location: DeliveryLocation, as_of: datetime, trigger: str) -> list[str]:
    """Remove the rows that may not be kept any more from every place of the home; one sentence if there were any."""
    contracts = [contract for contract in location.registry if contract.agreement.keep_for]
    now = utc_now().replace(microsecond=0)
    planned = plan_past_keeping(home, contracts, as_of, location.city.time_zone, f"run ({trigger})", now)
    if planned is None:
        return []
    write_plan(home, *planned)
    return complete(home)


def _warnings_of_agreements(registry: Registry, as_of: datetime) -> tuple[AgreementTerms, ...]:
    """The agreements that end soon or have ended."""
    terms = [agreement_terms(contract, as_of) for contract in registry]
    return tuple(each for each in terms if each.status in (AgreementStatus.ENDS_SOON, AgreementStatus.ENDED))


def _close_interrupted_runs(runs: RunStore, earlier: list[RunRecord]) -> list[RunRecord]:
    """Close the records of runs that a kill interrupted. This run holds the lock, so no other run is active."""
    interrupted = [record for record in earlier if record.outcome is None]
    for record in interrupted:
        record.end(FAILED, utc_now(), INTERRUPTED)
        runs.save(record)
    return interrupted

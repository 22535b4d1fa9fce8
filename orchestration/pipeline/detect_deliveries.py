"""Decide, before a run opens, whether there is anything to ingest.

A night without new files need not start a step per source. Its stages still decide whether there is something to
build (`detect_changes`), so it ends like a run that has read every file again.
"""

from __future__ import annotations

import datetime as dt

from ingest.contract import Contract
from ingest.contract_terms import agreement_terms, evaluate_freshness
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import sources_with_removals
from ingest.readers import delivered_files
from orchestration.pipeline.detect_changes import decisive_inputs
from orchestration.runs.clock import as_of_time
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.runs.record import HELD_BACK, RELEASED, REMOVED, UNCHANGED, RunRecord, RunStore
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.transform.dbt_project import files_fingerprint
from warehouse.fingerprint import bytes_sha256, json_sha256


def nothing_to_ingest(settings: Settings, options: RunOptions, location: DeliveryLocation) -> bool:
    """Whether the last run ingested all that is delivered, nothing of it waits for a person, and no source has aged since."""
    last = next(reversed(RunStore(settings.home.runs).all()), None)
    if last is None or options.rebuilds or options.sources or last.outcome not in (RELEASED, UNCHANGED):
        return False
    if not settings.home.warehouse.is_file() or last.ingested is None or last.ingested != ingest_fingerprint(settings, location):
        return False
    as_of, then = as_of_time(options.as_of, location.city), dt.datetime.fromisoformat(last.as_of)
    if last.next_build_at is not None and as_of > dt.datetime.fromisoformat(last.next_build_at):
        return False
    removed = {source for source, found in sources_with_removals(settings.home.deliveries).items() if found.is_removed}
    return all(
        _is_as_before(last, contract, then, as_of, is_removed=contract.source in removed) and _is_kept(settings, last, contract)
        for contract in location.registry
    )


def _is_as_before(last: RunRecord, contract: Contract, then: dt.datetime, as_of: dt.datetime, *, is_removed: bool) -> bool:
    """Whether a source has the status that the last run gave it, as far as clock and removals decide."""
    status = last.sources.get(contract.source)
    if status is None or status.verdict == HELD_BACK or (status.verdict == REMOVED) != is_removed:
        return False
    freshness = {evaluate_freshness(contract, status.data_as_of, moment).state for moment in (then, as_of)}
    agreement = {agreement_terms(contract, moment).status for moment in (then, as_of)}
    return len(freshness) == len(agreement) == 1


def _is_kept(settings: Settings, last: RunRecord, contract: Contract) -> bool:
    """Whether the newest load is among the kept deliveries; ingest writes a lost one again while its files are delivered."""
    load_id = last.sources[contract.source].load_id
    return load_id is None or DeliveryStore(settings.home.deliveries, contract.source).record(load_id) is not None


def ingest_fingerprint(settings: Settings, location: DeliveryLocation) -> str | None:
    """A hash of what a run reads besides its warehouse; None if a source is fetched live, since only its system knows.

    Of a delivered file it has path, size, inode and times instead of the content. Who changes a file may set its other times back
    but not `st_ctime` (POSIX: the last change of its status).
    """
    files = []
    for contract in location.registry:
        folder = location.folder_of(contract)
        if folder is None:
            return None
        for path in delivered_files(folder, contract.ignore_files) if folder.is_dir() else ():
            state = path.lstat()
            files.append((str(path), state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns))
    layers = [(str(name), bytes_sha256(text)) for each in location.snapshots for name, text in each.files.items()]
    return json_sha256([files, layers, files_fingerprint(DBT_PROJECT), *decisive_inputs(settings, location)])


def note_ingested(run: RunContext, *, read_all: bool) -> None:
    """Record what the run has ingested; `read_all`: it left no source out. Then, or if an earlier run had, nothing is unread."""
    before = run.earlier_runs[0].ingested if run.earlier_runs else None
    if run.delivered == before or (read_all and not run.options.sources and run.options.period is None):
        run.record.ingested = run.delivered

"""Get one source's delivery of this run onto the disk, and restore its landing tables from the kept deliveries.

See `ingest.delivery.write_batch` for the batch, `ingest.connectors` for reading files and live systems.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.connectors import CursorPosition, FetchRequest, Origin, open_folder, open_live
from ingest.contract import NATIONAL, Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, Progress, deliver, find_damage, quarantine_batch
from ingest.delivery.removals import RowFilter, new_row_filter, read_removals
from ingest.landing import AcceptedLoadsDamaged, DeliveryLost, LandingTable, ensure_tables, newest_load, read_cursor
from ingest.readers import delivered_files
from orchestration.pipeline.read_in_tasks import table_reader
from orchestration.runs.city_choice import SAMPLE
from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.delivery_location import LEFT_OUT
from orchestration.runs.errors import StepError, without_cells
from orchestration.runs.progress import current_reporter
from orchestration.stewardship.split_delivery import SplitDelivery
from orchestration.transform.dbt_sources import has_model
from warehouse.temporary import temporary_folder


def fetch_delivery(run: RunContext, contract: Contract, store: DeliveryStore, progress: Progress) -> DeliveryRecord | None:
    """Write this run's delivery to the disk; None if there is none."""
    live = run.location.is_live(contract)
    since = _since(run, contract) if live else None
    known = {delivery.load_id for delivery in store.records()}
    with _origin(run, contract, store, since) as origin:
        if origin is None:
            return None
        row_filter = _row_filter(run, contract, store)
        options = DeliveryOptions(
            live=live,
            since=since,
            fetched_on=run.as_of.date() if live else None,
            row_filter=row_filter,
            shared=shared_batches(run, contract) if row_filter is None else None,
            read_tables=table_reader(run, contract),
            progress=progress,
        )
        delivery = deliver(contract, origin, store, run.settings.hash_key, utc_now(), options)
        if delivery.load_id in known and not is_promoted(run, contract, delivery) and find_damage(store, delivery):
            # The batch is kept from an earlier run and this run is about to promote it.
            quarantine_batch(store, delivery.load_id)
            delivery = deliver(contract, origin, store, run.settings.hash_key, utc_now(), options)
        return delivery


def shared_batches(run: RunContext, contract: Contract) -> DeliveryStore | None:
    """The batches of a national source that several homes share; None if its homes keep their own."""
    folder = run.settings.shared_batches
    return DeliveryStore(folder, contract.source) if folder is not None and contract.coverage == NATIONAL else None


def _row_filter(run: RunContext, contract: Contract, store: DeliveryStore) -> RowFilter | None:
    """Drops the rows of a source that may not be kept; None if all may."""
    zone, removals = run.location.city.time_zone, read_removals(store.folder)
    return new_row_filter(contract, removals, run.settings.hash_key, zone, run.as_of.date())


def delivered_paths(run: RunContext, contract: Contract) -> tuple[Path, tuple[Path, ...]]:
    """The folder of a source that is read from files, and its files; without any if it is fetched live."""
    folder = run.location.folder_of(contract)
    if folder is None or not folder.is_dir():
        return Path(), ()
    return folder, delivered_files(folder, contract.ignore_files)


def deliver_other_files(
    run: RunContext, contract: Contract, store: DeliveryStore, split: SplitDelivery, progress: Progress
) -> DeliveryRecord:
    """Write the files of a delivery that are not held back, as a delivery of their own."""
    folder, _ = delivered_paths(run, contract)
    options = DeliveryOptions(
        row_filter=_row_filter(run, contract, store),
        left_out=split.left_out,
        read_tables=table_reader(run, contract),
        progress=progress,
    )
    origin = open_folder(contract, split.others, folder)
    return deliver(contract, origin, store, run.settings.hash_key, utc_now(), options)


def is_promoted(run: RunContext, contract: Contract, delivery: DeliveryRecord) -> bool:
    """Whether landing already holds this delivery as its newest load."""
    return newest_load(run.con, contract.source) == (delivery.load_id, delivery.sequence)


def restore_landing(run: RunContext, contract: Contract, store: DeliveryStore) -> bool:
    """Create the source's tables, and apply the accepted loads that they lack, such as all after a lost working warehouse.

    Returns True if a batch that this needs is damaged. The delivery of this run may be the same one and is written again then;
    call `finish_restoring` afterwards.
    """
    ensure_tables(run.con, contract, run.location.city.time_zone)
    try:
        with run.timed("restore"), without_cells():
            landing = LandingTable(run.con, contract, store, run.location.city.time_zone)
            if landing.restore():
                current_reporter().note(f"{contract.source}: landing restored from the kept deliveries")
            landing.save()
    except DeliveryLost as error:
        if store.record(error.load_id):
            quarantine_batch(store, error.load_id)
        return True
    except AcceptedLoadsDamaged as error:
        raise StepError(str(error)) from None
    return False


def finish_restoring(run: RunContext, contract: Contract, store: DeliveryStore) -> None:
    """Restore the loads after a damaged one. `StepError` if the damaged one was not delivered again."""
    try:
        with run.timed("restore"), without_cells():
            landing = LandingTable(run.con, contract, store, run.location.city.time_zone)
            landing.restore()
            landing.save()
    except DeliveryLost as error:
        raise StepError(str(error)) from None


def why_nothing_was_delivered(run: RunContext, contract: Contract) -> str:
    """Return why a run has no delivery of a source."""
    folder = run.location.folder_of(contract)
    if folder is None:
        return "nothing was delivered"
    if run.location.name != SAMPLE:
        return f"nothing was delivered: {folder} has no file"
    use = "" if has_model(contract, run.location.city.layers) else ", which no model reads yet"
    return f"nothing was delivered: {LEFT_OUT}{use}"


def _since(run: RunContext, contract: Contract) -> CursorPosition | None:
    """The cursor of a live source. `--full-refresh` requests everything, so that rows deleted at the source are deleted here."""
    if run.options.full_refresh:
        return None
    city = run.location.city
    return read_cursor(run.con, contract, city.time_zone, city.local_now())


@contextmanager
def _origin(run: RunContext, contract: Contract, store: DeliveryStore, since: CursorPosition | None) -> Iterator[Origin | None]:
    source_folder, settings = run.location.folder_of(contract), run.settings
    if source_folder is None:
        with temporary_folder(settings.home, "fetch-") as downloads:
            known_files = store.newest_downloads(contract, run.as_of.date())
            request = FetchRequest(os.environ, downloads, since, known_files, settings.hosts, settings.max_download_bytes)
            yield open_live(contract, request)
        return
    _, files = delivered_paths(run, contract)
    yield open_folder(contract, files, source_folder) if files else None

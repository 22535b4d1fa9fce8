"""A source in a run: get its delivery onto the disk, and restore its landing table from the kept deliveries.

See `ingest.delivery.write_batch` for the batch, `ingest.connectors` for reading files and live systems.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest.connectors import CursorPosition, DeliveredTable, FetchRequest, Origin, open_folder, open_live
from ingest.contract import NATIONAL, Contract
from ingest.delivery import (
    DeliveryOptions,
    DeliveryRecord,
    DeliveryStore,
    Progress,
    ReadTable,
    ReadTables,
    deliver,
    find_damage,
    quarantine_batch,
    table_result,
    table_tasks,
)
from ingest.delivery.removals import RowFilter, SourceRemovals, new_row_filter, read_removals
from ingest.errors import DeliveryError
from ingest.landing import AcceptedLoadsDamaged, DeliveryLost, LandingTable, ensure_tables, newest_load, read_cursor
from ingest.readers import delivered_files
from orchestration.runs.city_choice import SAMPLE
from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.delivery_location import LEFT_OUT
from orchestration.runs.errors import StepError, without_cells
from orchestration.runs.progress import current_reporter
from orchestration.stewardship.split_delivery import SplitDelivery
from orchestration.transform.dbt_sources import has_model
from warehouse.temporary import temporary_folder

# Rows of the four event sources take 60 bytes or more as CSV, and 20 or more compressed.
BYTES_PER_ROW = 20


@dataclass(frozen=True)
class RunSource:
    """A source in an open run."""

    run: RunContext
    contract: Contract

    @cached_property
    def store(self) -> DeliveryStore:
        """Its kept deliveries."""
        return DeliveryStore(self.run.settings.home.deliveries, self.contract.source)

    @property
    def city_zone(self) -> str:
        """The time zone of times without one."""
        return self.run.location.city.time_zone

    @cached_property
    def removals(self) -> SourceRemovals:
        """What was removed of it."""
        return read_removals(self.store.folder)

    @property
    def newest(self) -> tuple[str, int] | None:
        """The id and the sequence of its newest load in landing."""
        return newest_load(self.run.con, self.contract.source)

    @property
    def shared_batches(self) -> DeliveryStore | None:
        """The batches of a national source that several homes share; None if its homes keep their own."""
        folder, is_national = self.run.settings.shared_batches, self.contract.coverage == NATIONAL
        return DeliveryStore(folder, self.contract.source) if folder is not None and is_national else None

    def delivered_paths(self) -> tuple[Path, tuple[Path, ...]]:
        """The folder of a source that is read from files, and its files; without any if it is fetched live."""
        folder = self.run.location.folder_of(self.contract)
        if folder is None or not folder.is_dir():
            return Path(), ()
        return folder, delivered_files(folder, self.contract.ignore_files)

    def is_promoted(self, delivery: DeliveryRecord) -> bool:
        """Whether landing already holds this delivery as its newest load."""
        return self.newest == (delivery.load_id, delivery.sequence)

    def fetch(self, progress: Progress) -> DeliveryRecord | None:
        """Write this run's delivery to the disk; None if there is none."""
        is_live = self.run.location.is_live(self.contract)
        since = self._since() if is_live else None
        known = {delivery.load_id for delivery in self.store.records()}
        with self._origin(since) as origin:
            if origin is None:
                return None
            how: dict[str, Any] = {
                "live": is_live,
                "since": since,
                "fetched_on": self.run.as_of.date() if is_live else None,
                "shared": self.shared_batches if self._row_filter is None else None,
            }
            delivery = self._deliver(origin, progress, **how)
            if delivery.load_id in known and not self.is_promoted(delivery) and find_damage(self.store, delivery):
                # The batch is kept from an earlier run and this run is about to promote it.
                quarantine_batch(self.store, delivery.load_id)
                delivery = self._deliver(origin, progress, **how)
            return delivery

    def deliver_other_files(self, split: SplitDelivery, progress: Progress) -> DeliveryRecord:
        """Write the files of a delivery that are not held back, as a delivery of their own."""
        folder, _ = self.delivered_paths()
        return self._deliver(open_folder(self.contract, split.others, folder), progress, left_out=split.left_out)

    def _deliver(self, origin: Origin, progress: Progress, **how: Any) -> DeliveryRecord:
        options = DeliveryOptions(row_filter=self._row_filter, read_tables=self._table_reader(), progress=progress, **how)
        return deliver(self.contract, origin, self.store, self.run.settings.hash_key, utc_now(), options)

    @cached_property
    def _row_filter(self) -> RowFilter | None:
        """Drops the rows that may not be kept; None if all may."""
        run = self.run
        return new_row_filter(self.contract, self.removals, run.settings.hash_key, self.city_zone, run.as_of.date())

    def _since(self) -> CursorPosition | None:
        """The cursor of a live source. A full refresh requests everything: rows deleted at the source are deleted here."""
        if self.run.options.full_refresh:
            return None
        return read_cursor(self.run.con, self.contract, self.city_zone, self.run.location.city.local_now())

    @contextmanager
    def _origin(self, since: CursorPosition | None) -> Iterator[Origin | None]:
        settings = self.run.settings
        if self.run.location.folder_of(self.contract) is None:
            with temporary_folder(settings.home, "fetch-") as downloads:
                known = self.store.newest_downloads(self.contract, self.run.as_of.date())
                request = FetchRequest(os.environ, downloads, since, known, settings.hosts, settings.max_download_bytes)
                yield open_live(self.contract, request)
            return
        folder, files = self.delivered_paths()
        yield open_folder(self.contract, files, folder) if files else None

    def _table_reader(self) -> ReadTables | None:
        """Reads the tables of several files that may have more rows than one task builds on the engine; None without one.

        Tables with direct identifiers to hash, and sources with erased records, are read by the run itself.
        """
        run, contract = self.run, self.contract
        if run.settings.engine is None or contract.hash_key_needed or self.removals.erased:
            return None

        def read(tables: Sequence[DeliveredTable], folder: Path) -> Mapping[str, ReadTable | DeliveryError]:
            of_files = [table for table in tables if table.file is not None and table.file.path is not None]
            sizes = {table.file.path: table.file.path.stat().st_size for table in of_files if table.file and table.file.path}
            if len(of_files) < 2 or sum(sizes.values()) < run.settings.part_rows * BYTES_PER_ROW:
                return {}
            # engines are imported only where one is set
            from orchestration.engines import run_tasks  # noqa: PLC0415

            results = run_tasks(run, table_tasks(contract, of_files, folder, self.city_zone, run.as_of.date()), folder)
            return {t.name: table_result(result.task, result.result) for t, result in zip(of_files, results, strict=True)}

        return read

    def why_nothing_was_delivered(self) -> str:
        """Return why the run has no delivery."""
        location = self.run.location
        folder = location.folder_of(self.contract)
        if folder is None:
            return "nothing was delivered"
        if location.name != SAMPLE:
            return f"nothing was delivered: {folder} has no file"
        use = "" if has_model(self.contract, location.city.layers) else ", which no model reads yet"
        return f"nothing was delivered: {LEFT_OUT}{use}"

    @contextmanager
    def landing(self, stage: str) -> Iterator[LandingTable]:
        """The landing table, to change in a stage of the run."""
        with self.run.timed(stage), without_cells():
            yield LandingTable(self.run.con, self.contract, self.store, self.city_zone)

    def restore_landing(self, *, again: bool = False) -> bool:
        """Create the tables, and apply the accepted loads that they lack, such as all after a lost working warehouse.

        Returns True if a batch that this needs is damaged. The delivery of this run may be the same one and is written again
        then; restore `again` afterwards: `StepError` if it was not.
        """
        ensure_tables(self.run.con, self.contract, self.city_zone)
        with self.landing("restore") as table:
            try:
                if table.restore():
                    current_reporter().note(f"{self.contract.source}: landing restored from the kept deliveries")
                table.save()
            except DeliveryLost as error:  # within the stage, which would otherwise count as failed
                if again:
                    raise StepError(str(error)) from None
                if self.store.record(error.load_id):
                    quarantine_batch(self.store, error.load_id)
                return True
            except AcceptedLoadsDamaged as error:
                raise StepError(str(error)) from None
        return False

"""The stored deliveries of a source: where their batches and records are, and in which order they were loaded.

    deliveries/<source>/<load_id>/batch.parquet   text under the contract's names, with _load_id, _source_file, _source_row
    deliveries/<source>/<load_id>/receipt.json    the delivery record (`ingest.delivery.records`)
    deliveries/<source>/accepted.json             the loads that landing contains, in order (`ingest.delivery.accepted`)

The same bytes under the same contract are the same load, whatever the names of the files, unless a name chooses another layout.
See `ingest.delivery.write_batch` for writing a batch.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ingest.connectors import DownloadedFile
from ingest.contract import Contract
from ingest.delivery.accepted import ACCEPTED, EARLIER_LIST, LOADS, AcceptedLoad
from ingest.delivery.records import DeliveryRecord
from ingest.delivery.snapshot_date import snapshot_identity
from ingest.delivery.table_identity import layout_identity
from ingest.errors import DeliveryError
from warehouse.files import write_atomically
from warehouse.fingerprint import json_sha256

LOAD_ID_DIGITS = 16
BATCH, RECORD, FIRST_SEQUENCES = "batch.parquet", "receipt.json", "files.json"
INCOMING = ".incoming"
_SEQUENCES = TypeAdapter(dict[str, int])


class DeliveryStore:
    """The deliveries of one source on disk."""

    def __init__(self, root: Path, source: str) -> None:
        self.source, self.folder = source, root / source

    def batch(self, load_id: str) -> Path:
        """The Parquet file of a load."""
        return self.folder / load_id / BATCH

    def record(self, load_id: str) -> DeliveryRecord | None:
        """The record of a load; None unless the record can be read and its batch exists."""
        return _read(self.folder / load_id / RECORD) if self.batch(load_id).is_file() else None

    def records(self) -> tuple[DeliveryRecord, ...]:
        """The readable records of all complete deliveries, in the order of loads."""
        found = [record for record in self._readable() if self.batch(record.load_id).is_file()]
        return tuple(sorted(found, key=lambda record: record.sequence))

    def unreadable(self) -> list[Path]:
        """The records that are damaged."""
        return sorted(path for path in self._record_files() if _read(path) is None)

    def sequence(self, load_id: str) -> int | None:
        """The sequence of a load by its record, whatever its batch, else by the list of accepted loads."""
        record = _read(self.folder / load_id / RECORD)
        return record.sequence if record else dict(load.place for load in self.accepted() or ()).get(load_id)

    def last_sequence(self) -> int:
        """The sequence of the newest load, even if its batch or record was damaged later; 0 before the first load."""
        accepted = (load.sequence for load in self.accepted() or ())
        return max([*(record.sequence for record in self._readable()), *accepted], default=0)

    @property
    def accepted_file(self) -> Path:
        """The file with the list of accepted loads."""
        return self.folder / ACCEPTED

    def accepted(self) -> tuple[AcceptedLoad, ...] | None:
        """The accepted loads of the source in their order; empty if none was accepted, None if the list is damaged."""
        path = self.accepted_file if self.accepted_file.is_file() else self.folder / EARLIER_LIST
        try:
            return LOADS.validate_json(path.read_bytes())
        except FileNotFoundError:
            return ()
        except ValidationError:
            return None

    def save_accepted(self, loads: Iterable[AcceptedLoad]) -> None:
        """Replace the list of accepted loads."""
        in_order = tuple(sorted(loads, key=lambda load: load.sequence))
        write_atomically(self.accepted_file, LOADS.dump_json(in_order, indent=1).decode() + "\n")
        (self.folder / EARLIER_LIST).unlink(missing_ok=True)

    def newest_downloads(self, contract: Contract, fetched_on: dt.date | None = None) -> tuple[DownloadedFile, ...]:
        """The downloads of the newest delivery; none if the contract has changed since, or if its batch is missing."""
        records = self.records()
        if not records or not records[-1].fetched:
            return ()
        newest = records[-1]
        identity = snapshot_identity(contract, (file.name for file in newest.files), fetched_on)
        fetched = {file.name: file.sha256 for file in newest.fetched}
        read_as = layout_identity(contract, {file.name: file.sha256 for file in newest.files}, fetched)
        hashes = (*(file.sha256 for file in newest.fetched), *identity, *read_as)
        return newest.fetched if compute_load_id(contract, hashes) == newest.load_id else ()

    def first_sequences(self) -> dict[str, int]:
        """The sequence of the first load with each file that was ever delivered, by the file's hash."""
        path = self.folder / FIRST_SEQUENCES
        try:
            first = _SEQUENCES.validate_json(path.read_bytes()) if path.is_file() else {}
        except ValidationError:
            remedy = "restore it from a backup; without it, delete it, and files that were deleted since count as new"
            raise DeliveryError(self.source, str(path), "cannot be read", remedy) from None
        # a delivery whose batch was damaged later counts, too
        for record in self._readable():
            for file in record.files:
                if file.sha256 is not None:
                    sequence = record.sequence if file.first_sequence is None else file.first_sequence
                    first[file.sha256] = min(sequence, first.get(file.sha256, sequence))
        return first

    def save_first_sequences(self) -> None:
        """Write `first_sequences` to a file, so that they survive the removal of old deliveries."""
        write_atomically(self.folder / FIRST_SEQUENCES, json.dumps(self.first_sequences(), indent=1) + "\n")

    def save(self, record: DeliveryRecord) -> None:
        """Replace the record of a stored delivery atomically."""
        write_atomically(self.folder / record.load_id / RECORD, record.model_dump_json(indent=1))

    def _readable(self) -> Iterator[DeliveryRecord]:
        return (record for path in self._record_files() if (record := _read(path)) is not None)

    def _record_files(self) -> Iterator[Path]:
        # a killed run may have left a complete delivery in INCOMING
        return (path for path in self.folder.glob(f"*/{RECORD}") if path.parent.name != INCOMING)


def compute_load_id(contract: Contract, hashes: tuple[str, ...]) -> str:
    """First 16 hex digits of SHA-256 over the source, the contract's format, load and columns, and the delivered content."""
    terms = contract.model_dump(mode="json", include={"format", "load", "columns"}, by_alias=True)
    # what people write about a column changes no row
    columns = [{key: value for key, value in column.items() if key != "description"} for column in terms["columns"]]
    return json_sha256([contract.first_name, terms["format"], terms["load"], columns, hashes])[:LOAD_ID_DIGITS]


def _read(path: Path) -> DeliveryRecord | None:
    """The record of a file; None if it is missing or damaged."""
    try:
        return DeliveryRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None

"""The stored deliveries of a source: where they are, in which order they were loaded, and whether they are intact.

    deliveries/<source>/<load_id>/batch.parquet   text under the contract's names, with _load_id, _source_file, _source_row
    deliveries/<source>/<load_id>/receipt.json    the delivery record (`ingest.delivery.records`)
    deliveries/<source>/accepted.json             the loads that landing contains, in order

The same bytes under the same contract are the same load, whatever the names of the files, unless a name chooses another layout.
A file that is delivered twice counts once. Two files of the same bytes are two tables if a layout reads another sheet, or other
columns, of one of them. See `ingest.delivery.write_batch` for writing a batch.

Homes share the batches of national deliveries in a folder of the same form: one home reads and checks a delivery, the others link
to its batch. A batch is never changed, so that homes and this folder are hard links to one file where they are on one file
system, and copies elsewhere. A home that erases rows of its own, or lets an agreement end, replaces and removes its own link
alone: a national contract has public columns only (`ingest.contract`).

A source whose contract names a former name (`formerly`) keeps what the home has of it. Its folder moves: deliveries, accepted
loads, decisions of people and removals. The working warehouse forgets the former name: landing is made again from the accepted
loads. A kill in between loses nothing, because the folder moves last, and the next run begins again.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from pydantic import TypeAdapter, ValidationError

from ingest.connectors import DownloadedFile
from ingest.contract import Contract
from ingest.delivery.records import ACCEPTED, EARLIER_LIST, LOADS, AcceptedLoad, DeliveryRecord
from ingest.delivery.snapshot_date import snapshot_identity
from ingest.errors import DeliveryError
from warehouse.files import write_atomically
from warehouse.fingerprint import file_sha256, json_sha256, text_sha256
from warehouse.paths import Home
from warehouse.sql import literal, quoted

# Files of several tables, of which only the name is left in an earlier record.
_OF_SEVERAL = (".zip", ".gz", ".xlsx", ".xlsm", ".xls")
LOAD_ID_DIGITS = 16
BATCH, RECORD, FIRST_SEQUENCES = "batch.parquet", "receipt.json", "files.json"
INCOMING = ".incoming"
_SEQUENCES = TypeAdapter(dict[str, int])
QUARANTINED = "batch.damaged"
# Tables of `intake` with a column `source`; a removal is copied from the moved folder.
_BY_SOURCE = ("loads", "rejected_rows", "marks", "superseded_rows", "superseded_since", "erasures", "erased_records")


def bytes_hash(table: str, file_hashes: Mapping[str, str]) -> str | None:
    """The hash of a table's bytes: of its file, or of its file's hash and its name in it; None for a database table."""
    if table in file_hashes:
        return file_hashes[table]
    # the name of the file ends at one of the slashes
    for part in _beginnings(table):
        if part in file_hashes:
            return text_sha256(f"{file_hashes[part]}{table.removeprefix(part)}")
    return None


def table_hashes(
    contract: Contract, tables: Sequence[str], file_hashes: Mapping[str, str], earlier: Iterable[DeliveryRecord]
) -> dict[str, str | None]:
    """The hash of each table, by its name.

    It is the hash of the bytes for the layout that read them first: in the `earlier` records, in their order, else in `tables`.
    For another layout it hashes the layout, too. So hashes do not change when a copy with another layout arrives.
    """
    hashes = {name: bytes_hash(name, file_hashes) for name in tables}
    if not contract.format.layouts:
        return hashes
    first: dict[str, str] = {}
    for record in earlier:
        for file in record.files:
            first.setdefault(file.sha256 or "", file.name)
    for name, found in hashes.items():
        first.setdefault(found or "", name)
    for name, found in hashes.items():
        own = _reading(contract, name, file_hashes)
        if found is not None and own != _reading(contract, first[found], file_hashes):
            hashes[name] = json_sha256([found, own])
    return hashes


def layout_identity(contract: Contract, hashes: Mapping[str, str | None], file_hashes: Mapping[str, str]) -> tuple[str, ...]:
    """What distinguishes two deliveries of the same bytes with other layouts: the hashes of tables that contain a layout."""
    if not contract.format.layouts:
        return ()
    return tuple(found for name, found in hashes.items() if found is not None and found != bytes_hash(name, file_hashes))


def _reading(contract: Contract, table: str, file_hashes: Mapping[str, str]) -> dict[str, Any]:
    """The keys of the layout that reads a table: that of its own name, else that of its file."""
    layout = contract.format.layout_of(table)
    if layout is None and table not in file_hashes:
        files = (part for part in _beginnings(table) if part in file_hashes or PurePosixPath(part).suffix.lower() in _OF_SEVERAL)
        layout = next((found for part in files if (found := contract.format.layout_of(part))), None)
    return layout.reading if layout else {}


def _beginnings(table: str) -> list[str]:
    return [table[:at] for at, sign in enumerate(table) if sign == "/"]


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


def find_damage(store: DeliveryStore, record: DeliveryRecord) -> str | None:
    """Why the batch of a delivery cannot be used; None if it is intact."""
    batch = store.batch(record.load_id)
    if not batch.is_file():
        return "it is missing"
    try:
        if record.batch_sha256 is not None:
            return None if file_sha256(batch) == record.batch_sha256 else "its bytes have changed since it was written"
        # a version that kept no hash wrote it: every page must at least be readable
        rows = sum(part.num_rows for part in pq.ParquetFile(batch).iter_batches())
        return None if rows == record.rows else f"it has {rows:,} of {record.rows:,} rows"
    except (pa.ArrowException, OSError):
        return "it cannot be read"


def quarantine_batch(store: DeliveryStore, load_id: str) -> None:
    """Rename a damaged batch, so that Levelground reads the same delivery again if the department still has it."""
    store.batch(load_id).replace(store.folder / load_id / QUARANTINED)


def adopt(shared: DeliveryStore, load_id: str, into: Path) -> DeliveryRecord | None:
    """Link the batch and the gate's result of a shared load into a folder; None if it is not shared, or damaged."""
    record = shared.record(load_id)
    if record is None or find_damage(shared, record):
        return None
    for file in (shared.folder / load_id).iterdir():
        if file.name != RECORD:
            _link(file, into / file.name)
    return record


def share(store: DeliveryStore, shared: DeliveryStore, load_id: str, result: str) -> None:
    """Offer a load that passed the gate to other homes. `result`: the name of the file with the gate's result."""
    record, known = store.record(load_id), shared.record(load_id)
    if record is None or (known is not None and find_damage(shared, known) is None):
        return
    shared.folder.mkdir(parents=True, exist_ok=True)
    incoming = Path(tempfile.mkdtemp(prefix=".", dir=shared.folder))
    try:
        _link(store.batch(load_id), incoming / BATCH)
        for name in (RECORD, result):
            shutil.copyfile(store.folder / load_id / name, incoming / name)
        shutil.rmtree(shared.folder / load_id, ignore_errors=True)
        with suppress(OSError):  # another home was faster
            incoming.rename(shared.folder / load_id)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    _drop_unused(shared, load_id)


def _drop_unused(shared: DeliveryStore, newest: str) -> None:
    """Remove earlier loads that no home links to any more. One that homes hold as copies is read again by the next home."""
    for record in shared.records():
        with suppress(OSError):
            if record.load_id != newest and shared.batch(record.load_id).stat().st_nlink == 1:
                shutil.rmtree(shared.folder / record.load_id)


def _link(file: Path, to: Path) -> None:
    """A hard link of a batch, so that it takes its space once; a copy on another file system, and of what a home replaces."""
    if file.name == BATCH:
        with suppress(OSError):
            os.link(file, to)
            return
    shutil.copyfile(file, to)


class TwoHistories(ValueError):
    """A home has loads under the present and under a former name of a source."""

    def __init__(self, contract: Contract, former: str, folder: Path) -> None:
        super().__init__(
            f"{contract.source}: the contract has formerly: {former}, but this home has loads of both. To continue the history "
            f"of {former}, move the folder {folder} out of the home: the next run reads its files again, after the others. "
            "To keep both apart, take formerly out of the contract"
        )


def check_histories(home: Home, contracts: Iterable[Contract]) -> None:
    """Raise `TwoHistories` if the loads of a former name have no place to move to."""
    for contract in contracts:
        folder = home.deliveries / contract.source
        for former in _with_deliveries(home, contract):
            if folder.is_dir() and any(path.name != INCOMING for path in folder.iterdir()):
                raise TwoHistories(contract, former, folder)
            folder = home.deliveries / former


def move_sources(home: Home, con: DuckDBPyConnection, contracts: Iterable[Contract]) -> list[str]:
    """Move every source with a former name; one sentence per source that had something to move."""
    notes = []
    for contract in contracts:
        for former in _with_deliveries(home, contract):
            _forget(con, former)
            store, present = DeliveryStore(home.deliveries, former), home.deliveries / contract.source
            for path in store.folder.glob(f"*/{RECORD}"):
                record = store.record(path.parent.name)
                if record is not None:
                    store.save(record.model_copy(update={"source": contract.source}))
            _forget(con, contract.source)  # of a folder that was moved away (`TwoHistories`)
            shutil.rmtree(present, ignore_errors=True)  # what a killed delivery left
            store.folder.rename(present)
            loads = len(DeliveryStore(home.deliveries, contract.source).accepted() or ())
            notes.append(f"{former} is called {contract.source} now; accepted loads that go on under that name: {loads}")
    return notes


def _with_deliveries(home: Home, contract: Contract) -> list[str]:
    return [name for name in contract.formerly if (home.deliveries / name).is_dir()]


def _forget(con: DuckDBPyConnection, source: str) -> None:
    """Drop the tables and views of a source, and its rows in `intake`."""
    for kind, schema in (("view", "typed"), ("view", "delivery"), ("table", "withheld"), ("table", "landing")):
        con.execute(f"drop {kind} if exists {schema}.{quoted(source)}")
    for table in _BY_SOURCE:
        con.execute(f"delete from intake.{table} where source = {literal(source)}")

"""Write a delivery to the store: one Parquet batch with the text as sent, and a delivery record.

See `ingest.connectors` for reading, `expectations` for checking and `ingest.landing.landing_table` for promoting a batch.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.connectors import CursorPosition, DeliveredTable, DownloadedFile, Origin, SourceChangedDuringRead
from ingest.contract import Contract
from ingest.delivery.batch_file import GROUP_ROWS, add_load_id, label, open_batch_file, with_load_id
from ingest.delivery.reading import Conformer, ReadTable, TableFacts, read_table
from ingest.delivery.records import DeliveryRecord, FileRecord, LeftOutFile
from ingest.delivery.removals import RowFilter
from ingest.delivery.snapshot_date import snapshot_identity
from ingest.delivery.store import BATCH, INCOMING, RECORD, DeliveryStore, adopt, compute_load_id, layout_identity, table_hashes
from ingest.errors import DeliveryError
from warehouse.fingerprint import bytes_sha256, file_sha256

Progress = Callable[[int], None]


ReadTables = Callable[[Sequence[DeliveredTable], Path], Mapping[str, ReadTable | DeliveryError]]
"""Reads some tables of a delivery, by their names, into files of a folder; `write_batch` reads the others."""

# A source that changes while it is read is read again: a portal that reloads its data at night is done within minutes.
READ_ATTEMPTS, PAUSE_SECONDS = 3, 10.0


@dataclasses.dataclass(frozen=True)
class DeliveryOptions:
    """How a delivery is read.

    `live` and `since` describe the request to a source with a cursor, `fetched_on` the day of a live request. `row_filter` drops
    rows that may not be kept; `left_out` are files that are held back. `read_tables` reads tables in other processes. `progress`
    is called with the number of rows read. `shared` has batches that other homes have read.
    """

    live: bool = False
    since: CursorPosition | None = None
    fetched_on: dt.date | None = None
    row_filter: RowFilter | None = None
    left_out: tuple[LeftOutFile, ...] = ()
    read_tables: ReadTables | None = None
    progress: Progress = lambda _rows: None
    shared: DeliveryStore | None = None


READ_WHOLE = DeliveryOptions()


def deliver(
    contract: Contract,
    origin: Origin,
    store: DeliveryStore,
    hash_key: bytes | None,
    now: dt.datetime,
    options: DeliveryOptions = READ_WHOLE,
) -> DeliveryRecord:
    """Write the origin's records as one batch; a delivery that is already stored is not read again.

    A source that changes while it is read is read again. Raises `DeliveryError` if it cannot be read, and leaves nothing of it on
    disk.
    """
    attempt = partial(_deliver, contract, origin, store, hash_key, now, options)
    for _ in range(READ_ATTEMPTS - 1):
        try:
            return attempt()
        except SourceChangedDuringRead:
            time.sleep(PAUSE_SECONDS)
    return attempt()


def as_newest_load(record: DeliveryRecord, store: DeliveryStore) -> DeliveryRecord:
    """The record as the newest load of its store, if only a part of the same delivery is newer."""
    last = store.last_sequence()
    if record.sequence >= last:
        return record
    newest = record.model_copy(update={"sequence": last + 1})
    store.save(newest)
    return newest


def as_next_load(record: DeliveryRecord, store: DeliveryStore) -> DeliveryRecord:
    """The record as the next load of another store would have it: with the files that are new there."""
    first, sequence = store.first_sequences(), store.last_sequence() + 1
    files = _with_first_sequences(record.files, sequence, first)
    return record.model_copy(update={"sequence": sequence, "files": files})


def _deliver(
    contract: Contract, origin: Origin, store: DeliveryStore, hash_key: bytes | None, now: dt.datetime, options: DeliveryOptions
) -> DeliveryRecord:
    stored = store.records()
    newest = stored[-1] if stored else None
    sequence = store.last_sequence() + 1
    # files in the order of their names, like the tables; a name counts only for the date of a snapshot that it contains
    dated = snapshot_identity(contract, origin.file_hashes, options.fetched_on)
    # a download that has not changed has no tables
    tables = [table.name for table in origin.tables] or [file.name for file in (newest.files if newest else ())]
    hashes = table_hashes(contract, tables, origin.file_hashes, stored)
    content = (*origin.file_hashes.values(), *dated, *layout_identity(contract, hashes, origin.file_hashes))
    load_id = compute_load_id(contract, content) if origin.file_hashes else None
    known = store.record(load_id) if load_id else None
    if known:
        return _deliver_again(store, known, newest, sequence, origin.fetched, options.left_out)
    _refuse_damaged_records(store, load_id)
    incoming = store.folder / INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    try:
        shared = options.shared
        is_new = load_id is not None and store.sequence(load_id) is None
        if shared and load_id and is_new and (adopted := adopt(shared, load_id, incoming)):
            adopted = adopted.model_copy(update={"delivered_at": now.replace(microsecond=0), "fetched": origin.fetched})
            return _stored(store, incoming, as_next_load(adopted, store))
        writer = _BatchWriter(Conformer(contract, hash_key), origin, options, hashes)
        writer.write(incoming / BATCH, load_id)
        if load_id is None:
            # how far back the source was asked
            reach = (options.since.as_text() if options.since else "whole",) if writer.by_cursor else ()
            load_id = compute_load_id(contract, (f"{writer.rows_hash:064x}", *reach, *dated))
            known = store.record(load_id)
            if known:
                return _deliver_again(store, known, newest, sequence)
            add_load_id(incoming / BATCH, load_id)
        before = store.sequence(load_id)  # of the same delivery, if its batch or record was damaged
        if before is not None:
            sequence = before if before == sequence - 1 else sequence  # the newest load stays the newest
        return _stored(store, incoming, writer.record(load_id, sequence, file_sha256(incoming / BATCH), now, store))
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _stored(store: DeliveryStore, incoming: Path, record: DeliveryRecord) -> DeliveryRecord:
    """Move a complete delivery into the store."""
    final = store.folder / record.load_id
    for result in final.glob("*.json"):  # of a gate or an acceptance
        shutil.copyfile(result, incoming / result.name)
    shutil.rmtree(final, ignore_errors=True)
    (incoming / RECORD).write_text(record.model_dump_json(indent=1), encoding="utf-8")
    incoming.replace(final)
    return record


def _refuse_damaged_records(store: DeliveryStore, load_id: str | None) -> None:
    """DeliveryError if the record of another load is damaged: it orders files and loads, which decides what rows count."""
    for path in store.unreadable():
        if path.parent.name != load_id:
            remedy = "restore it from a backup, or send that delivery again; without both, move its folder out of the home"
            raise DeliveryError(store.source, str(path), "the record of this earlier delivery cannot be read", remedy)


def _deliver_again(
    store: DeliveryStore,
    known: DeliveryRecord,
    newest: DeliveryRecord | None,
    sequence: int,
    fetched: tuple[DownloadedFile, ...] = (),
    left_out: tuple[LeftOutFile, ...] = (),
) -> DeliveryRecord:
    updated = known.model_copy(update={"fetched": fetched or known.fetched, "left_out": left_out})
    is_older = newest is not None and newest.load_id != known.load_id and not newest.is_rest_of(known)
    if is_older or known.left_out != left_out:
        # the department sent an earlier state again, so that it is the newest now
        updated = updated.model_copy(update={"sequence": sequence})
    if updated != known:
        store.save(updated)
    return updated


class _BatchWriter:
    """Streams the tables of an origin into one Parquet file, and keeps what each contained for the delivery record."""

    def __init__(self, conformer: Conformer, origin: Origin, options: DeliveryOptions, hashes: Mapping[str, str | None]) -> None:
        self._conformer, self._origin, self._options, self._hashes = conformer, origin, options, hashes
        self._contract = conformer.contract
        self.by_cursor = options.live and getattr(conformer.contract.connector, "cursor", None) is not None
        self._facts: dict[str, TableFacts] = {}
        self.rows_hash = 0

    def write(self, path: Path, load_id: str | None) -> None:
        tables, options = self._origin.tables, self._options
        if not tables:
            raise DeliveryError(self._contract.source, "(folder)", "it contains no file to read", "deliver at least one file")
        schema = with_load_id(self._conformer.schema) if load_id else self._conformer.schema
        with open_batch_file(path, schema) as write:

            def add(batch: pa.RecordBatch) -> None:
                write(label(batch, load_id, schema) if load_id else batch)
                if not self._origin.file_hashes:
                    self._add_to_hash(batch)

            already_read = options.read_tables(tables, path.parent) if options.read_tables else {}
            for table in tables:
                other = already_read.get(table.name)
                if isinstance(other, DeliveryError):
                    raise other
                if other is not None:
                    file, self._facts[table.name] = other
                    with pq.ParquetFile(file) as rows:
                        for batch in rows.iter_batches(GROUP_ROWS):
                            add(batch)
                            options.progress(batch.num_rows)
                    file.unlink()
                    continue
                self._facts[table.name] = read_table(
                    self._conformer,
                    table,
                    add,
                    row_filter=options.row_filter,
                    fetched_on=options.fetched_on,
                    progress=options.progress,
                )

    def _add_to_hash(self, batch: pa.RecordBatch) -> None:
        # database rows have no order: the sum of row hashes depends on none, and counts repeated rows
        columns = [batch.column(column.name) for column in self._contract.kept_columns]
        rows = pc.binary_join_element_wise(*columns, "\x1f", null_handling="replace", null_replacement="\x00")
        for row in rows.cast(pa.binary()).to_pylist():
            self.rows_hash += int(bytes_sha256(row), 16)
        self.rows_hash %= 1 << 256

    def record(self, load_id: str, sequence: int, batch_sha256: str, now: dt.datetime, store: DeliveryStore) -> DeliveryRecord:
        options, since, tables = self._options, self._options.since, self._facts.values()
        snapshot = self._contract.snapshot
        files = [table.record.model_copy(update={"sha256": self._hashes[table.record.name]}) for table in tables]
        record = DeliveryRecord(
            source=self._contract.source,
            load_id=load_id,
            sequence=sequence,
            delivered_at=now.replace(microsecond=0),
            rows=sum(file.rows for file in files),
            files=_with_first_sequences(files, sequence, store.first_sequences()),
            columns_missing=tuple(dict.fromkeys(name for table in tables for name in table.missing)),
            columns_unknown=tuple(dict.fromkeys(name for table in tables for name in table.unknown)),
            columns_repeated=tuple(dict.fromkeys(name for table in tables for name in table.repeated)),
            whole=self.by_cursor and since is None,
            since=since.as_text() if self.by_cursor and since else None,
            fetched=self._origin.fetched,
            batch_sha256=batch_sha256,
            fetched_on=options.fetched_on if snapshot and "fetched" in snapshot.from_ else None,
            rows_erased=sum(table.erased for table in tables),
            rows_past_keeping=sum(table.past_keeping for table in tables),
            left_out=options.left_out,
        )
        stored = store.records() if options.left_out else ()
        if not stored or not record.is_rest_of(stored[-1]):
            return record
        # files that are new in the whole delivery, which was held back, are new in the rest of it
        new = {file.sha256 for file in record.files if file.first_sequence == stored[-1].sequence}
        renewed = (file.model_copy(update={"first_sequence": sequence}) if file.sha256 in new else file for file in record.files)
        return record.model_copy(update={"files": tuple(renewed)})


def _with_first_sequences(files: Iterable[FileRecord], sequence: int, first: Mapping[str, int]) -> tuple[FileRecord, ...]:
    return tuple(file.model_copy(update={"first_sequence": first.get(file.sha256 or "", sequence)}) for file in files)

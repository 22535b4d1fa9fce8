"""A delivery written down as sent: one Parquet batch and a receipt.

Here: the load id, the batch file, the receipt and the order of loads. Not here: reading (`connectors`), judging
(`expectations`), taking in (`ingest.landing.promote`).

    deliveries/<source>/<load_id>/batch.parquet   text under the contract's names, with _load_id, _source_file, _source_row
    deliveries/<source>/<load_id>/receipt.json    what was delivered, and when

The same bytes under the same contract are the same load, whatever the files are called.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.connectors import Conformer, DeliveryError, Fetched, Origin, Shifted, Since
from ingest.contract import Contract
from ingest.landing.snapshots import date_of_file, is_dated_by_fetch, terms
from warehouse.files import write_atomically
from warehouse.fingerprint import bytes_sha256, file_sha256, json_sha256, text_sha256

LOAD_ID_DIGITS = 16
BATCH, RECEIPT, FILES = "batch.parquet", "receipt.json", "files.json"
INCOMING = ".incoming"
Progress = Callable[[int], None]
# As many as DuckDB keeps together: smaller groups are put together again when a batch lands, for up to half as much time again.
GROUP_ROWS = 122_880
# Rows that moved while they were read are read again: a portal that is loaded anew at night is done within minutes.
SHIFT_ATTEMPTS, SHIFT_PAUSE_SECONDS = 3, 10.0


@dataclasses.dataclass(frozen=True)
class FileReceipt:
    """One file (or table) of a delivery: its name, what it is known by, its records, and its header as it stood.

    `sha256` is of the file's bytes; for a member of an archive of the archive's and the member's name; None for a database.
    `crs` is the coordinate reference system of its coordinates, as the file declares it or else the contract.
    `first_sequence` is that of the first load with the same bytes, by which releases are ordered
    (`ingest.landing.partition_releases`). `snapshot_on` is the day that a stock is of, in ISO form, where the file or the
    contract has it (`ingest.landing.snapshots`).
    """

    name: str
    sha256: str | None
    rows: int
    header: tuple[str, ...]
    second_header: tuple[str, ...] = ()
    crs: str | None = None
    first_sequence: int | None = None
    snapshot_on: str | None = None


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What was delivered. `sequence` is the order of loads of the source; a load that comes again moves to the end.

    Of a source with a cursor, a live delivery holds either everything (`whole`) or what is new from `since` on; both say
    nothing of a file. `fetched` are the marks of files that were downloaded, `fetched_on` the day that dates a live stock.
    """

    source: str
    load_id: str
    sequence: int
    delivered_at: str
    rows: int
    files: tuple[FileReceipt, ...]
    columns_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    columns_repeated: tuple[str, ...] = ()
    whole: bool = False
    since: str | None = None
    fetched: tuple[Fetched, ...] = ()
    batch_sha256: str | None = None
    fetched_on: str | None = None

    def to_json(self) -> str:
        """The receipt as it lies on disk."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """A receipt as it was written."""
        data: dict[str, Any] = json.loads(text)
        for key in ("columns_missing", "columns_unknown", "columns_repeated"):
            data[key] = tuple(data[key])
        data["files"] = tuple(
            FileReceipt(**f | {"header": tuple(f["header"]), "second_header": tuple(f["second_header"])}) for f in data["files"]
        )
        data["fetched"] = tuple(Fetched(**file) for file in data.get("fetched", ()))
        return cls(**data)


class DeliveryStore:
    """The deliveries of one source on disk."""

    def __init__(self, root: Path, source: str) -> None:
        self.source, self.folder = source, root / source

    def batch(self, load_id: str) -> Path:
        """The Parquet file of a load."""
        return self.folder / load_id / BATCH

    def receipt(self, load_id: str) -> Receipt | None:
        """The receipt of a load, or None if it was never delivered whole."""
        path = self.folder / load_id / RECEIPT
        return Receipt.from_json(path.read_text(encoding="utf-8")) if path.is_file() and self.batch(load_id).is_file() else None

    def receipts(self) -> tuple[Receipt, ...]:
        """All whole deliveries in the order of loads."""
        # a kill may have left INCOMING with everything in it
        folders = (path.parent.name for path in self.folder.glob(f"*/{RECEIPT}") if path.parent.name != INCOMING)
        found = (self.receipt(load_id) for load_id in folders)
        return tuple(sorted((receipt for receipt in found if receipt), key=lambda receipt: receipt.sequence))

    def last_sequence(self) -> int:
        """The sequence number of the newest load, also of one whose batch is damaged since; 0 before the first."""
        receipts = [path for path in self.folder.glob(f"*/{RECEIPT}") if path.parent.name != INCOMING]
        return max((Receipt.from_json(path.read_text(encoding="utf-8")).sequence for path in receipts), default=0)

    def known_files(self, contract: Contract, fetched_on: dt.date | None = None) -> tuple[Fetched, ...]:
        """The downloads of the newest delivery, if it was read under the same contract and its batch is still there."""
        receipts = self.receipts()
        if not receipts or not receipts[-1].fetched:
            return ()
        files = receipts[-1].fetched
        said = (*(file.sha256 for file in files), *terms(contract, (file.name for file in receipts[-1].files), fetched_on))
        return files if load_id(contract, said) == receipts[-1].load_id else ()

    def first_sequences(self) -> dict[str, int]:
        """By the hash of each file that was ever delivered, the sequence of the first load with it."""
        path = self.folder / FILES
        first: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        # also those whose batch was damaged since
        written = (path for path in self.folder.glob(f"*/{RECEIPT}") if path.parent.name != INCOMING)
        for receipt in (Receipt.from_json(path.read_text(encoding="utf-8")) for path in written):
            for file in receipt.files:
                if file.sha256 is not None:
                    sequence = receipt.sequence if file.first_sequence is None else file.first_sequence
                    first[file.sha256] = min(sequence, first.get(file.sha256, sequence))
        return first

    def remember_files(self) -> None:
        """Write down which load had each file first, so that it is still known when the deliveries are removed."""
        write_atomically(self.folder / FILES, json.dumps(self.first_sequences(), indent=1) + "\n")

    def save(self, receipt: Receipt) -> None:
        """Write a receipt whole or not at all."""
        path = self.folder / receipt.load_id / RECEIPT
        incoming = path.with_suffix(".tmp")
        incoming.write_text(receipt.to_json(), encoding="utf-8")
        incoming.replace(path)


def load_id(contract: Contract, hashes: tuple[str, ...]) -> str:
    """First 16 hex digits of SHA-256 over the source, the contract's format, load and columns, and what was delivered."""
    terms = contract.model_dump(mode="json", include={"format", "load", "columns"}, by_alias=True)
    return json_sha256([contract.source, terms["format"], terms["load"], terms["columns"], hashes])[:LOAD_ID_DIGITS]


def as_next_load(receipt: Receipt, store: DeliveryStore) -> Receipt:
    """The receipt as it would be if the delivery was the next load of a store: which of its files are new there."""
    first, sequence = store.first_sequences(), store.last_sequence() + 1
    files = tuple(dataclasses.replace(file, first_sequence=first.get(file.sha256 or "", sequence)) for file in receipt.files)
    return dataclasses.replace(receipt, sequence=sequence, files=files)


def deliver(
    contract: Contract,
    origin: Origin,
    store: DeliveryStore,
    hash_key: bytes | None,
    now: dt.datetime,
    progress: Progress = lambda _rows: None,
    *,
    live: bool = False,
    since: Since | None = None,
    fetched_on: dt.date | None = None,
) -> Receipt:
    """Write the origin's records down as one batch; a delivery that is there already is not read again.

    `live` and `since` say how the origin of a source with a cursor was asked, `fetched_on` on which day a live one was asked.
    Rows that move while they are read are read again. Raises `DeliveryError` when it cannot be read; nothing of it stays on disk
    then.
    """
    for _ in range(SHIFT_ATTEMPTS - 1):
        try:
            return _deliver(contract, origin, store, hash_key, now, progress, live, since, fetched_on)
        except Shifted:
            time.sleep(SHIFT_PAUSE_SECONDS)
    return _deliver(contract, origin, store, hash_key, now, progress, live, since, fetched_on)


def _deliver(
    contract: Contract,
    origin: Origin,
    store: DeliveryStore,
    hash_key: bytes | None,
    now: dt.datetime,
    progress: Progress,
    live: bool,
    since: Since | None,
    fetched_on: dt.date | None,
) -> Receipt:
    has_cursor = live and getattr(contract.connector, "cursor", None) is not None
    reach = (since.text() if since else "whole",) if has_cursor else ()
    known = store.receipts()
    newest = known[-1] if known else None
    sequence = store.last_sequence() + 1
    # files in the order of their names, like the parts; of the names only what dates a snapshot counts
    dated = terms(contract, origin.file_hashes, fetched_on)
    identity = load_id(contract, (*origin.file_hashes.values(), *dated)) if origin.file_hashes else None
    there = store.receipt(identity) if identity else None
    if there:
        return _again(store, there, newest, sequence, origin.fetched)
    incoming = store.folder / INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    try:
        writer = _BatchWriter(contract, origin, hash_key, progress, fetched_on)
        writer.write(incoming / BATCH, identity)
        if identity is None:
            identity = load_id(contract, (writer.rows_hash(), *reach, *dated))
            there = store.receipt(identity)
            if there:
                return _again(store, there, newest, sequence)
            _stamp(incoming / BATCH, identity)
        final = store.folder / identity
        before = final / RECEIPT  # of the same delivery, whose batch was damaged since
        if before.is_file() and Receipt.from_json(before.read_text(encoding="utf-8")).sequence == sequence - 1:
            sequence -= 1  # it is the newest, and stays it
        receipt = dataclasses.replace(
            writer.receipt(identity, sequence, now, store.first_sequences()),
            whole=has_cursor and since is None,
            since=since.text() if has_cursor and since else None,
            fetched=origin.fetched,
            fetched_on=fetched_on.isoformat() if fetched_on and is_dated_by_fetch(contract) else None,
            batch_sha256=file_sha256(incoming / BATCH),
        )
        for said in final.glob("*.json"):  # a verdict, an acceptance
            shutil.copyfile(said, incoming / said.name)
        shutil.rmtree(final, ignore_errors=True)
        (incoming / RECEIPT).write_text(receipt.to_json(), encoding="utf-8")
        incoming.replace(final)
        return receipt
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _again(
    store: DeliveryStore, there: Receipt, newest: Receipt | None, sequence: int, fetched: tuple[Fetched, ...] = ()
) -> Receipt:
    moved = dataclasses.replace(there, fetched=fetched or there.fetched)
    if newest is not None and newest.load_id != there.load_id:
        # an earlier state was delivered anew: it is the latest word now
        moved = dataclasses.replace(moved, sequence=sequence)
    if moved != there:
        store.save(moved)
    return moved


class _BatchWriter:
    """Streams the parts of an origin into one Parquet file and remembers what the receipt needs."""

    def __init__(
        self, contract: Contract, origin: Origin, hash_key: bytes | None, progress: Progress, fetched_on: dt.date | None
    ) -> None:
        self._contract, self._origin, self._progress, self._fetched_on = contract, origin, progress, fetched_on
        self._conformer = Conformer(contract, hash_key)
        self._files: list[FileReceipt] = []
        self._missing: dict[str, None] = {}
        self._unknown: dict[str, None] = {}
        self._repeated: dict[str, None] = {}
        self._rows_hash = 0

    def write(self, path: Path, identity: str | None) -> None:
        if not self._origin.parts:
            raise DeliveryError(self._contract.source, "(folder)", "there is nothing to read in it", "deliver at least one file")
        schema = _with_load_id(self._conformer.schema) if identity else self._conformer.schema
        with _groups(path, schema) as write:
            for part in self._origin.parts:
                with part.read() as opened:
                    match = self._conformer.match(opened.header)
                    if not match.fits:
                        # whatever stands there instead is data, and must not get into the receipt as a header
                        raise DeliveryError(
                            self._contract.source,
                            part.name,
                            "its header holds none of the contract's columns",
                            "deliver it with its header row, or mend format.header and format.delimiter in the contract",
                        )
                    self._missing.update(dict.fromkeys(match.missing))
                    self._unknown.update(dict.fromkeys(match.unknown))
                    self._repeated.update(dict.fromkeys(match.repeated))
                    rows = 0
                    for batch in self._conformer.batches(opened.batches, match, part.name):
                        write(_labelled(batch, identity, schema) if identity else batch)
                        rows += batch.num_rows
                        self._progress(batch.num_rows)
                        if not self._origin.file_hashes:
                            self._add_to_hash(batch)
                # the second row may be data after all, so nothing is kept of it that may not be on disk
                second = tuple("" if at in match.private else cell for at, cell in enumerate(opened.second_header))
                sha256 = self._sha256(part.name)
                day = date_of_file(self._contract, part.name, opened.footer, self._fetched_on)
                self._files.append(
                    FileReceipt(
                        part.name, sha256, rows, opened.header, second, opened.crs, snapshot_on=day.isoformat() if day else None
                    )
                )

    def _sha256(self, part: str) -> str | None:
        for name, value in self._origin.file_hashes.items():
            if part == name:
                return value
            if part.startswith(f"{name}/"):
                return text_sha256(f"{value}{part.removeprefix(name)}")
        return None

    def _add_to_hash(self, batch: pa.RecordBatch) -> None:
        # a table has no order of its own: the sum of row hashes does not depend on one, and counts repeated rows
        columns = [batch.column(column.name) for column in self._contract.kept_columns]
        rows = pc.binary_join_element_wise(*columns, "\x1f", null_handling="replace", null_replacement="\x00")
        for row in rows.cast(pa.binary()).to_pylist():
            self._rows_hash += int(bytes_sha256(row), 16)
        self._rows_hash %= 1 << 256

    def rows_hash(self) -> str:
        return f"{self._rows_hash:064x}"

    def receipt(self, identity: str, sequence: int, now: dt.datetime, first: Mapping[str, int]) -> Receipt:
        files = (dataclasses.replace(file, first_sequence=first.get(file.sha256 or "", sequence)) for file in self._files)
        return Receipt(
            source=self._contract.source,
            load_id=identity,
            sequence=sequence,
            delivered_at=now.isoformat(timespec="seconds"),
            rows=sum(file.rows for file in self._files),
            files=tuple(files),
            columns_missing=tuple(self._missing),
            columns_unknown=tuple(self._unknown),
            columns_repeated=tuple(self._repeated),
        )


@contextmanager
def _groups(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Write batches, whatever their sizes, to a Parquet file in row groups of one size.

    One group is written while the next one is read: packing it takes as long as reading it.
    """
    waiting: list[pa.RecordBatch] = []
    packing: Future[None] | None = None

    with pq.ParquetWriter(path, schema, compression="zstd") as parquet, ThreadPoolExecutor(1) as packer:

        def pack(rows: pa.Table) -> None:
            nonlocal packing
            if packing is not None:
                packing.result()
            packing = packer.submit(parquet.write_table, rows, GROUP_ROWS)

        def write(batch: pa.RecordBatch) -> None:
            waiting.append(batch)
            if sum(part.num_rows for part in waiting) < GROUP_ROWS:
                return
            rows = pa.Table.from_batches(waiting, schema)
            whole = rows.num_rows - rows.num_rows % GROUP_ROWS
            pack(rows.slice(0, whole))
            waiting[:] = rows.slice(whole).to_batches()

        yield write
        if waiting:
            pack(pa.Table.from_batches(waiting, schema))
        if packing is not None:
            packing.result()


def _with_load_id(schema: pa.Schema) -> pa.Schema:
    return pa.schema([("_load_id", pa.string()), *schema])


def _labelled(batch: pa.RecordBatch, identity: str, schema: pa.Schema) -> pa.RecordBatch:
    identities = pa.array([identity], pa.string()).take(pa.repeat(0, batch.num_rows))
    return pa.RecordBatch.from_arrays([identities, *batch.columns], schema=schema)


def _stamp(path: Path, identity: str) -> None:
    """Add `_load_id` to the batch of a table, which is known only when its last row has been read."""
    stamped = path.with_suffix(".stamped")
    source = pq.ParquetFile(path)
    schema = _with_load_id(source.schema_arrow)
    with _groups(stamped, schema) as write:
        for batch in source.iter_batches():
            write(_labelled(batch, identity, schema))
    stamped.replace(path)

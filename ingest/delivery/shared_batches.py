"""Share the batches of national deliveries between homes: one home reads and checks a delivery, the others link to its batch.

    <folder>/<source>/<load_id>/    batch, record and result of the gate, as in a home (`ingest.delivery.store`)

A batch is never changed, so that homes and this folder are hard links to one file where they are on one file system, and copies
elsewhere. A home that erases rows of its own, or lets an agreement end, replaces and removes its own link alone: a national
contract has public columns only (`ingest.contract`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from ingest.delivery.integrity import find_damage
from ingest.delivery.records import DeliveryRecord
from ingest.delivery.store import BATCH, RECORD, DeliveryStore


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

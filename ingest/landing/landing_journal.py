"""The journal of a source's landing: a copy of its ledger next to its deliveries (`deliveries/<source>/landed.json`).

The working warehouse can be deleted at any time, because Levelground rebuilds it from the deliveries. Only the ledger records
which loads were promoted, in which order and under which contract, so Levelground copies it to the deliveries. See
`ingest.landing.replay` for rebuilding.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection
from pydantic import TypeAdapter, ValidationError

from ingest.contract import Contract
from ingest.delivery import JOURNAL, DeliveryStore
from ingest.landing.ledger import LoadRecord, read_ledger
from ingest.landing.withheld_records import keeps_withheld_records, save_withheld
from warehouse.files import write_atomically


class JournalDamaged(Exception):
    """The journal cannot be read, and the ledger has no load of the source to write it again from."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} cannot be read, and the working warehouse has no load of this source. Restore the file from a backup. "
            "Without one, delete it: the next run promotes the deliveries that it finds, not the earlier ones"
        )


class JournalEntry(LoadRecord):
    """A load of the ledger, and how many of its rows are in landing."""

    rows_in_landing: int


_ENTRIES = TypeAdapter(tuple[JournalEntry, ...])


def save_journal(con: DuckDBPyConnection, contract: Contract, store: DeliveryStore) -> None:
    """Copy the ledger of the source to its journal if the journal has other loads."""
    ledger = read_ledger(con, contract.source)
    if [(load.load_id, load.sequence) for load in read_journal(store) or ()] == [
        (load.load_id, load.sequence) for load in ledger
    ]:
        return
    counted = con.execute(f'select _load_id, count(*) from landing."{contract.source}" group by all').fetchall()
    rows = dict(counted)
    entries = tuple(JournalEntry(**dict(load), rows_in_landing=rows.get(load.load_id, 0)) for load in ledger)
    if keeps_withheld_records(contract):
        save_withheld(con, contract, store.folder)
    write_journal(store, entries)


def write_journal(store: DeliveryStore, entries: tuple[JournalEntry, ...]) -> None:
    """Replace the journal of the source."""
    write_atomically(store.folder / JOURNAL, _ENTRIES.dump_json(entries, indent=1).decode() + "\n")


def read_journal(store: DeliveryStore) -> tuple[JournalEntry, ...] | None:
    """The promoted loads of the source in their order; empty if none was promoted, None if the file is damaged."""
    path = store.folder / JOURNAL
    try:
        return _ENTRIES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except ValidationError:
        return None

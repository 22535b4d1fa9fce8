"""Move what a home has of a source to its present name, after its contract named the former one (`formerly`).

The stored deliveries, and with them the accepted loads, decisions of people and removals, move as one folder. The working
warehouse forgets the former name: landing is made again from the accepted loads (`ingest.landing.landing_table`). A kill in
between loses nothing, because the folder moves last, and the next run begins again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery.store import INCOMING, RECORD, DeliveryStore
from warehouse.paths import Home
from warehouse.sql import literal, quoted

# Tables of `intake` with a column `source`; a removal is copied from the moved folder.
_BY_SOURCE = ("loads", "rejected_rows", "marks", "superseded_rows", "superseded_since", "erasures", "erased_records")


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
            if _is_used(folder):
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


def _is_used(folder: Path) -> bool:
    return folder.is_dir() and any(path.name != INCOMING for path in folder.iterdir())


def _forget(con: DuckDBPyConnection, source: str) -> None:
    """Drop the tables and views of a source, and its rows in `intake`."""
    for kind, schema in (("view", "typed"), ("view", "delivery"), ("table", "withheld"), ("table", "landing")):
        con.execute(f"drop {kind} if exists {schema}.{quoted(source)}")
    for table in _BY_SOURCE:
        con.execute(f"delete from intake.{table} where source = {literal(source)}")

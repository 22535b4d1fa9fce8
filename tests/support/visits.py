"""A small contract to change, what is read from a file of it, and landing tables in memory that batches are promoted to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.connectors import Origin, open_folder
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.delivery import AcceptedLoad, Conformer, DeliveryRecord, DeliveryStore, deliver
from ingest.landing import Batch, LandingTable, LoadCounts, count_load_rows, ensure_tables
from ingest.landing.tables import LOAD_COLUMNS, MARKS
from ingest.readers import delivered_files
from warehouse.metadata import migrate

CONTRACT: dict[str, Any] = {
    "source": "dpt__visits",
    "title": "Visits to the front desk",
    "department": "dpt",
    "policy_area": "health",
    "jurisdiction": "5553000",
    "grain": "one row per visit",
    "steward": {"team": "Front desk", "contact": "desk@dpt.example"},
    "agreement": {"basis": "open_data", "classification": "public"},
    "statistical_unit": "record",
    "platform": "A file",
    "connector": {"kind": "file"},
    "format": {"kind": "csv"},
    "load": {"mode": "replace"},
    "cadence": "once",
    "freshness": None,
    "columns": [{"name": "a", "from": "A"}, {"name": "b", "from": "B"}],
}
CITY_ZONE = "America/Chicago"
NOON = dt.datetime(2025, 12, 1, 12)
HASH_KEY = b"a key for tests"


@dataclass(frozen=True)
class Table:
    """One part of a delivery, read to its end: rows are those of the contract, without the load columns."""

    name: str
    header: tuple[str, ...]
    second: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    rows: list[tuple[str | None, ...]]
    numbers: list[int]


def visits_contract(**changes: Any) -> Contract:
    """The small contract with other top-level keys: `columns` replaces all of them."""
    return Contract.model_validate(CONTRACT | changes, context=load_vocabulary())


def read_origin(contract: Contract, origin: Origin) -> list[Table]:
    """Read an origin to its end."""
    tables = []
    conformer = Conformer(contract, HASH_KEY)
    for part in origin.tables:
        with part.read() as opened:
            match = conformer.match(opened.header, part.name, opened.layout)
            batches = conformer.batches(opened.batches, match, part.name)
            rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
        plain, numbers = [row[:-2] for row in rows], [row[-1] for row in rows]
        tables.append(
            Table(part.name, opened.header, opened.second_header, match.missing, match.unknown, match.repeated, plain, numbers)
        )
    return tables


@dataclass
class Warehouse:
    """Deliveries on disk and landing tables in memory; `take` is a run's deliver and promote, without the gate."""

    folder: Path
    con: DuckDBPyConnection
    deliveries: int = 0
    store: DeliveryStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = DeliveryStore(self.folder / "deliveries", CONTRACT["source"])
        migrate(self.con)

    def deliver(self, contract: Contract, files: dict[str, str | bytes]) -> DeliveryRecord:
        self.deliveries += 1
        folder = self.folder / f"in{self.deliveries}"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        origin = open_folder(contract, delivered_files(folder), folder)
        return deliver(contract, origin, self.store, HASH_KEY, NOON)

    def landing(self, contract: Contract) -> LandingTable:
        return LandingTable(self.con, contract, self.store, CITY_ZONE)

    def batch(self, contract: Contract, receipt: DeliveryRecord) -> Batch:
        return Batch(self.con, contract, receipt, self.store.batch(receipt.load_id), CITY_ZONE)

    def promote(self, contract: Contract, receipt: DeliveryRecord) -> AcceptedLoad:
        ensure_tables(self.con, contract, CITY_ZONE)
        return self.landing(contract).promote(receipt, run_id="run", now=NOON)

    def take(self, contract: Contract, files: dict[str, str | bytes]) -> AcceptedLoad:
        return self.promote(contract, self.deliver(contract, files))

    def rows(
        self,
        columns: str = f"* exclude ({', '.join((*LOAD_COLUMNS, *MARKS))})",
    ) -> list[Any]:
        """What landing holds, in the order of its first column."""
        return self.con.execute(f"select {columns} from landing.dpt__visits order by all").fetchall()

    def counts(self, contract: Contract, load_id: str) -> LoadCounts:
        return count_load_rows(self.con, contract, load_id)

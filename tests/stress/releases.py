"""Two releases of a table in a home of its own, for kills: `python -m tests.stress.releases HOME RELEASE` delivers one."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from warehouse.metadata import migrate

FIRST, SECOND = "first", "second"
YEARS, SCHOOLS = range(2015, 2025), range(2_000)
ZONE, NOON = "America/Chicago", dt.datetime(2025, 12, 1, 12)


def contract() -> Contract:
    """That of foreclosures: short rows, by year."""
    return load_registry()["dcd__foreclosures"]


def _text(keeps: Callable[[int, int], bool], more: int) -> str:
    header = "start_year,tract_2020,privately_owned_parcels,foreclosures,foreclosures_per_1k"
    rows = (f"{year},{55079000000 + at},100,{(at + more) % 50},1.5" for year in YEARS for at in SCHOOLS if keeps(year, at))
    return "\n".join([header, *rows, ""])


STATES: dict[str, Callable[[], str]] = {
    FIRST: lambda: _text(lambda _year, _at: True, 0),
    # the newest five years come again: some rows are withdrawn, all others corrected
    SECOND: lambda: _text(lambda year, at: year >= YEARS[5] and at % 100 != 7, 1),
}


@contextmanager
def open_home(home: Path) -> Iterator[tuple[DuckDBPyConnection, DeliveryStore]]:
    """The database and the deliveries of a home."""
    home.mkdir(exist_ok=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        migrate(con)
        ensure_tables(con, contract(), ZONE)
        yield con, DeliveryStore(home / "deliveries", contract().source)


def deliver_and_promote(con: DuckDBPyConnection, store: DeliveryStore, release: Path) -> None:
    """What a run does with a good delivery."""
    receipt = deliver(contract(), open_folder(contract(), delivered_files(release), release), store, None, NOON)
    LandingTable(con, contract(), store, ZONE).promote(receipt, run_id="run", now=NOON)


def landed(con: DuckDBPyConnection) -> list[Any]:
    """The rows of landing, without the load that brought them."""
    columns = "start_year, tract_geoid, foreclosures"
    rows: list[Any] = con.execute(f'select {columns} from landing."{contract().source}" order by all').fetchall()
    return rows


if __name__ == "__main__":
    with open_home(Path(sys.argv[1])) as opened:
        print("ready", flush=True)
        deliver_and_promote(*opened, Path(sys.argv[2]))

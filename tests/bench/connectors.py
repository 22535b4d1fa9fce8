"""Rows per second and peak memory of each live connector, from a server on this machine to the batch on disk.

    python -m tests.bench.connectors [kind …] [--rows N]

Each fetch runs in its own process, so that its peak is its own; the servers answer from this one. docs/connectors.md has the
figures of a run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer

from ingest.connectors import FetchRequest, open_live
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.delivery import DeliveryOptions, DeliveryStore, deliver
from tests.support.portals import FakeArcgis, FakeCkan, FakeSocrata
from tests.support.postgres import Postgres
from tests.support.visits import CONTRACT

COLUMNS = ("id", "opened_at", "address", "district", "category", "amount", "status", "note")


def record(number: int) -> dict[str, Any]:
    """A row of eight cells, some 90 bytes as CSV."""
    return {
        "id": number,
        "opened_at": f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d} 12:00:00",
        "address": f"{number % 9999} N {number % 99}TH ST",
        "district": number % 15 + 1,
        "category": f"Category {number % 40}",
        "amount": number / 100,
        "status": "open" if number % 3 else "closed",
        "note": None if number % 2 else "called back",
    }


@contextmanager
def postgres(rows: int) -> Iterator[dict[str, Any]]:
    """Make the table."""
    server = Postgres()
    try:
        server.do(
            "create table visits as select i as id, timestamp '2025-01-01' + i * interval '1 second' as opened_at, "
            "(i % 9999) || ' N ' || (i % 99) || 'TH ST' as address, i % 15 + 1 as district, 'Category ' || i % 40 as category, "
            "(i / 100.0)::numeric(12, 2) as amount, case when i % 3 = 0 then 'closed' else 'open' end as status, "
            f"case when i % 2 = 0 then 'called back' end as note from generate_series(1, {rows}) i"
        )
        os.environ["BENCH_URL"] = server.url()
        yield {"kind": "database", "credentials_env": "BENCH_URL", "table": "visits"}
    finally:
        server.remove()


@contextmanager
def portal(make: Callable[[HTTPServer], Any], keys: Callable[[Any], dict[str, Any]], rows: int) -> Iterator[dict[str, Any]]:
    """Start a portal with these rows."""
    with HTTPServer(threaded=True) as server:
        fake = make(server)
        fake.most = 50_000
        fake.load([record(number) for number in range(rows)])
        yield keys(fake)


@contextmanager
def http(rows: int) -> Iterator[dict[str, Any]]:
    """Make the CSV file."""
    with HTTPServer(threaded=True) as server:
        fake = FakeCkan(server)
        lines = [",".join(COLUMNS), *(",".join(map(str, record(number).values())) for number in range(rows))]
        fake.files["visits.csv"] = "\n".join(lines).encode()
        yield {"kind": "http", "url": f"{fake.url}/file/visits.csv"}


KINDS: dict[str, tuple[int, Callable[[int], Any]]] = {
    "database": (5_000_000, postgres),
    "ckan": (300_000, lambda rows: portal(FakeCkan, lambda p: {"kind": "ckan", "base_url": p.url, "resource": "r1"}, rows)),
    "socrata": (
        300_000,
        lambda rows: portal(FakeSocrata, lambda p: {"kind": "socrata", "base_url": p.url, "resource": "abcd-1234"}, rows),
    ),
    "arcgis": (100_000, lambda rows: portal(FakeArcgis, lambda p: {"kind": "arcgis", "base_url": p.layer}, rows)),
    "http": (1_000_000, http),
}


def peak_mb() -> int:
    """The most memory that this process had; `getrusage` would count the process that started it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def fetch(connector: dict[str, Any]) -> None:
    """Fetch once in this process, and print what it took."""
    columns = [{"name": name, "from": name} for name in COLUMNS]
    contract = Contract.model_validate(CONTRACT | {"connector": connector, "columns": columns}, context=load_vocabulary())
    importlib.import_module("ingest.connectors.portals.ckan")  # imports dlt
    with tempfile.TemporaryDirectory() as folder:
        before = peak_mb()
        started = time.monotonic()
        (Path(folder) / "fetched").mkdir()
        origin = open_live(contract, FetchRequest(os.environ, Path(folder) / "fetched"))
        assert origin is not None
        store = DeliveryStore(Path(folder) / "deliveries", contract.source)
        receipt = deliver(contract, origin, store, None, dt.datetime(2025, 12, 1), DeliveryOptions(live=True))
        seconds = time.monotonic() - started
    peak = peak_mb()
    print(json.dumps({"rows": receipt.rows, "seconds": round(seconds, 1), "before_mb": before, "peak_mb": peak}))


def main() -> None:
    """Measure the named kinds, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], default=[])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--fetch", type=json.loads)
    options = parser.parse_args()
    if options.fetch:
        fetch(options.fetch)
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    for kind in options.kinds or KINDS:
        most, serve = KINDS[kind]
        with serve(options.rows or most) as connector:
            command = [sys.executable, "-m", "tests.bench.connectors", "--fetch", json.dumps(connector)]
            result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        rate = result["rows"] / result["seconds"]
        memory = f"peak {result['peak_mb']} MB, {result['before_mb']} of it before the first row"
        print(f"{kind}: {result['rows']:,} rows in {result['seconds']} s, {rate:,.0f} rows/s, {memory}", flush=True)


if __name__ == "__main__":
    main()

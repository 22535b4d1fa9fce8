"""Delivered SQLite files: read from intact tables only, and interrupted by signals and limits like any other wait."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.connectors import FetchRequest, open_live
from ingest.contract import Contract
from ingest.errors import DeliveryError
from tests.conftest import ROOT
from tests.support.visits import CONTRACT

ENDLESS = "with recursive n(A, B) as (select 1, 2 union all select A + 1, B from n) select * from n"
DATABASE = {"connector": {"kind": "database", "credentials_env": "DPT_URL", "table": "visits"}}
Made = Callable[..., bytes]


@pytest.fixture
def make_database(tmp_path: Path) -> Made:
    """The bytes of a SQLite file with the results of some statements."""

    def make(*statements: str) -> bytes:
        path = tmp_path / "made"
        with closing(sqlite3.connect(path)) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        data = path.read_bytes()
        path.unlink()
        return data

    return make


@pytest.mark.parametrize("name", ["visits.db", "visits.csv", "visits"])
@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "excel"])
def test_an_undeclared_sqlite_file_is_refused(make_database: Made, read_file: Any, name: str, kind: str) -> None:
    data = make_database("create table visits (A, B)", "insert into visits values (1, 2)")
    with pytest.raises(DeliveryError, match=f"this is a SQLite database, but the contract has {kind}; deliver what was agreed"):
        read_file(data, name=name, format={"kind": kind})


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        ([f"create view visits as {ENDLESS}"], "visits is a view, which Levelground does not run; deliver its rows as a table"),
        (["create table t (A, B)", "create view visits as select * from t"], "visits is a view"),
        (["create virtual table visits using fts5(A, B)"], "visits is a virtual table"),
        (["create table visits (A, B as (printf('%.*c', 1000000, 'x')))"], "the table visits computes its column B"),
        (["create table visits (A, B as (A || A) stored)"], "the table visits computes its column B"),
    ],
    ids=["endless view", "view", "virtual", "computed", "stored"],
)
def test_what_computes_is_refused(make_database: Made, read_file: Any, statements: list[str], problem: str) -> None:
    with pytest.raises(DeliveryError, match=problem):
        read_file(make_database(*statements), name="visits.db", **DATABASE)


def _pages_in_a_circle(data: bytes) -> bytes:
    """Every branch of the table's tree points to its first leaf: many more rows than the file has."""
    page = int.from_bytes(data[16:18], "big")
    root = next(at for at in range(page, len(data), page) if data[at] == 5)
    cells = int.from_bytes(data[root + 3 : root + 5], "big")
    changed = bytearray(data)
    places = [root + int.from_bytes(data[at : at + 2], "big") for at in range(root + 12, root + 12 + 2 * cells, 2)]
    for place in places:
        changed[place : place + 4] = data[places[0] : places[0] + 4]
    return bytes(changed)


def test_pages_that_are_used_twice_are_refused(make_database: Made, read_file: Any) -> None:
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)"
    data = make_database("create table visits (A, B)", f"{numbers} insert into visits select i, 'some text' from n")
    assert len(read_file(data, name="visits.db", **DATABASE)[0].rows) == 5000
    with pytest.raises(DeliveryError, match="its pages are damaged or cut off"):
        read_file(_pages_in_a_circle(data), name="visits.db", **DATABASE)


def test_a_row_that_breaks_a_rule_of_its_table_is_no_damage(make_database: Made, read_file: Any) -> None:
    data = make_database(
        "create table visits (A check (A > 0), B)", "pragma ignore_check_constraints = on", "insert into visits values (-1, 2)"
    )
    assert read_file(data, name="visits.db", **DATABASE)[0].rows == [("-1", "2")]


def test_a_read_has_a_limit_of_rows_and_bytes(make_database: Made, read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_database("create table visits (A, B)", "insert into visits values (1, 'x')", "insert into visits values (2, 'y')")
    monkeypatch.setattr("ingest.connectors.databases.SMALLEST_ROW_BYTES", len(data))
    with pytest.raises(DeliveryError, match="it returns more rows or bytes than a file of its size contains"):
        read_file(data, name="visits.db", **DATABASE)
    monkeypatch.setattr("ingest.connectors.databases.SMALLEST_ROW_BYTES", 1)
    monkeypatch.setattr("ingest.connectors.databases.NEVER_A_BOMB", 1)
    monkeypatch.setattr("ingest.connectors.databases.MOST_TIMES", 0)
    with pytest.raises(DeliveryError, match="it returns more rows or bytes than a file of its size contains"):
        read_file(data, name="visits.db", **DATABASE)


def test_a_cell_has_a_limit(make_database: Made, read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.connectors.databases.LONGEST_CELL", 10_000)
    data = make_database("create table visits (A, B)", "insert into visits values (1, zeroblob(20000))")
    with pytest.raises(DeliveryError, match="the database refused or ended the request"):
        read_file(data, name="visits.db", **DATABASE)


def live(path: Path, query: str) -> dict[str, Any]:
    return {"connector": {"kind": "database", "credentials_env": "DPT_URL", "query": query}}


def test_a_statement_without_end_is_ended(
    tmp_path: Path, make_contract: Callable[..., Contract], read_origin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.connectors.databases.STATEMENT_SECONDS", 0.3)
    sqlite3.connect(tmp_path / "live.db").close()
    contract = make_contract(**live(tmp_path, f"select * from ({ENDLESS}) order by A desc"))
    origin = open_live(contract, FetchRequest({"DPT_URL": f"sqlite:///{tmp_path / 'live.db'}"}, tmp_path))
    began = time.monotonic()
    with pytest.raises(DeliveryError, match=r"it took longer than 0\.3 seconds"):
        read_origin(contract, origin)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_read_without_end(tmp_path: Path, number: signal.Signals) -> None:
    """The handler is one of Python's, as in a run of the UI: it raises where Python comes to it."""
    sqlite3.connect(tmp_path / "live.db").close()
    contract = CONTRACT | live(tmp_path, f"select count(*) as A, 1 as B from ({ENDLESS})")
    script = """
import signal, sys, yaml
from pathlib import Path
from ingest.connectors import FetchRequest, open_live
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
def handle(number, frame):
    sys.exit(128 + number)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, handle)
contract = Contract.model_validate(yaml.safe_load(sys.argv[1]), context=load_vocabulary())
(table,) = open_live(contract, FetchRequest({"DPT_URL": sys.argv[2]}, Path())).tables
print("reading", flush=True)
with table.read() as opened:
    list(opened.batches)
"""
    arguments = [sys.executable, "-c", script, yaml.safe_dump(contract), f"sqlite:///{tmp_path / 'live.db'}"]
    with subprocess.Popen(arguments, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(number)
        try:
            assert process.wait(10) == 128 + number
            assert time.monotonic() - began < 5
        finally:
            process.kill()

"""Direct identifiers reach no disk, whenever a process is killed; the next command removes what else it left.

Here of a download. `make stress` has a packed one and a database.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from tests.conftest import ROOT, called
from tests.support.visits import CONTRACT

SOURCE = "dpt__visits"
IDENTIFIER, OTHER = "CANARY-DIRECT", "CANARY-QUASI"
# Each moment is a process of its own, forked after the imports; it kills itself where it stops being safe to do so.
KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.connectors import http_client
from ingest.connectors import download
from ingest.delivery import write_batch
from orchestration.settings import Settings
from orchestration.stewardship import check_delivery, split_delivery

def kill(*_args, **_keys):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function):
    def call(*args, **keys):
        function(*args, **keys)
        kill()
    return call

def during_download():
    http_client.EncryptedFile.write = after(http_client.EncryptedFile.write)

def before_reading():
    split_delivery.deliver = kill

def while_reading():
    batches = write_batch.Conformer.batches
    def some(*args):
        yield next(batches(*args))
        kill()
    write_batch.Conformer.batches = some

def after_writing():
    check_delivery.audit_delivery = kill

moments = [during_download, before_reading, while_reading, after_writing]
for moment in moments if sys.argv[1] == "http" else moments[1:]:
    if os.fork() == 0:
        moment()
        check_delivery.check_delivery(Settings.from_environment(), "dpt__visits", None)
        os._exit(3)  # the moment never came
    ended = os.waitstatus_to_exitcode(os.wait()[1])
    assert ended == -signal.SIGKILL, (moment.__name__, ended)
    print(moment.__name__)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as running:
        rows = "".join(f"{IDENTIFIER}-{number},{OTHER}-{number},x\n" for number in range(20_000))
        running.expect_request("/visits.csv").respond_with_data(f"N,Q,B\n{rows}".encode(), content_type="text/csv")
        packed = gzip.compress(f"N,Q,B\n{rows}".encode(), 0)  # stored: the bytes are in it as they are
        running.expect_request("/visits.csv.gz").respond_with_data(packed, content_type="application/gzip")
        yield running


def live_source(name: str, server: HTTPServer, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """A live source of a kind with identifiers, and the environment of a process that reads it."""
    kind, _, packed = name.partition(" ")
    if kind == "http":
        connector = {"kind": "http", "url": server.url_for("/visits.csv" + (".gz" if packed == "gz" else ""))}
    else:
        with closing(sqlite3.connect(tmp_path / "department.db")) as database:
            database.execute("create table visits (N, Q, B)")
            rows = ((f"{IDENTIFIER}-{number}", f"{OTHER}-{number}", "x") for number in range(20_000))
            database.executemany("insert into visits values (?, ?, ?)", rows)
            database.commit()
        # a sorted query is stored by SQLite before its first row is read
        connector = {"kind": "database", "credentials_env": "DPT_URL", "query": "select * from visits order by N || Q desc"}
    columns = [
        {"name": "n", "from": "N", "privacy": "direct_identifier", "keep": "drop"},
        {"name": "q", "from": "Q", "privacy": "quasi_identifier"},
        {"name": "b", "from": "B"},
    ]
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / f"{SOURCE}.yml").write_text(yaml.safe_dump(CONTRACT | {"connector": connector, "columns": columns}))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()  # a check uses the system's folder for temporary files where there is no home
    return kind, os.environ | {
        "LEVELGROUND_HOME": str(tmp_path / "home"),
        "LEVELGROUND_SOURCES": str(sources),
        "LEVELGROUND_DELIVERIES": "live",
        "TMPDIR": str(tmp_path / "tmp"),
        "SQLITE_TMPDIR": str(tmp_path / "tmp"),
        "DPT_URL": f"sqlite:///{tmp_path / 'department.db'}",
    }


def test_no_identifier_is_on_the_disk_after_a_kill(server: HTTPServer, tmp_path: Path) -> None:
    no_identifier_remains("http csv", server, tmp_path)


def no_identifier_remains(name: str, server: HTTPServer, tmp_path: Path) -> None:
    kind, environment = live_source(name, server, tmp_path)
    script = [sys.executable, "-c", KILLED, kind]
    killed = subprocess.run(script, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == 0, killed.stderr
    assert killed.stdout.split()[-1] == "after_writing"
    remaining = [path for folder in ("home", "tmp") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert remaining, "a killed process leaves the batch that it wrote, without direct identifiers"
    assert [path for path in remaining if IDENTIFIER.encode() in path.read_bytes()] == []
    called(["levelground", "status"], environment)
    assert list((tmp_path / "home" / "tmp").iterdir()) == []

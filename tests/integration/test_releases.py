"""Releases among processes: readers that keep a file open through a swap, clients that die, runs that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.support.sealing import seal
from warehouse.connection import attach, detach, open_working, run_query
from warehouse.paths import Home
from warehouse.releases import Candidate, Manifest, content_hash, current, known_releases, new_release_id, recover, rollback, swap

COUNT = "select count(*) from marts.fct_service_requests"

# Answers each line on its standard input by counting the rows on the connection that it holds.
READER = f"""
import duckdb, sys
held = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    if line == "again\\n":
        held.close()
        held = duckdb.connect(sys.argv[1], read_only=True)
    print(held.execute("{COUNT}").fetchone()[0], flush=True)
"""

# Drops a table in a published file, and dies before DuckDB has merged its log.
VANDAL = """
import duckdb, os, signal, sys
c = duckdb.connect(sys.argv[1])
c.execute("set checkpoint_threshold = '1GB'; drop table marts.fct_service_requests")
os.kill(os.getpid(), signal.SIGKILL)
"""

# Swaps, and dies at a chosen point: before the named function of warehouse.releases.swapping runs for the nth time.
KILLED_SWAP = """
import os, signal, sys
from pathlib import Path
import warehouse.releases.manifest as intent
import warehouse.releases.swapping as swapping
from warehouse.paths import Home
name, nth = sys.argv[3], int(sys.argv[4])
original = getattr(swapping, name)
def die(*args, **kwargs):
    global nth
    nth -= 1
    if nth == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **kwargs)
for module in (swapping, intent):
    if hasattr(module, name):
        setattr(module, name, die)
swapping.swap(Home(Path(sys.argv[1])), sys.argv[2])
"""


def release(home: Home, rows: int) -> Manifest:
    """A sealed release with that many service requests, larger than DuckDB reads ahead."""
    candidate = Candidate.begin(home, f"run-{rows}")
    with open_working(home) as connection:
        attach(connection, candidate.analyst_path, "release")
        connection.execute("create schema release.marts")
        connection.execute(
            "create table release.marts.fct_service_requests as "
            f"select range as request, md5(range::varchar) as request_key from range({rows})"
        )
        hashed = content_hash(connection, [("release", "marts")])
        detach(connection, "release")
    created_at = datetime(2025, 12, 1, tzinfo=UTC)
    return seal(
        home,
        candidate,
        release_id=new_release_id(home, created_at, hashed),
        created_at=created_at,
        data_as_of=None,
        code_version="0.1.0",
        content_hash=hashed,
        loads={},
        versions={},
        seeds_hash="00",
    )


def rows_in_a_new_process(path: Path) -> int:
    return int(run([sys.executable, "-c", READER, str(path)], "count\n").stdout)


def run(command: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def reader(path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(process: subprocess.Popen[str], line: str = "count") -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    print(line, file=process.stdin, flush=True)
    return int(process.stdout.readline())


def test_an_open_reader_keeps_its_release_and_a_new_one_sees_the_new_release(home: Home) -> None:
    old = release(home, 200_000)
    swap(home, old.release_id)
    with reader(home.published_analyst) as early:
        assert ask(early) == 200_000
        new = release(home, 300_000)
        swap(home, new.release_id)
        assert ask(early) == 200_000
        assert rows_in_a_new_process(home.published_analyst) == 300_000
        rollback(home, old.release_id)
        assert rows_in_a_new_process(home.published_analyst) == 200_000
        rollback(home, new.release_id)
        assert ask(early) == 200_000
        assert ask(early, "again") == 300_000


def test_a_reader_in_the_process_that_swaps_does_not_disturb_the_swap(home: Home) -> None:
    swap(home, release(home, 1000).release_id)
    with duckdb.connect(str(home.published_analyst), read_only=True) as reader:
        swap(home, release(home, 2000).release_id)
        assert reader.execute(COUNT).fetchone() == (1000,)
        with duckdb.connect(str(home.published_analyst), read_only=True) as joined:
            assert joined.execute(COUNT).fetchone() == (1000,)  # as long as the process holds one, it gets the old file
        assert rows_in_a_new_process(home.published_analyst) == 2000
    assert run_query(home.published_analyst, COUNT, timeout_seconds=30).column(0).to_pylist() == [2000]


def test_a_client_that_wrote_and_died_spoils_no_later_release(home: Home) -> None:
    old = release(home, 1000)
    swap(home, old.release_id)
    home.published_analyst.unlink()  # a copy, as if the client had got round the read-only mode; the release stays whole
    home.published_analyst.write_bytes((home.release(old.release_id) / "levelground.duckdb").read_bytes())
    assert run([sys.executable, "-c", VANDAL, str(home.published_analyst)]).returncode == -signal.SIGKILL
    assert home.published_analyst.with_name("levelground.duckdb.wal").exists()
    new = release(home, 2000)
    swap(home, new.release_id)
    assert rows_in_a_new_process(home.published_analyst) == 2000
    rollback(home, old.release_id)
    assert rows_in_a_new_process(home.published_analyst) == 1000


@pytest.mark.parametrize(
    ("step", "nth", "published"),
    [
        ("verify", 1, 1000),
        ("write_atomically", 1, 1000),
        ("_link_or_copy", 1, 2000),
        ("_link_or_copy", 2, 2000),
        ("_rename", 1, 2000),
        ("_rename", 2, 2000),
        ("write_atomically", 2, 2000),
    ],
)
def test_a_killed_swap_is_put_right_at_the_next_start(home: Home, step: str, nth: int, published: int) -> None:
    old, new = release(home, 1000), release(home, 2000)
    swap(home, old.release_id)
    killed = run([sys.executable, "-c", KILLED_SWAP, str(home.root), new.release_id, step, str(nth)])
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert rows_in_a_new_process(home.published_analyst) in (1000, 2000)
    published_release = current(home)
    assert published_release is not None
    assert published_release.release_id == old.release_id
    messages = recover(home)
    assert messages[-1:] == ([f"Completed the half-done swap to release {new.release_id}."] if published == 2000 else [])
    assert not list(home.published.glob(".*.next"))
    published_release = current(home)
    assert published_release is not None
    assert published_release.release_id == (new if published == 2000 else old).release_id
    assert rows_in_a_new_process(home.published_analyst) == published


def test_a_run_killed_while_building_leaves_nothing_in_the_way(home: Home) -> None:
    old = release(home, 1000)
    swap(home, old.release_id)
    script = """
import os, signal, sys
from pathlib import Path
from warehouse.connection import attach, open_working
from warehouse.paths import Home
from warehouse.releases import Candidate
home = Home(Path(sys.argv[1]))
candidate = Candidate.begin(home, "killed")
connection = open_working(home)
attach(connection, candidate.analyst_path, "release")
connection.execute("create table release.t as select range as a from range(100000)")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run([sys.executable, "-c", script, str(home.root)]).returncode == -signal.SIGKILL
    assert recover(home) == ["Removed the unfinished release .candidate-killed."]
    assert known_releases(home) == [old.release_id]
    new = release(home, 2000)
    swap(home, new.release_id)
    assert rows_in_a_new_process(home.published_analyst) == 2000

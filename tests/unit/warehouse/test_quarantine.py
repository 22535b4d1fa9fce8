"""A working warehouse that does not read is moved aside, and one that does is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from warehouse import rewrite
from warehouse.connection import BLOCK_SIZE, SMALL_BLOCKS, WORKING_STORAGE, WarehouseBusy, create_empty, open_working
from warehouse.paths import Home
from warehouse.quarantine import KEPT_ASIDE, find_damage, open_or_recreate, quarantine_warehouse
from warehouse.rewrite import block_size_of

ROWS = 200_000


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    """Bytes in the first block of data: nothing that opening the file reads."""
    with path.open("r+b") as file:
        file.seek(12_288 + 1_000)
        file.write(os.urandom(64))


def replace(path: Path) -> None:
    path.write_bytes(b"not a database" * 1_000)


@pytest.fixture
def filled(home: Home) -> Home:
    with open_working(home) as connection:
        connection.execute(
            f"create schema landing; create table landing.t as select range as i, hash(range) as h from range({ROWS})"
        )
    return home


@pytest.mark.parametrize("broken", [truncate, overwrite, replace])
def test_a_damaged_one_is_moved_aside_and_an_empty_one_begun(filled: Home, broken: Callable[[Path], None]) -> None:
    broken(filled.warehouse)
    bytes_before = filled.warehouse.read_bytes()
    connection, note = open_or_recreate(filled, suspect=True)
    with connection:
        assert connection.execute("select count(*) from duckdb_tables()").fetchone() == (0,)
    (aside,) = filled.root.glob("warehouse.damaged-*.duckdb")
    assert aside.read_bytes() == bytes_before
    assert note is not None
    assert aside.name in note


@pytest.mark.parametrize("suspect", [True, False])
def test_a_sound_one_stays(filled: Home, suspect: bool) -> None:
    connection, note = open_or_recreate(filled, suspect=suspect)
    with connection:
        assert connection.execute("select count(*) from landing.t").fetchone() == (ROWS,)
    assert note is None
    assert not list(filled.root.glob("warehouse.damaged-*"))


def test_what_opens_is_read_only_after_a_run_that_broke_off(filled: Home) -> None:
    overwrite(filled.warehouse)
    connection, note = open_or_recreate(filled, suspect=False)
    with connection, pytest.raises(duckdb.IOException, match="Corrupt database file"):
        connection.execute("select max(hash(t)) from landing.t as t").fetchall()
    assert note is None


def test_one_that_is_held_elsewhere_is_not_damaged(filled: Home) -> None:
    with duckdb.connect(str(filled.warehouse)):
        assert find_damage(filled.warehouse) is None
    with duckdb.connect(str(filled.warehouse), config={"threads": "3"}), pytest.raises(WarehouseBusy):
        open_or_recreate(filled, suspect=True)
    assert filled.warehouse.exists()


def test_its_log_goes_with_it_and_only_the_newest_stay(home: Home) -> None:
    for number in range(KEPT_ASIDE + 2):
        home.warehouse.write_text(str(number))
        log = home.root / "warehouse.duckdb.wal"
        log.write_text(f"log {number}")
        aside = quarantine_warehouse(home)
        assert aside.with_name(f"{aside.name}.wal").read_text() == f"log {number}"
        assert not log.exists()
    remaining = sorted(path.read_text() for path in home.root.glob("warehouse.damaged-*.duckdb"))
    assert remaining == [str(KEPT_ASIDE), str(KEPT_ASIDE + 1)]
    assert len(list(home.root.glob("warehouse.damaged-*.wal"))) == KEPT_ASIDE


def test_a_warehouse_with_the_log_of_a_killed_run_is_not_copied(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    create_empty(home.warehouse, WORKING_STORAGE, SMALL_BLOCKS)
    killed = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]); con.execute('create table t as select 7 as i'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(home.warehouse)], check=False)
    assert home.warehouse.with_name("warehouse.duckdb.wal").stat().st_size > 0
    monkeypatch.setattr(rewrite, "GROWN_BYTES", 1)
    connection, note = open_or_recreate(home, suspect=False)
    with connection:
        assert (note, block_size_of(connection, "warehouse")) == (None, SMALL_BLOCKS)
        assert connection.execute("select i from t").fetchone() == (7,)


@pytest.mark.parametrize(("grown", "blocks"), [(1, BLOCK_SIZE), (64 << 20, SMALL_BLOCKS)])
def test_a_warehouse_that_has_grown_gets_large_blocks(
    home: Home, monkeypatch: pytest.MonkeyPatch, grown: int, blocks: int
) -> None:
    create_empty(home.warehouse, WORKING_STORAGE, SMALL_BLOCKS)
    with open_working(home) as connection:
        connection.execute("create schema landing; create table landing.t as select range as i from range(5)")
        connection.execute("create view landing.v as select max(i) as most from landing.t")
    monkeypatch.setattr(rewrite, "GROWN_BYTES", grown)
    connection, note = open_or_recreate(home, suspect=False)
    with connection:
        assert (note, block_size_of(connection, "warehouse")) == (None, blocks)
        assert connection.execute("select sum(i), any_value(most) from landing.t, landing.v").fetchone() == (10, 4)
    assert not [*home.root.glob("*rewritten*")]

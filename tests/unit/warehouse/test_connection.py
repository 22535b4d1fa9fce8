"""Who may open which file, and the message when they may not."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from warehouse.connection import (
    QueryError,
    WarehouseBusy,
    WarehouseCorrupt,
    WarehouseError,
    attach,
    create_empty,
    database_path,
    detach,
    in_memory,
    load_extension,
    only_reads,
    open_from_disk,
    open_reader,
    open_working,
    run_query,
    scratch,
    use_fewer_threads,
)
from warehouse.paths import Home
from warehouse.sql import BadIdentifier, one_value
from warehouse.temporary import spill_folder


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "it's published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.dim_department as select 'ucc' as department")
    return path


def test_working_settings_hold_for_connections_that_join_later(home: Home) -> None:
    with open_working(home, memory_limit="1GB", threads=3), duckdb.connect(str(home.warehouse)) as joined:
        names = ("autoinstall_known_extensions", "temp_directory", "threads", "memory_limit")
        spilled = spill_folder(home)
        values = [joined.execute("select current_setting(?)", [name]).fetchone() for name in names]
    assert values == [(False,), (str(spilled),), (3,), ("953.6 MiB",)]
    assert home.warehouse.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("rows", "threads"), [(122_880, 1), (122_881, 3)], ids=["one row group", "two"])
def test_queries_of_small_tables_have_one_thread(home: Home, rows: int, threads: int) -> None:
    with open_working(home, threads=3) as con:
        con.execute(f"create schema landing; create table landing.calls as from range({rows})")
        use_fewer_threads(con, "landing")
        assert one_value(con, "select current_setting('threads')") == threads


def test_spatial_loads_where_there_is_no_home_directory(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    with open_working(home) as connection:
        assert connection.execute("select st_x(st_point(1, 2))").fetchone() == (1.0,)
    assert not (tmp_path / "nobody").exists()


def test_an_extension_of_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "0.0.1")
    with (
        duckdb.connect() as connection,
        pytest.raises(WarehouseError, match=r"DuckDB 0\.0\.1 needs an extension"),
    ):
        load_extension(connection, "spatial")


def test_working_can_be_opened_again_after_it_has_spilled(home: Home) -> None:
    with open_working(home, memory_limit="50MB", threads=1) as connection:
        connection.execute("create table calls as select range as call, md5(range::varchar) as key from range(1000000)")
        connection.execute("select * from calls order by key").fetchone()
        assert list(spill_folder(home).iterdir())
        with open_working(home) as reopened:
            assert reopened.execute("select count(*) from calls").fetchone() == (1_000_000,)


def test_a_warehouse_that_another_process_holds_is_busy_and_names_it(home: Home) -> None:
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(WarehouseBusy, match=rf"{home.warehouse}.*another process holds it \(pid {other.pid}\)") as caught:
            open_working(home)
        assert (caught.value.pid, caught.value.path) == (other.pid, home.warehouse)
        other.kill()


def test_a_warehouse_open_with_other_settings_in_this_process_is_busy(home: Home) -> None:
    with (
        duckdb.connect(str(home.warehouse), config={"threads": "3"}),
        pytest.raises(WarehouseBusy, match="this process has it open with other settings"),
    ):
        open_working(home)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not a database" * 1000,
        lambda content: content[:9000],
        lambda content: content[: len(content) // 2],
    ],
    ids=["empty", "text", "head only", "half"],
)
def test_a_file_that_is_no_database_is_corrupt(home: Home, published: Path, damage: Callable[[bytes], bytes]) -> None:
    home.warehouse.write_bytes(damage(published.read_bytes()))
    with pytest.raises(WarehouseCorrupt, match=str(home.warehouse)):
        open_working(home)


def test_a_missing_file_is_neither_busy_nor_corrupt(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="does not exist") as caught:
        open_reader(tmp_path / "none.duckdb")
    assert type(caught.value) is WarehouseError


def test_attached_files_are_written_out_by_detach(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    with open_working(home) as connection:
        attach(connection, path, "release")
        connection.execute("create table release.departments as select 'ucc' as department")
        detach(connection, "release")
        assert [p.name for p in tmp_path.iterdir() if p.is_file()] == [path.name]
        attach(connection, path, "release", read_only=True)
        assert connection.execute("from release.departments").fetchall() == [("ucc",)]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("create table release.more (a integer)")
        detach(connection, "release")


def test_attach_refuses_an_invalid_alias_and_reports_the_fault_of_a_file(home: Home, tmp_path: Path, published: Path) -> None:
    (tmp_path / "text.duckdb").write_text("text")
    with open_working(home) as connection:
        with pytest.raises(BadIdentifier):
            attach(connection, published, "release; drop schema main")
        with pytest.raises(WarehouseCorrupt, match=r"text\.duckdb"):
            attach(connection, tmp_path / "text.duckdb", "release")
        attach(connection, published, "release")
        with pytest.raises(WarehouseError, match="already exists") as caught:
            attach(connection, tmp_path / "other.duckdb", "release")
        assert type(caught.value) is WarehouseError


@pytest.mark.parametrize(
    "sql",
    [
        "create table marts.mine as select 1",
        "delete from marts.dim_department",
        "copy marts.dim_department to 'out.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "attach '/tmp/other.duckdb'",
        "set memory_limit = '100GB'",
        "set enable_external_access = true",
        "install httpfs",
        "load httpfs",
        "export database 'out'",
        "selec 1",
        "",
    ],
)
def test_queries_that_do_more_than_read_are_refused(published: Path, sql: str, tmp_path: Path) -> None:
    before = published.read_bytes()
    with pytest.raises(QueryError):
        run_query(published, sql, timeout_seconds=30)
    assert published.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [published.name]


def test_a_query_cannot_see_the_variables_of_this_program(published: Path) -> None:
    secret = pa.table({"key": ["x"]})
    with pytest.raises(QueryError, match="secret does not exist"):
        run_query(published, "select * from secret", timeout_seconds=30)
    assert secret.num_rows == 1


def test_a_query_returns_all_rows_and_may_spill(published: Path) -> None:
    sql = "select md5(range::varchar) as key from range(400000) order by key"
    table = run_query(published, sql, timeout_seconds=60, memory_limit="60MB")
    assert table.num_rows == 400_000
    assert table.column("key")[0].as_py() < table.column("key")[399_999].as_py()


def test_a_query_that_takes_too_long_is_stopped(published: Path) -> None:
    started = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.3 seconds"):
        run_query(published, "select sum(a.range * b.range) from range(1000000) a, range(10000000) b", timeout_seconds=0.3)
    assert time.monotonic() - started < 10


def test_opening_from_disk_reads_the_file_and_not_the_instance(tmp_path: Path, published: Path) -> None:
    newer = tmp_path / "newer.duckdb"
    with duckdb.connect(str(newer)) as connection:
        connection.execute("create table only_here (a integer)")
    with open_reader(published):
        newer.replace(published)
        with open_from_disk(published, "seen") as connection:
            tables = connection.execute("select table_name from duckdb_tables() where database_name = 'seen'").fetchall()
    assert tables == [("only_here",)]


def test_scratch_is_a_file_that_others_can_join_and_leaves_nothing(tmp_path: Path) -> None:
    with scratch(tmp_path) as connection:
        path = database_path(connection)
        assert path.parent.parent == tmp_path
        connection.execute("create schema delivery; create table delivery.calls as select 1 as call")
        with duckdb.connect(str(path)) as joined:
            assert joined.execute("from delivery.calls").fetchall() == [(1,)]
    assert list(tmp_path.iterdir()) == []


def test_scratch_leaves_nothing_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), scratch(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_connection_in_memory_has_no_path() -> None:
    with duckdb.connect() as connection, pytest.raises(ValueError, match="in memory"):
        database_path(connection)


def test_an_empty_database_keeps_its_storage_version(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "fresh.duckdb"
    create_empty(path, "v1.2.0")
    with open_working(home) as connection:
        attach(connection, path, "release")
        connection.execute("create table release.departments as select 'ucc' as department")
        detach(connection, "release")
    with open_from_disk(path, "seen") as connection:
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'seen'").fetchone()
    assert tags == ({"storage_version": "v1.2.0+"},)


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("select 1", True),
        ("explain analyze select 1", True),
        ("describe select 1", True),
        ("copy (select 1) to 'part' (use_tmp_file false)", False),
        ("explain analyze copy (select 1) to 'part'", False),
        ("-- a comment\nexplain copy (select 1) to 'part'", False),
        ("prepare one as copy (select 1) to 'part'", False),
        ("select 1; copy (select 1) to 'part'", False),
        ("explain (format", False),
    ],
)
def test_only_a_select_is_a_query_of_parts(sql: str, reads: bool) -> None:
    """DuckDB lets a statement write to a file that it may read."""
    with in_memory() as reader:
        assert only_reads(reader, sql) is reads


def test_a_worker_draws_no_progress_bar_on_its_output() -> None:
    """`__main__` has no file when `python -m` imports a package, and DuckDB then draws a bar where it finds a notebook."""
    code = "from warehouse.connection import in_memory\nwith in_memory() as con: "
    code += "print(con.execute(\"select current_setting('enable_progress_bar')\").fetchone()[0])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"

"""Every way into a DuckDB file: the run's one writer, locked-down readers, a look from outside, a throw-away database.

Belongs here: each `duckdb.connect` of the project but the dialect's, settings, and DuckDB's errors as ours.
Does not: what is read or written; the SQLAlchemy dialect (`warehouse.dialect`).
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from warehouse.paths import Home
from warehouse.sql import identifier, literal

# What DuckDB says when the trouble is around the file; anything else that these errors say on opening is about its content.
_AROUND_THE_FILE = re.compile(r"Permission denied|No such file|does not exist|Is a directory|No space left|Read-only file system")
_READING_FAILED = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)


# Nobody but us opens the working warehouse. This format keeps texts in a way (DICT_FSST) that takes a third less time to write.
WORKING_STORAGE = "v1.4.0"


class WarehouseError(Exception):
    """A DuckDB file could not be opened."""

    remedy = "Check that the path exists and that this user may use it."

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"cannot open {path}: {detail} {self.remedy}")
        self.path = path
        self.detail = detail


class WarehouseBusy(WarehouseError):
    """Another process, or other settings in this one, hold the file; `pid` if DuckDB tells."""

    remedy = "Close what holds it, or wait, and try again."

    def __init__(self, path: Path, detail: str, pid: int | None = None) -> None:
        super().__init__(path, detail)
        self.pid = pid


class WarehouseCorrupt(WarehouseError):
    """The file is there and is not, or no longer, a DuckDB database that this version reads."""

    remedy = "Restore it, or move it aside."


class QueryError(Exception):
    """DuckDB refused or failed a query; the message is DuckDB's."""


class QueryTimeout(QueryError):
    """A query ran longer than allowed and was stopped."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:g} seconds. Ask for less, or allow more with --timeout")
        self.seconds = seconds


def open_working(
    home: Home, *, memory_limit: str | None = None, threads: int | None = None, temp_directory: Path | None = None
) -> DuckDBPyConnection:
    """The run's connection to the working warehouse; take the run lock first. `temp_directory`: default `home.temporary`.

    Settings are made after connecting and hold for the whole instance: dbt and SQLAlchemy join it from this process, which
    DuckDB allows only to connections with the same configuration, here none.
    """
    if not home.warehouse.exists() and home.warehouse.parent.is_dir():
        create_empty(home.warehouse, WORKING_STORAGE)
    connection = _connect(home.warehouse, read_only=False, config={})
    try:
        home.warehouse.chmod(0o600)
        # Nothing is downloaded at run time; extensions come as packages.
        connection.execute("set autoinstall_known_extensions = false")
        load_extension(connection, "spatial")
        spill = str(temp_directory or home.temporary)
        if _setting(connection, "temp_directory") != spill:  # once used it cannot be set again, not even to itself
            connection.execute(f"set temp_directory = {literal(spill)}")
        if memory_limit is not None:
            connection.execute(f"set memory_limit = {literal(memory_limit)}")
        if threads is not None:
            connection.execute(f"set threads = {int(threads)}")
    except BaseException:
        connection.close()
        raise
    return connection


def load_extension(connection: DuckDBPyConnection, name: str) -> None:
    """Load the signed extension from its package `duckdb-extension-<name>`, for the whole instance; WarehouseError without it.

    From where it lies: `INSTALL` would copy it below the home directory, which a service or a cron job may not have.
    """
    folder = Path(str(resources.files(f"duckdb_extension_{name}")))
    file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.is_file():
        raise WarehouseError(
            file, f"DuckDB {duckdb.__version__} needs an extension of its own version: install requirements.lock."
        )
    connection.execute(f"load {literal(str(file))}")


def extension_loads(name: str) -> None:
    """Load an extension into a database of its own; WarehouseError says why it cannot be."""
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as connection:
        try:
            load_extension(connection, name)
        except duckdb.Error as error:
            raise as_ours(Path(name), error) from None


def attach(connection: DuckDBPyConnection, path: Path, alias: str, read_only: bool = False) -> None:
    """Attach the database file to the instance of `connection`, and so to all its connections, dbt's too."""
    try:
        connection.execute(f"attach {literal(str(path))} as {identifier(alias)}{' (read_only)' if read_only else ''}")
    except duckdb.Error as error:
        raise as_ours(path, error) from None


def detach(connection: DuckDBPyConnection, alias: str) -> None:
    """Let go of the attached file, with everything written into it; DuckDB's IOException if that fails, as on a full disk.

    A result that another connection has not read to its end keeps the file open beyond this.
    """
    connection.execute(f"detach {identifier(alias)}")


def database_path(connection: DuckDBPyConnection) -> Path:
    """The file that `connection` was opened on."""
    row = connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchone()
    if row is None or row[0] is None:
        raise ValueError("the connection is to a database in memory, which has no file")
    return Path(row[0])


def open_reader(
    path: Path, *, memory_limit: str = "2GB", threads: int | None = None, temp_directory: Path | None = None
) -> DuckDBPyConnection:
    """A connection for other people's SQL: reads this one file, no other, and cannot change a setting.

    Without `temp_directory` it does not spill: what does not fit into `memory_limit` fails.
    """
    config = {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "autoinstall_known_extensions": "false",
        "memory_limit": memory_limit,
        "temp_directory": str(temp_directory or ""),
    }
    return _connect(path, read_only=True, config=config | ({} if threads is None else {"threads": str(threads)}))


def run_query(path: Path, sql: str, timeout_seconds: float, *, memory_limit: str = "2GB") -> pa.Table:
    """The result of `sql` on the file, all of it. QueryError with DuckDB's message, QueryTimeout after `timeout_seconds`."""
    with tempfile.TemporaryDirectory(prefix="levelground-query-") as spill:
        connection = open_reader(path, memory_limit=memory_limit, temp_directory=Path(spill))
        timer = threading.Timer(timeout_seconds, connection.interrupt)
        timer.daemon = True
        try:
            timer.start()
            result: DuckDBPyConnection | None = connection.execute(sql)  # None, against its type, for an empty text
            if result is None:
                raise QueryError("there is no statement to run")
            return result.to_arrow_table()
        except duckdb.InterruptException:
            raise QueryTimeout(timeout_seconds) from None
        except duckdb.Error as error:
            raise QueryError(str(error)) from None
        finally:
            timer.cancel()
            connection.close()


@contextmanager
def opened_afresh(path: Path, alias: str) -> Iterator[DuckDBPyConnection]:
    """The file as it is on the disk now, read-only under `alias`, whatever this process has open under its path.

    `duckdb.connect(path)` would hand out the instance that the process still holds, after a swap that of the old file.
    """
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as connection:
        attach(connection, path, alias, read_only=True)
        yield connection


@contextmanager
def scratch(folder: Path, name: str = "scratch") -> Iterator[DuckDBPyConnection]:
    """A connection to a new database in a folder of its own inside `folder`; both are gone afterwards.

    A file and not memory, so that SQLAlchemy can join it: see `database_path`.
    """
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as own,
        _connect(Path(own) / f"{name}.duckdb", read_only=False, config={}) as connection,
    ):
        connection.execute("set autoinstall_known_extensions = false")
        yield connection


def create_empty(path: Path, storage_version: str) -> None:
    """A new database file without tables, in a given storage format that later writers keep to."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach {literal(str(path))} as fresh (storage_version {literal(storage_version)})")
        detach(connection, "fresh")
    path.chmod(0o600)


def _connect(path: Path, *, read_only: bool, config: Mapping[str, str]) -> DuckDBPyConnection:
    try:
        return duckdb.connect(os.fspath(path), read_only=read_only, config=dict(config))
    except duckdb.Error as error:
        raise as_ours(path, error) from None


def as_ours(path: Path, error: duckdb.Error) -> WarehouseError:
    """What DuckDB said of a file, as one of our errors."""
    said = str(error).removeprefix("IO Error: ").splitlines()[0]
    if "Could not set lock" in said:
        found = re.search(r"\(PID (\d+)\)", said)
        pid = int(found[1]) if found else None
        return WarehouseBusy(path, f"another process holds it{f' (pid {pid})' if pid else ''}.", pid)
    if "different configuration" in said:
        return WarehouseBusy(path, "this process has it open with other settings.", os.getpid())
    if "Unique file handle conflict" in said:
        return WarehouseBusy(path, "this process still has it attached elsewhere.", os.getpid())
    if isinstance(error, _READING_FAILED) and not _AROUND_THE_FILE.search(said):
        return WarehouseCorrupt(path, f"{said.rstrip('!.')}.")
    return WarehouseError(path, f"{said.rstrip('!.')}.")


def _setting(connection: DuckDBPyConnection, name: str) -> object:
    row = connection.execute("select current_setting(?)", [name]).fetchone()
    return row[0] if row else None

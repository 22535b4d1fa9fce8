"""Open DuckDB files: the run's writer, restricted readers, read-only checks of files on disk, and temporary databases.

Every `duckdb.connect` of the project is here or in `warehouse.dialect`. DuckDB's errors on opening become `WarehouseError`.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from duckdb import DuckDBPyConnection

from warehouse.lake_files import object_store
from warehouse.paths import Home
from warehouse.record_keys import attach_keys, read_secret
from warehouse.sql import identifier, literal, one_value
from warehouse.temporary import reader_folder, spill_folder

if TYPE_CHECKING:
    import pyarrow as pa

# DuckDB's messages about access to a file; any other message of these errors on opening is about the file's content.
_FILE_ACCESS = re.compile(r"Permission denied|No such file|does not exist|Is a directory|No space left|Read-only file system")
WRONG_KEY = re.compile(r"Wrong encryption key|encrypted database .* without a key|not encrypted")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_READ_ERRORS = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)

# Only Levelground opens the working warehouse. This format compresses texts (DICT_FSST) in a third less time.
WORKING_STORAGE = "v1.4.0"
# Each table takes a block or two. With DuckDB's 256 kB the files of a city of small tables have three times the size; with small
# ones a scan of 10 M rows takes 2.8 times as long (1 M rows: 1.9).
BLOCK_SIZE, SMALL_BLOCKS = 262_144, 16_384
# DuckDB compresses every changed table at each checkpoint. Checkpoints at every 16 MB, its default, made the commits of a run on
# a small city take 9 s of CPU time instead of 6 to 8.
CHECKPOINT_AT = "64MB"
ROW_GROUP = 122_880  # rows that DuckDB stores, and reads in one thread, together
# the schemas in which a reader's SQL finds tables by their names alone; no name is in two of them
SEARCHED = ("marts", "published", "quality", "reference", "analysis", "figures")


class WarehouseError(Exception):
    """A DuckDB file could not be opened."""

    remedy = "Check that the path exists and that this user may use it."

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"cannot open {path}: {detail} {self.remedy}")
        self.path = path
        self.detail = detail


class WarehouseBusy(WarehouseError):
    """Another process holds the file, or this one with other settings; `pid` if DuckDB reports it."""

    remedy = "Close that process, or wait, and try again."

    def __init__(self, path: Path, detail: str, pid: int | None = None) -> None:
        super().__init__(path, detail)
        self.pid = pid


class WarehouseCorrupt(WarehouseError):
    """The file exists, but is not a DuckDB database that this version can read."""

    remedy = "Restore it, or move it aside."


class WrongKey(WarehouseError):
    """The file is encrypted, and the key is missing or another one."""

    remedy = "The data team has the key of this audience."

    def __init__(self, path: Path) -> None:
        super().__init__(path, "it is encrypted, and the key in the environment is not its key.")


class QueryError(Exception):
    """A query failed in DuckDB, whose message it has, or exceeded its time limit and was stopped."""


def open_working(home: Home, *, memory_limit: str | None = None, threads: int | None = None) -> DuckDBPyConnection:
    """The run's connection to the working warehouse; acquire the run lock first.

    Settings are set after connecting and apply to the whole instance. dbt and SQLAlchemy join it from this process, which DuckDB
    allows only to connections with the same configuration, here none.
    """
    if not home.warehouse.exists() and home.warehouse.parent.is_dir():
        create_empty(home.warehouse, WORKING_STORAGE)
    connection = _connect(home.warehouse, read_only=False, config={})
    try:
        home.warehouse.chmod(0o600)
        # Levelground downloads nothing at run time; extensions are installed as packages.
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(f"set wal_autocheckpoint = {literal(CHECKPOINT_AT)}")
        load_extension(connection, "spatial")
        attach_keys(connection, read_secret(home.record_key_secret))
        spill = str(spill_folder(home))
        # DuckDB refuses to set a directory again once it was used
        if one_value(connection, "select current_setting('temp_directory')") != spill:
            connection.execute(f"set temp_directory = {literal(spill)}")
        for setting, value in {"memory_limit": memory_limit, "threads": threads}.items():
            if value is not None:
                connection.execute(f"set {setting} = {literal(str(value))}")
    except BaseException:
        connection.close()
        raise
    return connection


def use_fewer_threads(connection: DuckDBPyConnection, schema: str) -> None:
    """Let each query have one thread if no table of the schema has more than one row group; the next connection has them again.

    DuckDB reads a row group in one thread (https://duckdb.org/docs/stable/guides/performance/how_to_tune_workloads): with one of
    them the others only wait. Queries still run side by side, such as those of dbt's threads.
    """
    largest = f"select coalesce(max(estimated_size), 0) from duckdb_tables() where schema_name = {literal(schema)}"
    if one_value(connection, largest) <= ROW_GROUP:
        connection.execute("set threads = 1")


def load_extension(connection: DuckDBPyConnection, name: str) -> None:
    """Load the signed extension from its package `duckdb-extension-<name>`, for the whole instance; WarehouseError without it.

    It is loaded from the package: `INSTALL` would copy it to the user's home directory, which a service may not have.
    """
    folder = Path(str(resources.files(f"duckdb_extension_{name}")))
    file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.is_file():
        raise WarehouseError(
            file, f"DuckDB {duckdb.__version__} needs an extension of its own version: install requirements.lock."
        )
    connection.execute(f"load {literal(str(file))}")


def check_extension(name: str) -> None:
    """Load an extension into a temporary database; WarehouseError contains the reason if that fails."""
    with in_memory() as connection:
        try:
            load_extension(connection, name)
        except duckdb.Error as error:
            raise as_warehouse_error(Path(name), error) from None


def attach(
    connection: DuckDBPyConnection, path: Path, alias: str, read_only: bool = False, *, key: str | None = None, storage: str = ""
) -> None:
    """Attach the database file to the instance of `connection`, which includes dbt's connections. `key`: of an encrypted file.

    `storage`: the version in which to write, if it is before v1.2.0: the file does not record it, and v1.0.0 would be written.
    """
    given = {"encryption_key": key, "storage_version": storage}
    options = [f"{name} {literal(value)}" for name, value in given.items() if value]
    _attach(connection, path, alias, [*options, "read_only"] if read_only else options)
    read_objects(connection, parts_of_views(connection, alias))


@contextmanager
def attached(connection: DuckDBPyConnection, path: Path, alias: str) -> Iterator[None]:
    """Attach the database file read-only, for the time of the block."""
    attach(connection, path, alias, read_only=True)
    try:
        yield
    finally:
        detach(connection, alias)


def attach_new(
    connection: DuckDBPyConnection, path: Path, alias: str, storage_version: str, *, block_size: int, key: str | None = None
) -> None:
    """Attach a new database file, encrypted if there is a key: DuckDB encrypts with AES-256 in GCM since storage version 1.4.

    WarehouseError without the extension `httpfs`, whose OpenSSL DuckDB needs to write an encrypted file.
    """
    options = [f"block_size {block_size}", f"storage_version {literal(WORKING_STORAGE if key else storage_version)}"]
    if key is not None:
        try:
            load_extension(connection, "httpfs")
        except ModuleNotFoundError:
            why = "DuckDB encrypts with the extension httpfs: install levelground[encryption], or leave key_env out of city.yml."
            raise WarehouseError(path, why) from None
        options.append(f"encryption_key {literal(key)}")
    _attach(connection, path, alias, options)


def _attach(connection: DuckDBPyConnection, path: Path, alias: str, options: list[str]) -> None:
    given = f" ({', '.join(options)})" if options else ""
    try:
        connection.execute(f"attach {literal(str(path))} as {identifier(alias)}{given}")
    except duckdb.Error as error:
        if WRONG_KEY.search(str(error)):
            raise WrongKey(path) from None
        raise as_warehouse_error(path, error) from None


def read_objects(connection: DuckDBPyConnection, files: Iterable[str]) -> None:
    """Let the instance read those of the files that are objects in S3, with the credentials of the environment.

    StoreUnusable without them; WarehouseError if DuckDB refuses them.
    """
    buckets = {object_store.bucket(file): file for file in files if object_store.is_object(file)}
    for file in buckets.values():
        name, options = object_store.secret_of(file)
        if connection.execute("select 1 from duckdb_secrets() where name = ?", [name]).fetchone():
            continue
        try:
            load_extension(connection, "httpfs")
            # the extension copies the credentials into settings, which every query can read
            for setting in ("s3_access_key_id", "s3_secret_access_key", "s3_session_token"):
                connection.execute(f"set {setting} = ''")
            connection.execute(f"create temporary secret {identifier(name)} ({options})")
        except duckdb.Error as error:
            # DuckDB's message can quote the statement
            raise WarehouseError(Path(file), f"DuckDB got no access to S3 ({type(error).__name__}).") from None


def detach(connection: DuckDBPyConnection, alias: str) -> None:
    """Write and close the attached file; DuckDB's IOException if that fails, for example on a full disk.

    An unread result of another connection keeps the file open.
    """
    connection.execute(f"detach {identifier(alias)}")


def database_path(connection: DuckDBPyConnection) -> Path:
    """The file of the connection's database."""
    path = one_value(connection, "select path from duckdb_databases() where database_name = current_database()")
    if path is None:
        raise ValueError("the connection's database is in memory and has no file")
    return Path(path)


def open_reader(
    path: Path,
    *,
    memory_limit: str = "2GB",
    temp_directory: Path | None = None,
    spill_limit: str | None = None,
    key: str | None = None,
) -> DuckDBPyConnection:
    """A connection for users' SQL: it reads this file and its parts only, and changes no setting. Table names need no schema.

    `key`: of an encrypted file; WrongKey if it is not its key. Without `temp_directory` it does not spill to disk: a query beyond
    `memory_limit` fails. DuckDB's limits do not cover every allocation, and some statements abort the process: `levelground
    query` uses this in a process with limits of its own.
    """
    config = {
        "autoinstall_known_extensions": "false",
        "memory_limit": memory_limit,
        "temp_directory": str(temp_directory or ""),
        "arrow_lossless_conversion": "true",  # integers of 128 bits would become floating-point numbers
    }
    if spill_limit is not None:
        config["max_temp_directory_size"] = spill_limit
    # DuckDB takes the key of a file only where it is attached
    connection = _connect(path if key is None else Path(":memory:"), read_only=key is None, config=config)
    try:
        if key is not None:
            attach(connection, path, path.stem, read_only=True, key=key)
            connection.execute(f"use {identifier(path.stem)}")
        if parts := parts_of_views(connection):  # DuckDB takes the setting only while every file is allowed
            read_objects(connection, parts)
            connection.execute(f"set allowed_paths = [{', '.join(map(literal, parts))}]")
        connection.execute("set enable_external_access = false")
        found = "select schema_name from duckdb_schemas() where database_name = current_database() and not internal"
        schemas = {row[0] for row in connection.execute(found).fetchall()}
        of_file = f"{path.stem}." if key is not None else ""
        if path_of_schemas := [f"{of_file}{schema}" for schema in SEARCHED if schema in schemas]:
            connection.execute(f"set search_path = {literal(','.join(path_of_schemas))}")  # no file stores it
        connection.execute("set lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def parts_of_views(connection: DuckDBPyConnection, alias: str | None = None) -> dict[str, str]:
    """The Parquet files that views of a released file read → the view; none with facts as tables. `alias`: an attached one."""
    views = "select view_name, sql from duckdb_views() where not internal and database_name = coalesce(?, current_database())"
    literals = [(view, text) for view, sql in connection.execute(views, [alias]).fetchall() for text in _LITERAL.findall(sql)]
    return {text.replace("''", "'"): view for view, text in literals if text.endswith(".parquet")}


def only_reads(connection: DuckDBPyConnection, sql: str) -> bool:
    """Whether the statement is a SELECT, or explains one. DuckDB lets COPY write to a file that it may read."""
    read = re.sub(r"^\s*explain(\s+analyze)?\s", "", sql, flags=re.IGNORECASE)
    try:
        statements = connection.extract_statements(read)
    except duckdb.Error:
        return False
    return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT


def run_query(path: Path, sql: str, timeout_seconds: float, *, memory_limit: str = "2GB") -> pa.Table:
    """The whole result of Levelground's own `sql` on the file. QueryError with DuckDB's message, or after that time."""
    with reader_folder() as spill:
        connection = open_reader(path, memory_limit=memory_limit, temp_directory=spill)
        timer = threading.Timer(timeout_seconds, connection.interrupt)
        timer.daemon = True
        try:
            timer.start()
            # DuckDB returns None, against its type, for an empty text
            result: DuckDBPyConnection | None = connection.execute(sql)
            if result is None:
                raise QueryError("the query is empty")
            return result.to_arrow_table()
        except duckdb.InterruptException:
            raise QueryError(f"stopped after {timeout_seconds:g} seconds") from None
        except duckdb.Error as error:
            raise QueryError(str(error)) from None
        finally:
            timer.cancel()
            connection.close()


@contextmanager
def in_memory(temp_directory: Path | None = None) -> Iterator[DuckDBPyConnection]:
    """A connection to a new database in memory, for SQL of Levelground that converts data; it may spill to `temp_directory`."""
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as connection:
        # DuckDB draws one on the output if it is imported before `__main__` has a file, and corrupts the answer of a worker
        connection.execute("set enable_progress_bar = false")
        if temp_directory is not None:
            connection.execute(f"set temp_directory = {literal(str(temp_directory))}")
        yield connection


def memory_limit(setting: str | None = None) -> str:
    """A memory limit as DuckDB displays it, such as `12.5 GiB`; without a setting DuckDB's own."""
    with in_memory() as connection:
        if setting is not None:
            connection.execute(f"set memory_limit = {literal(setting)}")
        return str(one_value(connection, "select current_setting('memory_limit')"))


@contextmanager
def open_from_disk(path: Path, alias: str, *, key: str | None = None) -> Iterator[DuckDBPyConnection]:
    """Attach the file on disk, read-only as `alias`, even if this process has another file open under the same path.

    `duckdb.connect(path)` would return the instance that the process holds, after a swap that of the old file.
    """
    with in_memory() as connection:
        attach(connection, path, alias, read_only=True, key=key)
        yield connection


@contextmanager
def scratch(folder: Path, name: str = "scratch") -> Iterator[DuckDBPyConnection]:
    """A connection to a new database in a temporary folder inside `folder`; both are deleted afterwards.

    It is a file, not memory, so that SQLAlchemy can join it: see `database_path`.
    """
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as own,
        _connect(Path(own) / f"{name}.duckdb", read_only=False, config={}) as connection,
    ):
        connection.execute("set autoinstall_known_extensions = false")
        yield connection


def joined(path: Path) -> DuckDBPyConnection:
    """Another connection to the working warehouse that this process has open, with all that is attached to it."""
    return _connect(path, read_only=False, config={})


def create_empty(path: Path, storage_version: str, block_size: int = BLOCK_SIZE) -> None:
    """Create a database file without tables, in a storage format that later writers keep."""
    with in_memory() as connection:
        attach_new(connection, path, "fresh", storage_version, block_size=block_size)
        detach(connection, "fresh")
    path.chmod(0o600)


def _connect(path: Path, *, read_only: bool, config: Mapping[str, str]) -> DuckDBPyConnection:
    try:
        return duckdb.connect(os.fspath(path), read_only=read_only, config=dict(config))
    except duckdb.Error as error:
        raise as_warehouse_error(path, error) from None


def as_warehouse_error(path: Path, error: duckdb.Error) -> WarehouseError:
    """An error of DuckDB about a file, as a WarehouseError."""
    message = str(error).removeprefix("IO Error: ").splitlines()[0]
    if "Could not set lock" in message:
        found = re.search(r"\(PID (\d+)\)", message)
        pid = int(found[1]) if found else None
        return WarehouseBusy(path, f"another process holds it{f' (pid {pid})' if pid else ''}.", pid)
    if "different configuration" in message:
        return WarehouseBusy(path, "this process has it open with other settings.", os.getpid())
    if "Unique file handle conflict" in message:
        return WarehouseBusy(path, "this process still has it attached elsewhere.", os.getpid())
    if isinstance(error, _READ_ERRORS) and not _FILE_ACCESS.search(message):
        return WarehouseCorrupt(path, f"{message.rstrip('!.')}.")
    return WarehouseError(path, f"{message.rstrip('!.')}.")

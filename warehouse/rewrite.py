"""Copy a database file without some of its rows, so that no byte of them is left in the file.

DuckDB keeps the bytes of deleted rows in free blocks. The copy contains every table, view, macro and comment of the file, and
only the rows that stay. See `warehouse.releases.rewriting` for releases and `ingest.erasure` for the rows to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import BLOCK_SIZE, WORKING_STORAGE, attach, attach_new, detach, in_memory, open_from_disk
from warehouse.files import sync
from warehouse.sql import one_value, quoted, tables_of

# schema and table → SQL boolean of the rows to leave out
LeftOut = Mapping[tuple[str, str], str]
OLD, NEW = "old_file", "new_file"
# In a file of this size, which has about a million rows, small blocks cost more time than they save space.
GROWN_BYTES = 64 << 20


def enlarge_blocks(path: Path) -> None:
    """Copy the working warehouse, if it has grown, into a file without small blocks; not one with a log of a killed run.

    A log that stayed next to the copy would be one of another file. It is gone when a run has closed the warehouse.
    """
    has_log = path.with_name(f"{path.name}.wal").exists()
    if has_log or not path.exists() or path.stat().st_size < GROWN_BYTES:
        return
    with open_from_disk(path, OLD) as con:
        is_large = block_size_of(con, OLD) >= BLOCK_SIZE
    if not is_large:
        incoming = path.with_suffix(".rewritten.duckdb")
        rewrite_database(path, incoming, WORKING_STORAGE, lambda _con, _alias: {})
        incoming.replace(path)


def rewrite_database(
    path: Path,
    to: Path,
    storage_version: str,
    left_out: Callable[[DuckDBPyConnection, str], LeftOut],
    *,
    drop: Callable[[DuckDBPyConnection, str], Iterable[tuple[str, str]]] = lambda _con, _alias: (),
    finish: Callable[[DuckDBPyConnection, str], None] = lambda _con, _alias: None,
    temp_directory: Path | None = None,
) -> int:
    """Write the copy of `path` to `to`, and return how many rows it leaves out.

    `left_out` gets a connection with the file attached and its alias. `drop` names tables and views that the copy does not have.
    `finish` may change the copy. DuckDB's errors are raised unchanged; `path` stays as it is.
    """
    for leftover in (to, to.with_name(f"{to.name}.wal")):
        leftover.unlink(missing_ok=True)
    with in_memory(temp_directory) as con:
        attach(con, path, OLD, read_only=True)
        block_size = BLOCK_SIZE if path.stat().st_size >= GROWN_BYTES else block_size_of(con, OLD)
        attach_new(con, to, NEW, storage_version, block_size=block_size)
        con.execute(f"copy from database {OLD} to {NEW} (schema)")
        dropped, tables = set(drop(con, OLD)), tables_of(con, OLD)
        for schema, name in sorted(dropped):
            kind = "table" if (schema, name) in tables else "view"
            con.execute(f"drop {kind} if exists {NEW}.{quoted(schema)}.{quoted(name)}")
        conditions, removed = left_out(con, OLD), 0
        for schema, name in tables:
            if (schema, name) not in dropped:
                removed += _copy_rows(con, schema, name, conditions.get((schema, name)))
        finish(con, NEW)
        detach(con, NEW)
        detach(con, OLD)
    to.chmod(0o600)
    sync(to)
    return removed


def block_size_of(con: DuckDBPyConnection, alias: str) -> int:
    """The size of the blocks of an attached file, which it keeps for ever."""
    return int(one_value(con, "select block_size from pragma_database_size() where database_name = ?", [alias]))


def count_left_out(con: DuckDBPyConnection, alias: str, left_out: LeftOut) -> dict[tuple[str, str], int]:
    """How many rows of each table of an attached file are to be left out; tables without such a row are not listed."""
    counts = {}
    for (schema, table), condition in left_out.items():
        relation = f"{alias}.{quoted(schema)}.{quoted(table)}"
        if number := one_value(con, f"select count(*) from {relation} where {condition}"):
            counts[schema, table] = number
    return counts


def _copy_rows(con: DuckDBPyConnection, schema: str, table: str, condition: str | None) -> int:
    """Copy the rows of a table that stay; how many do not."""
    name = f"{quoted(schema)}.{quoted(table)}"
    where = f"where not coalesce({condition}, false)" if condition else ""
    copied = one_value(con, f"insert into {NEW}.{name} select * from {OLD}.{name} {where}")
    return 0 if condition is None else int(one_value(con, f"select count(*) from {OLD}.{name}")) - copied

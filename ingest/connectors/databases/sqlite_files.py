"""Open SQLite files with limits: a file from elsewhere is data, and must not make this process compute.

A view may recur without end, a computed column may make a gigabyte of nothing, and pages that refer to each other may hold more
rows than the disk. So a delivered file is read from its tables only, after SQLite has checked their pages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa

from ingest.connectors.databases.sessions import STATEMENT_SECONDS
from ingest.readers.formats.parquet import MOST_TIMES, NEVER_A_BOMB
from ingest.readers.reader_types import Fail, check_column_count

Result = TypeVar("Result")
Run = Callable[[Callable[[], Result]], Result]
# The longest cell of a CSV is 4 MB, the longest record of JSON 16 MB.
LONGEST_CELL = 16 << 20
SMALLEST_ROW_BYTES = 4
# Findings of SQLite about the content of rows, which the gate checks by the contract; any other finding is damage.
ABOUT_ROWS = (
    "NULL value in ",
    "non-unique entry in ",
    "row ",
    "wrong # of entries in index ",
    "TEXT value in ",
    "NUMERIC value in ",
)


def delivered_engine(path: Path) -> sa.Engine:
    """An engine for a delivered file, which it never changes."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
        for setting in ("trusted_schema = off", "cell_size_check = on", "ignore_check_constraints = on"):
            connection.execute(f"pragma {setting}")
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)


@contextmanager
def interruptible(connection: sa.Connection, fail: Fail) -> Iterator[Run[Any]]:
    """Run functions that use the connection so that signals and a time limit end them.

    Python handles a signal only between two of its own instructions, and SQLite may compute for ever within one. So a thread
    waits for SQLite, the main thread waits for the thread, and any exception there interrupts SQLite.
    """
    raw: Any = connection.connection.driver_connection
    with ThreadPoolExecutor(1, "sqlite") as pool:

        def interrupt(running: Future[Any]) -> None:
            while not running.done():  # an interrupt before SQLite has begun a statement is without effect
                raw.interrupt()
                wait([running], 0.1)

        def run(function: Callable[[], Result]) -> Result:
            running = pool.submit(function)
            try:
                done, _ = wait([running], STATEMENT_SECONDS)
            except BaseException:
                interrupt(running)
                raise
            if not done:
                interrupt(running)
                raise fail(f"it took longer than {STATEMENT_SECONDS} seconds", "deliver a smaller file, or a table of it")
            return running.result()

        yield run


def check_delivered(connection: sa.Connection, table: str, fail: Fail) -> None:
    """Raise an error unless the table stores all its values, in pages that are intact."""
    found = connection.exec_driver_sql(
        "select type, rootpage from sqlite_schema where name = ? collate nocase and type in ('table', 'view')", (table,)
    ).first()
    if found is None or found[0] == "view":
        raise fail(
            f"{table} is a view, which Levelground does not run", "deliver its rows as a table, like create table … as select"
        )
    if not found[1]:
        raise fail(f"{table} is a virtual table, which Levelground does not run", "deliver its rows as an ordinary table")
    columns = connection.exec_driver_sql("select name, hidden from pragma_table_xinfo(?)", (table,)).all()
    check_column_count(len(columns), fail)
    computed = [name for name, hidden in columns if hidden]
    if computed:
        problem = f"the table {table} computes its column {computed[0]}, which Levelground does not run"
        raise fail(problem, "deliver its values as an ordinary column, like create table … as select")
    findings = [str(line) for (line,) in connection.exec_driver_sql("pragma quick_check(100)")]
    if any(finding != "ok" and not finding.startswith(ABOUT_ROWS) for finding in findings):
        raise fail("its pages are damaged or cut off", "export it again, for example with sqlite3 FILE '.backup COPY'")


class SizeLimit:
    """Ends a read that returns more than a file of that size can contain."""

    def __init__(self, path: Path, fail: Fail) -> None:
        self._size, self._fail = path.stat().st_size, fail
        self._rows, self._bytes = 0, 0

    def __call__(self, batch: pa.RecordBatch) -> None:
        """Count a batch; raises an error when there are too many rows or bytes."""
        self._rows, self._bytes = self._rows + batch.num_rows, self._bytes + batch.nbytes
        if self._rows > self._size // SMALLEST_ROW_BYTES or self._bytes > max(NEVER_A_BOMB, MOST_TIMES * self._size):
            raise self._fail("it returns more rows or bytes than a file of its size contains", "export it again")

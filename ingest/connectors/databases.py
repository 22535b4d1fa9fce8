"""Connector for a department's database, through SQLAlchemy: every column of the contract as text, in streamed batches.

A session is read-only, with time limits and one text form of values (`databases.yml`). Database errors become `DeliveryError`s
without the secrets and values that they quote.

SQLite files are opened with limits: a file from elsewhere is data, and must not make this process compute. A view may recur
without end, a computed column may make a gigabyte of nothing, and pages that refer to each other may hold more rows than the
disk. So a delivered file is read from its tables only, after SQLite has checked their pages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ingest.connectors.fetch import CursorPosition, FetchRequest, delivered_names
from ingest.contract import Contract, DatabaseConnector
from ingest.contract.yaml_source import read_yaml
from ingest.errors import DeliveryError
from ingest.readers.formats.parquet import MOST_TIMES, NEVER_A_BOMB
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, Reader, check_column_count

# For one statement, or one batch of a cursor: the longest that a nightly run should wait for a department's database.
STATEMENT_SECONDS = 600
FILE = Path(__file__).with_suffix(".yml")
_LIMITS = {"seconds": STATEMENT_SECONDS, "milliseconds": STATEMENT_SECONDS * 1000}
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
# A cell is a Python string of about 100 bytes with its object: a batch of this many cells stays below 100 MB.
BATCH_CELLS = 600_000


@cache
def _settings() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read_yaml(FILE).data
    return found


def prepare_session(connection: sa.Connection, zone: str) -> None:
    """Make the session read-only, limit its statements' time, and make it write instants as times of `zone`."""
    dialect = connection.dialect.name
    for statement in _settings()["statements"].get(dialect, ()):
        connection.exec_driver_sql(statement.format(**_LIMITS))
    if dialect == "postgresql":
        connection.execute(sa.select(sa.func.set_config("TimeZone", zone, False)))
    # the settings apply to transactions that begin after this commit
    connection.commit()
    if dialect == "oracle":
        connection.exec_driver_sql("set transaction read only")


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
def _interruptible(connection: sa.Connection, fail: Fail) -> Iterator[Run[Any]]:
    """Run functions that use the connection so that signals and a time limit end them.

    A server ends a statement by itself, and its driver handles signals. Python handles a signal only between two of its own
    instructions, and SQLite may compute for ever within one. So a thread waits for SQLite, the main thread waits for the thread,
    and any exception there interrupts SQLite.
    """
    if connection.dialect.name != "sqlite":
        yield lambda function: function()
        return
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


def live_reader(contract: Contract, connector: DatabaseConnector, request: FetchRequest) -> Reader:
    """Read the table or query behind the URL that the contract's environment variable holds."""
    url = request.environment.get(connector.credentials_env, "")
    name = connector.table or "query"
    if not url:
        remedy = f"set {connector.credentials_env} to the SQLAlchemy URL of the database"
        raise DeliveryError(contract.source, name, f"{connector.credentials_env} is not set", remedy)
    try:
        parsed = sa.make_url(url)
        # arguments in the URL take precedence if the driver allows it
        arguments = _settings()["arguments"].get(parsed.get_backend_name(), {})
        engine = sa.create_engine(parsed, poolclass=sa.NullPool, connect_args=arguments)
    except (SQLAlchemyError, ValueError, ImportError):
        remedy = f"write {connector.credentials_env} like postgresql+psycopg://user@host/database, and install its driver"
        raise DeliveryError(
            contract.source, connector.credentials_env, "its value is not a usable SQLAlchemy URL", remedy
        ) from None
    return partial(_read, contract, engine, name, connector, request.since)


def sqlite_reader(contract: Contract, path: Path, name: str) -> Reader:
    """Read a delivered SQLite file: the contract's table, or its only table."""
    connector = contract.connector
    table = connector.table if isinstance(connector, DatabaseConnector) else None
    request = DatabaseConnector.model_construct(kind="database", credentials_env="", schema_=None, table=table, query=None)
    return partial(_read, contract, delivered_engine(path), name, request, None, path)


@contextmanager
def _read(
    contract: Contract,
    engine: sa.Engine,
    name: str,
    connector: DatabaseConnector,
    since: CursorPosition | None,
    delivered: Path | None = None,
) -> Iterator[OpenTable]:
    fail: Fail = partial(DeliveryError, contract.source, name)
    try:
        with engine.connect() as connection, _interruptible(connection, fail) as run:
            prepare_session(connection, since.zone if since else "UTC")
            source, names = run(lambda: _source(connection, connector, delivered is not None, fail))
            # a dropped direct identifier is never requested; unknown columns are listed, not read
            wanted = delivered_names(contract, names)
            text = sa.String(4000) if engine.dialect.name == "oracle" else sa.Text()
            statement = sa.select(*(sa.cast(sa.column(column), text).label(column) for column in wanted)).select_from(source)
            if since is not None:
                statement = statement.where(_is_new(since, names, engine.dialect.name, fail))
            unread = [column for column in names if column not in wanted]
            batches = _batches(connection, statement, len(wanted), len(unread), run, fail)
            yield OpenTable((*wanted, *unread), (), _limited(batches, delivered, fail) if delivered else batches)
    except SQLAlchemyError as error:
        remedy = "check that the database is up, the account may read it, and the table still exists"
        raise fail(*_explain_error(error, remedy)) from None
    finally:
        engine.dispose()


def _limited(batches: Iterator[pa.RecordBatch], delivered: Path, fail: Fail) -> Iterator[pa.RecordBatch]:
    """The batches; raises an error when they have more rows or bytes than a file of that size can contain."""
    size, rows, byte_count = delivered.stat().st_size, 0, 0
    for batch in batches:
        rows, byte_count = rows + batch.num_rows, byte_count + batch.nbytes
        if rows > size // SMALLEST_ROW_BYTES or byte_count > max(NEVER_A_BOMB, MOST_TIMES * size):
            raise fail("it returns more rows or bytes than a file of its size contains", "export it again")
        yield batch


def _source(connection: sa.Connection, connector: DatabaseConnector, is_delivered: bool, fail: Fail) -> tuple[Any, list[str]]:
    if connector.query is not None:
        # a colon must not become a parameter, and a comment at the end must not hide the closing bracket
        plain = sa.text(connector.query.strip().rstrip(";").replace(":", r"\:") + "\n")
        names = list(
            connection.execute(sa.select(sa.text("*")).select_from(plain.columns().subquery("delivered")).limit(0)).keys()
        )
        return plain.columns(*(sa.column(name) for name in names)).subquery("delivered"), names
    table, schema = connector.table, connector.schema_
    inspector = sa.inspect(connection)
    if table is None or not inspector.has_table(table, schema):
        views = () if is_delivered else inspector.get_view_names(schema)
        tables = sorted({*inspector.get_table_names(schema), *views})
        if table is not None or len(tables) != 1:
            holds = ", ".join(tables) or "no table"
            problem = f"it has no table {table}" if table else "the contract names no table of several"
            raise fail(f"{problem}; it has {holds}", "correct connector.table in the contract, or deliver the right file")
        table = tables[0]
    if is_delivered:
        check_delivered(connection, table, fail)
    return sa.table(table, schema=schema), [str(column["name"]) for column in inspector.get_columns(table, schema)]


def _is_new(since: CursorPosition, names: list[str], dialect: str, fail: Fail) -> Any:
    """The condition of rows from the cursor on, and of rows whose cursor is empty."""
    cursor: Any = sa.column(since.delivered_name(names, fail))
    # SQLite stores and compares times as text
    value = since.as_text() if dialect == "sqlite" and since.column.type != "integer" else since.value
    return sa.or_(cursor >= value, cursor.is_(None))


def _batches(
    connection: sa.Connection, statement: Any, wanted: int, unread: int, run: Run[Any], fail: Fail
) -> Iterator[pa.RecordBatch]:
    names = [f"f{position}" for position in range(wanted + unread)]
    batch_rows = max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, wanted)))
    try:
        partitions = run(lambda: connection.execution_options(yield_per=batch_rows).execute(statement).partitions())
        while rows := run(lambda: next(partitions, None)):
            columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays([*columns, *(pa.nulls(len(rows), pa.string()) for _ in range(unread))], names=names)
    except SQLAlchemyError as error:
        remedy = "the connection was lost while fetching; nothing was ingested; the next run fetches again"
        raise fail(*_explain_error(error, remedy)) from None
    except (UnicodeDecodeError, pa.ArrowException):
        raise fail(
            "a value cannot be read as text", "cast it in the database, or read it through a query (connector.query)"
        ) from None


def _explain_error(error: SQLAlchemyError, otherwise: str) -> tuple[str, str]:
    """(problem, remedy): the kind of error without its text, which quotes statements, values and addresses."""
    name = type(getattr(error, "orig", None) or error).__name__
    remedy = _settings()["remedies"].get(name, otherwise).format(**_LIMITS)
    return f"the database refused or ended the request ({name})", remedy

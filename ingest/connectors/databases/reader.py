"""Connector for a department's database, through SQLAlchemy: every column of the contract as text, in streamed batches.

Database errors become `DeliveryError`s without the secrets and values that they quote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ingest.connectors.databases import sqlite_files
from ingest.connectors.databases.sessions import connect_arguments, prepare_session, remedy_of, text_type
from ingest.connectors.databases.sqlite_files import Run
from ingest.connectors.fetch import CursorPosition, FetchRequest
from ingest.contract import Contract, DatabaseConnector
from ingest.errors import DeliveryError
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, Reader

# A cell is a Python string of about 100 bytes with its object: a batch of this many cells stays below 100 MB.
BATCH_CELLS = 600_000


def live_reader(contract: Contract, connector: DatabaseConnector, request: FetchRequest) -> Reader:
    """Read the table or query behind the URL that the contract's environment variable holds."""
    url = request.environment.get(connector.credentials_env, "")
    name = connector.table or "query"
    if not url:
        remedy = f"set {connector.credentials_env} to the SQLAlchemy URL of the database"
        raise DeliveryError(contract.source, name, f"{connector.credentials_env} is not set", remedy)
    try:
        parsed = sa.make_url(url)
        engine = sa.create_engine(parsed, poolclass=sa.NullPool, **connect_arguments(parsed.get_backend_name()))
    except (SQLAlchemyError, ValueError, ImportError):
        remedy = f"write {connector.credentials_env} like postgresql+psycopg://user@host/database, and install its driver"
        raise DeliveryError(
            contract.source, connector.credentials_env, "its value is not a usable SQLAlchemy URL", remedy
        ) from None
    return _reader(contract, engine, name, connector, request.since)


def sqlite_reader(contract: Contract, path: Path, name: str) -> Reader:
    """Read a delivered SQLite file: the contract's table, or its only table."""
    connector = contract.connector
    table = connector.table if isinstance(connector, DatabaseConnector) else None
    request = DatabaseConnector.model_construct(kind="database", credentials_env="", schema_=None, table=table, query=None)
    return _reader(contract, sqlite_files.delivered_engine(path), name, request, None, path)


def _reader(
    contract: Contract,
    engine: sa.Engine,
    name: str,
    connector: DatabaseConnector,
    since: CursorPosition | None,
    delivered: Path | None = None,
) -> Reader:
    @contextmanager
    def read() -> Iterator[OpenTable]:
        def fail(problem: str, remedy: str) -> DeliveryError:
            return DeliveryError(contract.source, name, problem, remedy)

        try:
            with engine.connect() as connection, _running(connection, fail) as run:
                prepare_session(connection, since.zone if since else "UTC")
                source, names = run(lambda: _source(connection, connector, delivered is not None, fail))
                wanted = [column for column in names if column.strip() in _delivered(contract)]
                # a dropped direct identifier is never requested; unknown columns are listed, not read
                text = text_type(engine.dialect.name)
                statement = sa.select(*(sa.cast(sa.column(column), text).label(column) for column in wanted)).select_from(source)
                if since is not None:
                    statement = statement.where(_is_new(since, names, engine.dialect.name, fail))
                unread = [column for column in names if column not in wanted]
                yield OpenTable(
                    (*wanted, *unread),
                    (),
                    _checked(_batches(connection, statement, len(wanted), len(unread), run, fail), delivered, fail),
                )
        except SQLAlchemyError as error:
            remedy = "check that the database is up, the account may read it, and the table still exists"
            raise fail(*_explain_error(error, remedy)) from None
        finally:
            engine.dispose()

    return read


def _running(connection: sa.Connection, fail: Fail) -> AbstractContextManager[Run[Any]]:
    """How to run a function that waits for the database. A server ends a statement by itself, and its driver handles signals."""
    if connection.dialect.name == "sqlite":
        return sqlite_files.interruptible(connection, fail)
    return nullcontext(lambda function: function())


def _checked(batches: Iterator[pa.RecordBatch], delivered: Path | None, fail: Fail) -> Iterator[pa.RecordBatch]:
    if delivered is None:
        yield from batches
        return
    check = sqlite_files.SizeLimit(delivered, fail)
    for batch in batches:
        check(batch)
        yield batch


def _delivered(contract: Contract) -> set[str]:
    return {str(name) for column in contract.kept_columns for name in column.delivered_names}


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
        sqlite_files.check_delivered(connection, table, fail)
    return sa.table(table, schema=schema), [str(column["name"]) for column in inspector.get_columns(table, schema)]


def _is_new(since: CursorPosition, names: list[str], dialect: str, fail: Fail) -> Any:
    """The condition of rows from the cursor on, and of rows whose cursor is empty."""
    delivered = next((name for name in names if name.strip() in map(str, since.column.delivered_names)), None)
    if delivered is None:
        raise fail(
            f"it has no column {since.column.delivered_names[0]}, which is the cursor",
            "ask the steward for the column's new name, and add it to from: in the contract",
        )
    cursor: Any = sa.column(delivered)
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
    return f"the database refused or ended the request ({name})", remedy_of(name) or otherwise

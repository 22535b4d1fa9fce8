"""A department's database through SQLAlchemy: every column of the contract as text, in batches.

Here: the SELECT of a contract's table or query, streamed, and database errors without the secrets and values they quote.
Not here: how a session of each kind of database is opened (`sessions`), where the cursor comes from (`ingest.landing.cursor`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ingest.connectors.databases.sessions import STATEMENT_SECONDS, begin, connect_arguments, text_type
from ingest.connectors.fetch import Fetch, Since
from ingest.contract import Contract, DatabaseConnector
from ingest.errors import DeliveryError
from ingest.readers.reader_types import BATCH_ROWS, Fail, Opened, Reader

# Rows come as Python texts, some 100 bytes a cell with its object: a batch of so many cells stays below 100 MB.
BATCH_CELLS = 600_000


def live_reader(contract: Contract, connector: DatabaseConnector, fetch: Fetch) -> Reader:
    """Read the table or query behind the URL that the contract's environment variable holds."""
    url = fetch.environment.get(connector.credentials_env, "")
    name = connector.table or "query"
    if not url:
        remedy = f"set {connector.credentials_env} to the SQLAlchemy URL of the database"
        raise DeliveryError(contract.source, name, f"{connector.credentials_env} is not set", remedy)
    try:
        parsed = sa.make_url(url)
        engine = sa.create_engine(parsed, poolclass=sa.NullPool, **connect_arguments(parsed.get_backend_name()))
    except (SQLAlchemyError, ValueError, ImportError):
        remedy = f"write {connector.credentials_env} like postgresql+psycopg://user@host/database, and install its driver"
        raise DeliveryError(contract.source, connector.credentials_env, "its value is no usable SQLAlchemy URL", remedy) from None
    return _reader(contract, engine, name, connector, fetch.since)


def sqlite_reader(contract: Contract, path: Path, name: str) -> Reader:
    """Read a SQLite file: the contract's table, or the only one that it holds."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=sa.NullPool)
    connector = contract.connector
    table = connector.table if isinstance(connector, DatabaseConnector) else None
    asked = DatabaseConnector.model_construct(kind="database", credentials_env="", schema_=None, table=table, query=None)
    return _reader(contract, engine, name, asked, None)


def _reader(contract: Contract, engine: sa.Engine, name: str, asked: DatabaseConnector, since: Since | None) -> Reader:
    @contextmanager
    def read() -> Iterator[Opened]:
        def fail(problem: str, remedy: str) -> DeliveryError:
            return DeliveryError(contract.source, name, problem, remedy)

        try:
            with engine.connect() as connection:
                begin(connection, since.zone if since else "UTC")
                source, names = _source(connection, asked, fail)
                wanted = [column for column in names if column.strip() in _delivered(contract)]
                # a direct identifier that is dropped is not even asked for; unknown columns are named, not read
                text = text_type(engine.dialect.name)
                statement = sa.select(*(sa.cast(sa.column(column), text).label(column) for column in wanted)).select_from(source)
                if since is not None:
                    statement = statement.where(_new(since, names, engine.dialect.name, fail))
                unread = [column for column in names if column not in wanted]
                yield Opened((*wanted, *unread), (), _batches(connection, statement, len(wanted), len(unread), fail))
        except SQLAlchemyError as error:
            remedy = "check that the database is up, the account may read it, and the table still exists"
            raise fail(*_explained(error, remedy)) from None
        finally:
            engine.dispose()

    return read


def _delivered(contract: Contract) -> set[str]:
    return {str(name) for column in contract.kept_columns for name in column.delivered_names}


def _source(connection: sa.Connection, asked: DatabaseConnector, fail: Fail) -> tuple[Any, list[str]]:
    if asked.query is not None:
        # a colon is no parameter here, and a comment at the end must not swallow the bracket
        plain = sa.text(asked.query.strip().rstrip(";").replace(":", r"\:") + "\n")
        names = list(
            connection.execute(sa.select(sa.text("*")).select_from(plain.columns().subquery("delivered")).limit(0)).keys()
        )
        return plain.columns(*(sa.column(name) for name in names)).subquery("delivered"), names
    table, schema = asked.table, asked.schema_
    inspector = sa.inspect(connection)
    if table is None or not inspector.has_table(table, schema):
        tables = sorted({*inspector.get_table_names(schema), *inspector.get_view_names(schema)})
        if table is not None or len(tables) != 1:
            holds = ", ".join(tables) or "no table"
            raise fail(
                f"there is no table {table or 'to choose'} in it; it holds {holds}",
                "mend connector.table in the contract, or deliver the right file",
            )
        table = tables[0]
    return sa.table(table, schema=schema), [str(column["name"]) for column in inspector.get_columns(table, schema)]


def _new(since: Since, names: list[str], dialect: str, fail: Fail) -> Any:
    """What is new, and what does not say when it is from."""
    delivered = next((name for name in names if name.strip() in map(str, since.column.delivered_names)), None)
    if delivered is None:
        raise fail(
            f"the column of the cursor, {since.column.delivered_names[0]}, is not there",
            "ask the steward what it is called now, and add that to from: in the contract",
        )
    cursor: Any = sa.column(delivered)
    # SQLite keeps times as texts, and compares them as such
    value = since.text() if dialect == "sqlite" and since.column.type != "integer" else since.value
    return sa.or_(cursor >= value, cursor.is_(None))


def _batches(connection: sa.Connection, statement: Any, wanted: int, unread: int, fail: Fail) -> Iterator[pa.RecordBatch]:
    names = [f"f{position}" for position in range(wanted + unread)]
    rows_a_batch = max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, wanted)))
    try:
        streamed = connection.execution_options(yield_per=rows_a_batch).execute(statement)
        for rows in streamed.partitions():
            columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays([*columns, *(pa.nulls(len(rows), pa.string()) for _ in range(unread))], names=names)
    except SQLAlchemyError as error:
        remedy = "the connection was lost in mid-fetch; nothing was taken in, the next run fetches again"
        raise fail(*_explained(error, remedy)) from None
    except (UnicodeDecodeError, pa.ArrowException):
        raise fail("a value is no text", "cast it in the database, or read it through a query (connector.query)") from None


# What PostgreSQL calls its errors, and what to do about those that say what they are.
REMEDIES = {
    "InsufficientPrivilege": "grant the account of the contract's credentials_env the right to read it",
    "QueryCanceled": f"it took longer than {STATEMENT_SECONDS} seconds, or somebody holds a lock; the next run asks again",
    "ReadOnlySqlTransaction": "the query writes; a department's database is only read: mend connector.query in the contract",
    "UndefinedColumn": "a column went while it was read, or the query names one that is not there; the next run asks again",
    "UndefinedTable": "a table went while it was read, or the query names one that is not there; the next run asks again",
}


def _explained(error: SQLAlchemyError, otherwise: str) -> tuple[str, str]:
    """The kind of error without its text, which quotes statements, values and addresses, and what to do about it."""
    name = type(getattr(error, "orig", None) or error).__name__
    return f"the database refused or broke off ({name})", REMEDIES.get(name, otherwise)

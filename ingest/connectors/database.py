"""A department's database through SQLAlchemy: every column of the contract as text, in batches.

Here: the SELECT of a contract's table or query, streamed, and database errors without the secrets and values they quote.
Not here: files (`tables`), incremental bookkeeping (`ingest.promote` reads cursors from landing).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ingest.connectors.errors import DeliveryError
from ingest.connectors.opened import BATCH_ROWS, Opened, Reader
from ingest.contract import Contract, DatabaseConnector


def live_reader(contract: Contract, connector: DatabaseConnector, environment: Mapping[str, str]) -> Reader:
    """Read the table or query behind the URL that the contract's environment variable holds."""
    url = environment.get(connector.credentials_env, "")
    if not url:
        remedy = f"set {connector.credentials_env} to the SQLAlchemy URL of the database"
        raise DeliveryError(contract.source, connector.table or "query", f"{connector.credentials_env} is not set", remedy)
    try:
        engine = sa.create_engine(url)
    except (SQLAlchemyError, ValueError, ImportError):
        remedy = f"write {connector.credentials_env} like postgresql+psycopg://user@host/database, and install its driver"
        raise DeliveryError(contract.source, connector.credentials_env, "its value is no usable SQLAlchemy URL", remedy) from None
    return _reader(contract, engine, connector.table or "query", connector.table, connector.query, connector.schema_)


def sqlite_reader(contract: Contract, path: Path, name: str) -> Reader:
    """Read a SQLite file: the contract's table, or the only one that it holds."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=sa.NullPool)
    connector = contract.connector
    table = connector.table if isinstance(connector, DatabaseConnector) else None
    return _reader(contract, engine, name, table, None, None)


def _reader(contract: Contract, engine: sa.Engine, name: str, table: str | None, query: str | None, schema: str | None) -> Reader:
    @contextmanager
    def read() -> Iterator[Opened]:
        def fail(problem: str, remedy: str) -> DeliveryError:
            return DeliveryError(contract.source, name, problem, remedy)

        try:
            with engine.connect().execution_options(stream_results=True) as connection:
                source, names = _source(connection, table, query, schema, fail)
                wanted = [column for column in names if column.strip() in _delivered(contract)]
                # a direct identifier that is dropped is not even asked for; unknown columns are named, not read
                statement = sa.select(*(sa.cast(sa.column(column), sa.Text).label(column) for column in wanted)).select_from(
                    source
                )
                unread = [column for column in names if column not in wanted]
                yield Opened((*wanted, *unread), (), _batches(connection, statement, len(wanted), len(unread), fail))
        except SQLAlchemyError as error:
            raise fail(
                _explained(error), "check that the database is up, the account may read it, and the table still exists"
            ) from None
        finally:
            engine.dispose()

    return read


def _delivered(contract: Contract) -> set[str]:
    return {str(name) for column in contract.kept_columns for name in column.delivered_names}


def _source(
    connection: sa.Connection, table: str | None, query: str | None, schema: str | None, fail: Any
) -> tuple[Any, list[str]]:
    if query is not None:
        source: Any = sa.text(f"({query}) as delivered")
        return source, list(connection.execute(sa.select(sa.text("*")).select_from(source).limit(0)).keys())
    inspector = sa.inspect(connection)
    tables = sorted({*inspector.get_table_names(schema), *inspector.get_view_names(schema)})
    if table is None and len(tables) == 1:
        table = tables[0]
    if table is None or table not in tables:
        holds = ", ".join(tables) or "no table"
        raise fail(
            f"there is no table {table or 'to choose'} in it; it holds {holds}",
            "mend connector.table in the contract, or deliver the right file",
        )
    return sa.table(table, schema=schema), [str(column["name"]) for column in inspector.get_columns(table, schema)]


def _batches(connection: sa.Connection, statement: Any, wanted: int, unread: int, fail: Any) -> Iterator[pa.RecordBatch]:
    names = [f"f{position}" for position in range(wanted + unread)]
    try:
        for rows in connection.execute(statement).partitions(BATCH_ROWS):
            columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays([*columns, *(pa.nulls(len(rows), pa.string()) for _ in range(unread))], names=names)
    except SQLAlchemyError as error:
        raise fail(
            _explained(error), "the connection was lost in mid-fetch; nothing was taken in, the next run fetches again"
        ) from None
    except (UnicodeDecodeError, pa.ArrowException):
        raise fail("a value is no text", "cast it in the database, or read it through a query (connector.query)") from None


def _explained(error: SQLAlchemyError) -> str:
    """The kind of error without its text, which quotes statements, values and addresses."""
    original = getattr(error, "orig", None)
    return f"the database refused or broke off ({type(original or error).__name__})"

"""Define the SQLAlchemy dialect with which Great Expectations joins the DuckDB instance that the run and dbt share.

It overrides two behaviours of duckdb-sqlalchemy. Importing this module registers nothing; `register` registers the dialect under
`duckdb://`. See `connection` for all other connections.

Only this module uses a private method of duckdb-sqlalchemy, tested with duckdb-sqlalchemy 1.5.6.5. If a new version breaks it,
tests/contract/test_private_apis.py lists what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import duckdb_sqlalchemy
import sqlalchemy
from sqlalchemy import Engine, NullPool, Pool
from sqlalchemy.dialects import registry


class Dialect(duckdb_sqlalchemy.Dialect):
    """duckdb-sqlalchemy for a process with one DuckDB instance, and for clients that fetch after the connection is returned."""

    supports_statement_cache = True

    def connect(self, *_arguments: Any, **parameters: Any) -> Any:
        """A connection without configuration: DuckDB refuses a second configuration of one file in one process.

        Not super(), which sets custom_user_agent.
        """
        return duckdb_sqlalchemy.ConnectionWrapper(duckdb.connect(parameters["database"]))

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Buffer the unread rows of the last result, then roll back.

        Great Expectations fetches after it has returned the connection to the pool, where the rollback would drop the result
        (its issues 10738 and 11579, closed unfixed). The method is private to duckdb-sqlalchemy.
        """
        dbapi_connection._buffer_pending_result()
        super().do_rollback(dbapi_connection)

    @classmethod
    def get_pool_class(cls, _url: sqlalchemy.URL) -> type[Pool]:
        """Use no pool: a pool would keep the file open, after a swap the old one. Joining an open instance takes 0.2 ms."""
        return NullPool


def register() -> None:
    """Register this dialect for `duckdb://` URLs in this process, including engines that a library creates."""
    registry.register("duckdb", __name__, Dialect.__name__)


def engine(database: Path) -> Engine:
    """An engine on a DuckDB file; it joins the instance if this process has the file open."""
    register()
    return sqlalchemy.create_engine(sqlalchemy.URL.create("duckdb", database=str(database)))

"""The SQLAlchemy dialect through which Great Expectations joins the DuckDB instance that the run and dbt share.

Belongs here: the two behaviors of duckdb-sqlalchemy that must differ, and registering the result under `duckdb://`.
Does not: any query. Importing this module registers nothing; `register` does.
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
    """duckdb-sqlalchemy for one process with one instance, and for readers that fetch late."""

    supports_statement_cache = True

    def connect(self, *_arguments: Any, **parameters: Any) -> Any:
        """A connection without configuration: DuckDB refuses a second configuration of one file in one process.

        Not super(), which sets custom_user_agent.
        """
        return duckdb_sqlalchemy.ConnectionWrapper(duckdb.connect(parameters["database"]))

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back, the unread rows of the last result first moved aside.

        Great Expectations fetches after the connection has gone back to the pool; the rollback there would drop the result
        (its issues 10738 and 11579, closed unfixed). The method is private to duckdb-sqlalchemy: a test watches over it.
        """
        dbapi_connection._buffer_pending_result()
        super().do_rollback(dbapi_connection)

    @classmethod
    def get_pool_class(cls, _url: sqlalchemy.URL) -> type[Pool]:
        """No pool: it would keep the file open, and the old one after a swap. Joining an open instance takes 0.2 ms."""
        return NullPool


def register() -> None:
    """Make `duckdb://` URLs use this dialect in this process, for engines that a library builds by itself too."""
    registry.register("duckdb", __name__, Dialect.__name__)


def engine(database: Engine | Path) -> Engine:
    """An engine on a DuckDB file; it joins the instance if this process has the file open. An engine is returned as it is."""
    if isinstance(database, Engine):
        return database
    register()
    return sqlalchemy.create_engine(sqlalchemy.URL.create("duckdb", database=str(database)))

"""Settings of a department database's session: read-only, with time limits, and with one text form of each type of value.

Tests run PostgreSQL and SQLite. The settings of MySQL, Oracle and SQL Server are from their manuals, and untested
(docs/connectors.md).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

CONNECT_SECONDS = 30
# For one statement, or one batch of a cursor: the longest that a nightly run should wait for a department's database.
STATEMENT_SECONDS = 600

_ARGUMENTS: dict[str, dict[str, Any]] = {
    # keepalives and tcp_user_timeout detect within two minutes that the server no longer responds
    "postgresql": {
        "connect_timeout": CONNECT_SECONDS, "application_name": "levelground", "client_encoding": "utf8",
        "keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 120_000,
    },
    "mysql": {"connect_timeout": CONNECT_SECONDS, "read_timeout": STATEMENT_SECONDS},
    "mssql": {"login_timeout": CONNECT_SECONDS, "timeout": STATEMENT_SECONDS},
    "oracle": {"tcp_connect_timeout": CONNECT_SECONDS},
}  # fmt: skip
_SESSION = {
    "postgresql": (
        "set session characteristics as transaction read only",
        "set statement_timeout = {milliseconds}",
        "set idle_in_transaction_session_timeout = {milliseconds}",
        "set datestyle = 'ISO, YMD'",
        "set intervalstyle = 'iso_8601'",
        "set extra_float_digits = 1",
        "set bytea_output = 'hex'",
    ),
    "mysql": ("set session transaction read only", "set session max_execution_time = {milliseconds}"),
    "mariadb": ("set session transaction read only", "set session max_statement_time = {seconds}"),
    "oracle": (
        "alter session set nls_date_format = 'YYYY-MM-DD HH24:MI:SS'",
        "alter session set nls_timestamp_format = 'YYYY-MM-DD HH24:MI:SS.FF6'",
        "alter session set nls_timestamp_tz_format = 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM'",
        "alter session set nls_numeric_characters = '.,'",
    ),
    # a sorted query is sorted in memory: a file would contain the columns that a contract drops
    "sqlite": ("pragma query_only = on", "pragma temp_store = memory"),
}


def connect_arguments(backend: str) -> dict[str, Any]:
    """Arguments of `create_engine` for a kind of database; those in the URL take precedence if the driver allows it."""
    arguments = _ARGUMENTS.get(backend)
    return {"connect_args": arguments} if arguments else {}


def prepare_session(connection: sa.Connection, zone: str) -> None:
    """Make the session read-only, limit its statements' time, and make it write instants as times of `zone`."""
    dialect = connection.dialect.name
    for statement in _SESSION.get(dialect, ()):
        limits = {"seconds": STATEMENT_SECONDS, "milliseconds": STATEMENT_SECONDS * 1000}
        connection.exec_driver_sql(statement.format(**limits))
    if dialect == "postgresql":
        connection.execute(sa.select(sa.func.set_config("TimeZone", zone, False)))
    # the settings apply to transactions that begin after this commit
    connection.commit()
    if dialect == "oracle":
        connection.exec_driver_sql("set transaction read only")


def text_type(dialect: str) -> sa.types.TypeEngine[str]:
    """The type to which a value is cast to return text."""
    return sa.String(4000) if dialect == "oracle" else sa.Text()

"""Prepare a session of a department's database by `sessions.yml`: read-only, with time limits, one text form of values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ingest.contract.yaml_source import read_yaml

# For one statement, or one batch of a cursor: the longest that a nightly run should wait for a department's database.
STATEMENT_SECONDS = 600
FILE = Path(__file__).with_suffix(".yml")
_LIMITS = {"seconds": STATEMENT_SECONDS, "milliseconds": STATEMENT_SECONDS * 1000}


@cache
def _settings() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read_yaml(FILE).data
    return found


def connect_arguments(backend: str) -> dict[str, Any]:
    """Arguments of `create_engine` for a kind of database; those in the URL take precedence if the driver allows it."""
    arguments = _settings()["arguments"].get(backend)
    return {"connect_args": arguments} if arguments else {}


def remedy_of(error: str) -> str | None:
    """What to do about an error of a database, by its name."""
    found: str | None = _settings()["remedies"].get(error)
    return found and found.format(**_LIMITS)


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


def text_type(dialect: str) -> sa.types.TypeEngine[str]:
    """The type to which a value is cast to return text."""
    return sa.String(4000) if dialect == "oracle" else sa.Text()

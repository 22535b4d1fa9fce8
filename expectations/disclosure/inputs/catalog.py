"""Query the attached release files: rows of a query, columns of a relation, and whether a table exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text


def fetch(connection: Connection, sql: str) -> Iterator[Any]:
    """The rows of a query without parameters."""
    return iter(connection.exec_driver_sql(sql))


def columns_of(connection: Connection, source: str) -> set[str]:
    """The columns of a relation; a file of an earlier version lacks newer ones."""
    return {name for (name,) in fetch(connection, f"select column_name from (describe select * from {source})")}


def table_exists(connection: Connection, relation: str) -> bool:
    """Whether `database.schema.table` is a table."""
    database, schema, table = relation.split(".")
    query = (
        "select count(*) from duckdb_tables() where database_name = :database and schema_name = :schema and table_name = :name"
    )
    return bool(connection.execute(text(query), {"database": database, "schema": schema, "name": table}).scalar_one())

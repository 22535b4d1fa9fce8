"""Read a file of the current release for `tables`, `measures` and `show`: the widest with figures, or the public file.

With `--public` nothing is read from the analyst file, so no command can display what the public file hides.
"""

from __future__ import annotations

from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.cli.release.chosen_file import CannotShow, ChosenFile, choose_file
from warehouse.audiences.names import FIGURES, TEAM
from warehouse.connection import open_reader
from warehouse.paths import Home
from warehouse.printable import did_you_mean
from warehouse.sql import quoted

Row = dict[str, Any]


def open_release(home: Home, *, public: bool) -> DuckDBPyConnection:
    """Open a file of the current release with figures, read-only: the public one, or the widest that this account may read."""
    chosen = choose_file(home, public=public)
    if not public and chosen.audience not in (TEAM, FIGURES):
        chosen = choose_file(home, figures=True)
    return open_chosen(chosen)


def open_chosen(chosen: ChosenFile) -> DuckDBPyConnection:
    """Open a released file, read-only."""
    return open_reader(chosen.path, key=chosen.key)


def rows_of(con: DuckDBPyConnection, sql: str, parameters: list[Any] | None = None) -> list[Row]:
    """Return the result of a query as dictionaries."""
    result = con.execute(sql, parameters or [])
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def tables_of(con: DuckDBPyConnection) -> list[Row]:
    """List the tables and views of the file by schema and name, with their descriptions, and count their `rows`."""
    found = con.execute(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() where not internal "
        "union all select schema_name, view_name, coalesce(comment, '') from duckdb_views() where not internal order by all"
    ).fetchall()
    counts = [f"(select count(*) from {quoted(schema)}.{quoted(name)})" for schema, name, _ in found]
    counted = con.execute(f"select {', '.join(counts)}").fetchone() or () if found else ()
    return [
        {"schema": schema, "name": name, "rows": rows, "description": text}
        for (schema, name, text), rows in zip(found, counted, strict=True)
    ]


def find_table(tables: list[Row], wanted: str) -> Row:
    """Return the table of that name, with or without its schema."""
    schema, _, name = wanted.rpartition(".")
    found = [table for table in tables if table["name"] == name and schema in ("", table["schema"])]
    if found:
        return found[0]
    known = [table["name"] for table in tables] + ([f"{table['schema']}.{table['name']}" for table in tables] if schema else [])
    raise CannotShow(f"no table is called {wanted!r}. {did_you_mean(wanted, known)}`levelground tables` lists all")


def columns_of(con: DuckDBPyConnection, table: Row) -> list[Row]:
    """Return name, type and description of each column."""
    return rows_of(
        con,
        "select column_name, lower(data_type) as data_type, coalesce(comment, '') as description from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [table["schema"], table["name"]],
    )


def measures_of(con: DuckDBPyConnection, *, public: bool) -> list[Row]:
    """Return the current version of every measure, by policy area."""
    table = "published.measures" if public else "marts.dim_measure"
    return rows_of(con, f"select * from {table} where is_current order by policy_area, measure_id")


def find_measure(measures: list[Row], wanted: str) -> Row:
    """Return the measure of that id."""
    found = next((measure for measure in measures if measure["measure_id"] == wanted), None)
    if found is None:
        suggestion = did_you_mean(wanted, [measure["measure_id"] for measure in measures])
        raise CannotShow(f"no measure is called {wanted!r}. {suggestion}`levelground measures list` lists all")
    return found

"""The `stats` macros rendered from dbt_project/macros/stats with plain Jinja, without dbt."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros" / "stats"


def render(database: str) -> str:
    """The statements that dbt's `create_stats_macros(database)` yields: dbt, too, puts all macro files into one namespace."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(MACROS.glob("*.sql")))
    return str(jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).module.create_stats_macros(database))  # type: ignore[attr-defined]


def connect() -> duckdb.DuckDBPyConnection:
    """An in-memory database with the macros."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute(render("memory"))
    return connection

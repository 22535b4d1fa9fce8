"""The `stats` macros in an in-memory database, rendered from dbt_project/macros/stats with plain Jinja.

Here: what every test of a statistic needs. Not here: worked figures (each test module has its own) and dbt, which renders the
same files at run time (tests/integration/dbt/test_stats_schema.py runs it once).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

MACROS = Path(__file__).parents[3] / "dbt_project" / "macros" / "stats"


def render(database: str) -> str:
    """The statements that dbt's `create_stats_macros(database)` yields: dbt, too, puts all macro files into one namespace."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(MACROS.glob("*.sql")))
    return str(jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).module.create_stats_macros(database))  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def stats_sql() -> Callable[[str], str]:
    return render


@pytest.fixture(scope="session")
def stats_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(render("memory"))
        yield connection


@pytest.fixture(scope="session")
def stats(stats_connection: duckdb.DuckDBPyConnection) -> Callable[..., Any]:
    """`stats("proportion_ci", 65, 100, 0.95)` is what the macro returns for these values."""

    def call(function: str, *arguments: object) -> Any:
        marks = ", ".join("?" * len(arguments))
        row = stats_connection.execute(f"select stats.{function}({marks})", list(arguments)).fetchone()
        assert row is not None
        return row[0]

    return call

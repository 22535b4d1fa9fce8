"""The `stats` macros in an in-memory database, rendered from dbt_project/macros/stats with plain Jinja.

Here: what every test of a statistic needs. Not here: worked figures (each test module has its own) and dbt, which renders the
same files at run time (tests/integration/dbt/test_stats_schema.py runs it once).
"""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from tests.support.stats_macros import connect, render


@pytest.fixture(scope="session")
def stats_sql() -> Callable[[str], str]:
    return render


@pytest.fixture(scope="session")
def stats_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
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

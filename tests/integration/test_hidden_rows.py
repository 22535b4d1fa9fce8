"""The gate walks every column of every public table: a hidden row fills none that is not listed for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from duckdb import DuckDBPyConnection

from expectations.disclosure.classification import check_tables, on_hidden_rows
from orchestration.settings import DBT_PROJECT
from warehouse.connection import attach, scratch

MODELS = DBT_PROJECT / "models" / "published" / "tables" / "_published__models.yml"


def _tables() -> dict[str, list[str]]:
    """The columns of each public table with a status, as dbt's contracts promise them."""
    models = yaml.load(MODELS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
    columns = {model["name"].removeprefix("published_"): [column["name"] for column in model["columns"]] for model in models}
    return {table: names for table, names in columns.items() if "publication_status" in names}


@pytest.fixture
def con(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        attach(connection, tmp_path / "public.duckdb", "public")
        connection.execute("create schema public.published")
        yield connection


def _filled(con: DuckDBPyConnection, table: str, names: list[str], filled: set[str], status: str) -> tuple[float | None, str]:
    values = ", ".join(f"{_text(name, filled, status)} as {name}" for name in names)
    con.execute(f"create or replace table public.published.{table} as select {values}")
    findings = {found.expectation: found for found in check_tables(con, "public.published")}
    found = findings["hidden_rows_are_empty"]
    assert found.severity == "critical" and found.success is (found.observed == 0)
    return found.observed, found.message


def _text(name: str, filled: set[str], status: str) -> str:
    """SQL of a text in the columns that the test fills, and NULL in the others."""
    return f"'{status}'" if name == "publication_status" else "'x'" if name in filled else "null::varchar"


@pytest.mark.parametrize("table", sorted(_tables()))
def test_a_hidden_row_shows_nothing_but_what_is_listed(con: DuckDBPyConnection, table: str) -> None:
    names = _tables()[table]
    allowed = set(on_hidden_rows()[table])
    closed = [name for name in names if name not in allowed]
    assert closed
    assert _filled(con, table, names, allowed, "suppressed") == (0.0, "")
    assert _filled(con, table, names, set(closed), "suppressed")[0] == len(closed), "each column is found"
    for name in {closed[0], closed[-1]}:  # and alone
        observed, message = _filled(con, table, names, {name}, "suppressed")
        assert observed == 1 and message.startswith(f"published.{table}.{name}: ")
    assert _filled(con, table, names, set(closed), "published") == (0.0, "")


def test_a_new_column_is_empty_on_hidden_rows_until_it_is_listed(con: DuckDBPyConnection) -> None:
    names = [*_tables()["scorecard"], "smoothed_value"]
    observed, message = _filled(con, "scorecard", names, {"smoothed_value"}, "suppressed")
    assert observed == 1
    assert message.startswith("published.scorecard.smoothed_value: a hidden row shows a value in it")

"""What the log of questions keeps of a statement: words of DuckDB and of the release, and no value."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from orchestration.cli.query.process import describe

EMPLOYEES = ["marts.fct_employees"]


@pytest.fixture(scope="module")
def release() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create schema quality")
        connection.execute("create table marts.fct_employees(pay int, title varchar, race_ethnicity_code varchar)")
        connection.execute("create view quality.runs as select 1 as number; set search_path = 'marts,quality'")
        yield connection


@pytest.mark.parametrize(
    ("sql", "statement", "tables"),
    [
        (
            "select title from fct_employees where pay > 91000 and title = 'Jane Doe' limit 5",
            "select title from fct_employees where pay > ? and title = ? limit ?",
            EMPLOYEES,
        ),
        ("select pay from marts.fct_employees -- Jane", "select pay from marts . fct_employees", EMPLOYEES),
        ("select /* Jane */ pay /*Jane*/, 1--Jane\nfrom fct_employees", "select pay , ? from fct_employees", EMPLOYEES),
        ("from fct_employees where title = \"Jane Doe\"", "from fct_employees where title = name1", EMPLOYEES),
        (
            "with jane as (from fct_employees) select max(pay) as jane_doe, jane.title from jane, runs group by all",
            "with name1 as ( from fct_employees ) select max ( pay ) as name2 , name1 . title from name1 , runs group by all",
            ["marts.fct_employees", "quality.runs"],
        ),
        ("select $$Jane$$, $a$ Jane $a$, E'Jane', x'4a'", "select ? , ? , ? , ?", []),
        ("select -1_000, date '1980-02-03', true", "select - ? , date ? , true", []),
        ("select 'é', 'Jane', 2", "select ? , ? , ?", []),
        ("selekt Jane", "name1 name2", []),
        ("select 'Jane", "select", []),
        ("select 5jane", "select ? name1", []),
        ("from fct_employees where title = “Jane”", "from fct_employees where title = name1", EMPLOYEES),
        ("describe fct_employees", "describe fct_employees", EMPLOYEES),
        ("select '🦆' || pay from fct_employees where pay = 7", "select ? || pay from fct_employees where pay = ?", EMPLOYEES),
        ("", "", []),
    ],
)  # fmt: skip
def test_a_statement_keeps_no_value(release: DuckDBPyConnection, sql: str, statement: str, tables: list[str]) -> None:
    assert describe(release, sql) == {"tables": tables, "statement": statement}


def test_a_statement_without_end_is_cut(release: DuckDBPyConnection) -> None:
    assert len(describe(release, "select " + "title, " * 9_000)["statement"]) == 10_000

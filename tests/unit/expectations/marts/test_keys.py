"""Tables get the grain of their suite as primary key, and the keys that they contain as foreign keys."""

from __future__ import annotations

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.keys import REFERENCED, declare_keys
from expectations.marts.suites import SUITES, Suite, read_suites

MEASURES = Suite(table="dim_measure", grain=("measure_id", "measure_version"))
FIGURES = Suite(table="fct_figures", grain=("measure_id", "measure_version", "period"))
ABSENT = Suite(table="dim_goal", grain=("goal_id",))


@pytest.fixture
def con() -> DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        "attach ':memory:' as release; create schema release.marts; "
        "create table release.marts.dim_measure as select 'm' as measure_id, 1 as measure_version; "
        "create table release.marts.fct_figures as select 'm' as measure_id, 1 as measure_version, 2024 as period, 1 as goal_id; "
        "create table release.marts.notes as select 'm' as measure_id, 1 as measure_version; "
        "create view release.marts.fct_calls as select 1 as call; "
        "comment on table release.marts.fct_figures is 'One row per figure.'"
    )
    return con


def comments(con: DuckDBPyConnection) -> dict[str, str | None]:
    return dict(con.execute("select table_name, comment from duckdb_tables() where schema_name = 'marts'").fetchall())


def primary_keys(con: DuckDBPyConnection) -> list[tuple[str, list[str]]]:
    listed = "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
    return con.execute(listed).fetchall()


def test_keys_are_in_comments_and_of_a_table_that_others_name_in_a_constraint(con: DuckDBPyConnection) -> None:
    for _ in range(2):  # the candidate of the next release is a copy
        declare_keys(con, "release", "marts", [MEASURES, FIGURES, ABSENT, Suite(table="fct_calls", grain=("call",))])
    assert comments(con) == {
        "dim_measure": "Primary key: measure_id, measure_version.",
        "fct_figures": (
            "One row per figure. Primary key: measure_id, measure_version, period. "
            "Foreign keys: measure_id, measure_version → dim_measure."
        ),
        "notes": None,
    }
    assert primary_keys(con) == [("dim_measure", ["measure_id", "measure_version"])]
    with pytest.raises(duckdb.ConstraintException, match="Duplicate key"):
        con.execute("insert into release.marts.dim_measure values ('m', 1)")


def test_a_table_built_again_gets_its_key_again(con: DuckDBPyConnection) -> None:
    declare_keys(con, "release", "marts", [MEASURES])
    con.execute("drop table release.marts.dim_measure")
    con.execute("create table release.marts.dim_measure as select 'm' as measure_id, 2 as measure_version")
    assert primary_keys(con) == []
    declare_keys(con, "release", "marts", [MEASURES])
    assert primary_keys(con) == [("dim_measure", ["measure_id", "measure_version"])]


def test_a_public_table_has_no_constraint() -> None:
    con = duckdb.connect()
    con.execute("create schema published; create table published.measures as select 'm' as measure_id, 1 as measure_version")
    declare_keys(con, "memory", "published", [Suite(table="measures", grain=("measure_id", "measure_version"))])
    assert primary_keys(con) == []


def test_each_table_that_others_name_has_a_suite() -> None:
    assert set(REFERENCED["marts"]) <= {suite.table for suite in read_suites()}
    assert set(REFERENCED["published"]) <= {suite.table for suite in read_suites(SUITES / "published")}

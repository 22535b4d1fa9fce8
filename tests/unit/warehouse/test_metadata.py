"""The metadata tables of the working warehouse: created in a new home, migrated in a home of an earlier version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from warehouse import metadata
from warehouse.metadata import migrate
from warehouse.metadata.receipts import TABLES, replace_rows

NAMES = tuple(name for name, _ in metadata.MIGRATIONS)
# The tables that commit 2dc9705 creates, with a row in each; `loads` lacks the columns that it adds later.
HOME_OF_2DC9705 = """
create schema delivery; create schema landing; create schema typed; create schema intake; create schema receipts;
create table intake.loads (
    source varchar, load_id varchar, sequence bigint, run_id varchar, files bigint, delivered_at timestamp, promoted_at timestamp,
    contract varchar, rows_delivered bigint, rows_blank bigint, rows_duplicate bigint, rows_rejected bigint,
    data_as_of timestamp);
create table intake.files (source varchar, sha256 varchar, contract varchar, load_id varchar);
create table intake.rejected_rows (
    source varchar, load_id varchar, source_file varchar, source_row bigint, "column" varchar, reason_code varchar,
    message varchar);
create table intake.marks (source varchar primary key, terms varchar);
create table intake.gone (source varchar, load_id varchar, source_file varchar, source_row bigint, sequence bigint);
create table intake.gone_since (source varchar primary key, sequence bigint);
create table intake.standing (node varchar, state varchar, base varchar, shape varchar, loads varchar);
create table intake.verdicts (subject varchar, basis varchar, verdict varchar);
insert into intake.loads (source, load_id, sequence, rows_delivered) values ('s', 'l', 1, 5);
insert into intake.files values ('s', 'hash', 'terms', 'l');
insert into intake.rejected_rows values ('s', 'l', 'f.csv', 3, 'a', 'missing', 'a is missing');
insert into intake.marks values ('s', 'terms');
insert into intake.gone values ('s', 'l', 'f.csv', 2, 2);
insert into intake.gone_since values ('s', 2);
insert into intake.standing values ('model.a', 'state', 'base', 'shape', '[]');
insert into intake.verdicts values ('marts.a', 'basis', '{}');
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def layout(con: DuckDBPyConnection) -> list[Any]:
    """Every table of `intake` with its columns."""
    return con.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'intake' "
        "order by table_name, column_index"
    ).fetchall()


def content(con: DuckDBPyConnection) -> dict[str, list[Any]]:
    """The rows of every table of `intake`."""
    tables = {table for table, _, _ in layout(con)}
    return {table: con.execute(f"from intake.{table} order by all").fetchall() for table in sorted(tables)}


def test_a_home_of_the_previous_version_gets_the_layout_of_a_new_one_and_keeps_its_rows(con: DuckDBPyConnection) -> None:
    con.execute(HOME_OF_2DC9705)
    assert migrate(con) == NAMES
    with duckdb.connect() as new:
        migrate(new)
        assert layout(con) == layout(new)
    assert content(con) == {
        "erased_records": [],
        "erasures": [],
        "gate_results": [("marts.a", "basis", "{}")],
        "loads": [("s", "l", 1, None, None, None, None, None, 5, None, None, None, None, False, 0, None)],
        "marks": [("s", "terms")],
        "migrations": list(enumerate(NAMES, start=1)),
        "node_fingerprints": [("model.a", "state", "base", "shape", "[]", None)],
        "rejected_rows": [("s", "l", "f.csv", 3, "a", "missing", "a is missing")],
        "superseded_rows": [("s", "l", "f.csv", 2, 2)],
        "superseded_since": [("s", 2)],
    }


def test_the_key_of_a_renamed_table_still_holds(con: DuckDBPyConnection) -> None:
    con.execute(HOME_OF_2DC9705)
    migrate(con)
    con.execute("insert or ignore into intake.superseded_since values ('s', 3)")
    assert con.execute("from intake.superseded_since").fetchall() == [("s", 2)]


@pytest.mark.parametrize("before", ["", HOME_OF_2DC9705])
def test_a_second_migration_changes_nothing(con: DuckDBPyConnection, before: str) -> None:
    con.execute(before or "select 1")
    migrate(con)
    tables, rows = layout(con), content(con)
    assert migrate(con) == ()
    assert (layout(con), content(con)) == (tables, rows)


def test_a_migration_that_fails_leaves_the_version_before_it(con: DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(con)
    tables, rows = layout(con), content(con)
    before = metadata.MIGRATIONS
    half = ("half", "create table intake.half (i integer); select * from intake.no_such_table")
    monkeypatch.setattr(metadata, "MIGRATIONS", (*before, half))
    with pytest.raises(duckdb.CatalogException):
        migrate(con)
    assert (layout(con), content(con)) == (tables, rows)
    monkeypatch.setattr(metadata, "MIGRATIONS", (*before, ("whole", "create table intake.half (i integer)")))
    assert migrate(con) == ("whole",)


def test_after_a_run_of_an_earlier_version_nothing_counts_as_built(con: DuckDBPyConnection) -> None:
    con.execute(HOME_OF_2DC9705)
    migrate(con)
    tables = layout(con)
    con.execute("create table intake.gone (source varchar, sequence bigint)")
    assert migrate(con) == ()
    assert layout(con) == tables
    emptied = ("superseded_rows", "superseded_since", "node_fingerprints", "gate_results")
    assert {table for table, rows in content(con).items() if not rows} == {*emptied, "erasures", "erased_records"}


def test_every_table_that_dbt_reads_takes_rows_of_its_columns(con: DuckDBPyConnection) -> None:
    migrate(con)
    for name, table in TABLES.items():
        replace_rows(con, name, [(None,) * len(table.columns)])
        replace_rows(con, name, [])
        declared = con.execute(f"select column_name, lower(column_type) from (describe receipts.{name})").fetchall()
        assert dict(declared) == table.columns
        assert con.execute(f"select count(*) from receipts.{name}").fetchone() == (0,)

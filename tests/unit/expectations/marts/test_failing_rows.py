"""The rows behind a finding are named by their keys; a cell of a delivery, or a small group of records, never is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.failing_rows import LISTED, NAMED, RECORD, failing_query, failing_rows
from expectations.marts.suites import Place, Rule, Suite
from expectations.results import ExpectationResult
from ingest.contract.registry import load_registry
from warehouse.connection import in_memory

PLACE = Place("memory", "marts")
SUITE = Suite(
    table="places",
    grain=("geoid",),
    rules=(
        Rule(name="too_many", severity="critical", reason="r", bad_rows="value > 5", among="geography_type = 'tract'"),
        Rule(name="unknown", severity="critical", reason="r", no_rows="select geoid, value from {batch} where value is null"),
        Rule(name="native", severity="critical", reason="r", expect="expect_column_to_exist", kwargs={"column": "geoid"}),
    ),
)


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with in_memory() as opened:
        opened.execute("create schema marts")
        opened.execute("create table marts.places (geography_type text, geoid text, value integer, address text)")
        opened.execute(
            "insert into marts.places values ('tract', 'A', 9, 'x'), ('tract', 'B', 1, 'x'), ('city', 'C', 9, 'x'), "
            "('tract', 'D', null, 'x'), ('tract', 'D', 2, 'x')"
        )
        yield opened


def _finding(name: str, column: str | None = None) -> ExpectationResult:
    return ExpectationResult(name, column, "critical", False, 1.0, 0.0, "")


@pytest.mark.parametrize(
    ("name", "column", "expected"),
    [
        ("too_many", None, {("tract", "A")}),
        ("unknown", None, {("D",)}),
        ("grain", None, {("tract", "D")}),
        ("not_null", "value", {("tract", "D")}),
    ],
)
def test_places_behind_a_finding(con: DuckDBPyConnection, name: str, column: str | None, expected: set[tuple[str, ...]]) -> None:
    query = failing_query(SUITE, _finding(name, column), PLACE)
    assert query is not None
    (found,) = failing_rows(con, query, 11)
    assert set(found.rows) == expected
    assert found.total == len(expected)
    assert not {"value", "address"} & set(found.columns)


def test_no_key_is_the_name_of_a_private_column() -> None:
    private = {column.name for contract in load_registry() for column in contract.columns if column.privacy != "public"}
    assert len(private) > 50
    assert not private & {*NAMED, *RECORD}


def test_a_finding_that_counts_no_rows_has_none(con: DuckDBPyConnection) -> None:
    assert failing_query(SUITE, _finding("native"), PLACE) is None
    assert failing_rows(con, "select address from marts.places", 11) == (), "no key is among its columns"


def test_records_are_named_by_file_and_number_and_only_large_groups_of_a_tract_are_counted(con: DuckDBPyConnection) -> None:
    con.execute(
        "create table marts.records as select 's' as source, 'a.csv' as _source_file, n as _source_row, 'black' as "
        "race_ethnicity_code, case when n <= 11 then 'T1' else 'T2' end as tract_geoid from range(1, 17) as numbers(n)"
    )
    records, tracts = failing_rows(con, "select * from marts.records", 11)
    assert (records.columns, records.total) == (("source", "_source_file", "_source_row"), 16)
    assert len(records.rows) == LISTED
    assert tracts.rows == (("T1", "11"), ("T2", "fewer than 11"))

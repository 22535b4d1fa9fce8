"""The gate on coverage names the periods, districts and volumes that the models found, and what an earlier release had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.coverage import check_coverage
from expectations.remedies import remedy
from expectations.results import ExpectationResult
from warehouse.connection import attach, database_path

COLUMNS = (
    "source varchar, period_type varchar, period_start date, is_complete boolean, is_missing boolean, is_finest boolean, "
    "volume varchar, note varchar"
)


@pytest.fixture
def warehouse(connection: DuckDBPyConnection, tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    """A feed with three whole months, and a current release with the same coverage."""
    connection.execute(
        f"create schema intermediate; create table intermediate.int_sources__coverage ({COLUMNS}); "
        "create table intermediate.int_source_places__missing "
        "(source varchar, geography_type varchar, geoid varchar, period_start date); "
        "insert into intermediate.int_sources__coverage "
        "select 'feed', 'month', month::date, true, false, true, null, null "
        "from generate_series(timestamp '2025-10-01', timestamp '2025-12-01', interval 1 month) as months (month)"
    )
    attach(connection, tmp_path / "previous.duckdb", "previous")
    connection.execute(
        "create schema previous.quality; create table previous.quality.coverage as from intermediate.int_sources__coverage"
    )
    yield connection


def found(connection: DuckDBPyConnection, previous: str | None = "previous") -> dict[str, ExpectationResult]:
    result = check_coverage(database_path(connection), previous=previous)
    assert result.subject == "quality.coverage"
    assert {finding.severity for finding in result.findings} == {"warning"}
    assert all(remedy(result, finding) for finding in result.findings)
    return {finding.expectation: finding for finding in result.findings if not finding.success}


def test_whole_periods_are_no_finding(warehouse: DuckDBPyConnection) -> None:
    assert found(warehouse) == {}


def test_a_missing_month_is_named_once_and_as_lost_since_the_release(warehouse: DuckDBPyConnection) -> None:
    warehouse.execute(
        "update intermediate.int_sources__coverage set is_complete = false, is_missing = true where period_start >= '2025-11-01'"
    )
    warehouse.execute(
        "insert into intermediate.int_sources__coverage values ('feed', 'quarter', '2025-10-01', false, true, false, null, null)"
    )
    findings = found(warehouse)
    assert set(findings) == {"periods_covered", "periods_stay"}
    assert findings["periods_covered"].message.endswith(": feed 2025-12 and 1 before, from 2025-11")
    assert findings["periods_stay"].message.endswith(": feed month 2025-11; feed month 2025-12")
    assert set(found(warehouse, previous=None)) == {"periods_covered"}


def test_a_year_without_any_row_is_lost_but_a_source_that_left_is_not(warehouse: DuckDBPyConnection) -> None:
    warehouse.execute("delete from intermediate.int_sources__coverage where period_start = '2025-12-01'")
    assert found(warehouse)["periods_stay"].observed == 1
    warehouse.execute("delete from intermediate.int_sources__coverage")
    assert found(warehouse) == {}


def test_only_the_newest_volume_is_a_finding(warehouse: DuckDBPyConnection) -> None:
    volume = "update intermediate.int_sources__coverage set volume = 'low', note = 'half' where period_start = ?"
    warehouse.execute(volume, ["2025-11-01"])
    assert found(warehouse) == {}
    warehouse.execute(volume, ["2025-12-01"])
    assert found(warehouse)["volume_usual"].message.endswith(": feed month 2025-12 (half)")


def test_a_district_without_records_is_named(warehouse: DuckDBPyConnection) -> None:
    warehouse.execute(
        "insert into intermediate.int_source_places__missing values ('feed', 'aldermanic_district', '7', '2025-10-01'), "
        "('feed', 'aldermanic_district', '7', '2025-01-01')"
    )
    assert found(warehouse)["districts_present"].message.endswith(": feed aldermanic district 7 since 2025-01")


def test_a_release_of_an_earlier_version_has_no_coverage(warehouse: DuckDBPyConnection) -> None:
    warehouse.execute("drop table previous.quality.coverage; delete from intermediate.int_sources__coverage where true")
    assert found(warehouse) == {}

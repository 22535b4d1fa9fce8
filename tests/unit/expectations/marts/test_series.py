"""A measure that changes its definition without a new version is found; one that is only put better is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.series import DEFINITION, NONE_KNOWN, KnownChanges, check_series
from expectations.results import ExpectationResult
from warehouse.connection import attach, database_path

TEXTS = ("name", "question", "caveat", "policy_area", "owner", "legal_basis", "funding_source")


@pytest.fixture
def releases(connection: DuckDBPyConnection, tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    """Two releases with the same registry: two versions of `calls`, one of `stops`."""
    columns = ", ".join(f"'{name}' as {name}" for name in (*DEFINITION, *TEXTS))
    for name in ("previous", "release"):
        attach(connection, tmp_path / f"{name}.duckdb", name)
        connection.execute(
            f"create schema {name}.marts; create table {name}.marts.dim_measure as select measure_id, measure_version, {columns} "
            "from (values ('calls', 1), ('calls', 2), ('stops', 1)) as row (measure_id, measure_version)"
        )
    yield connection


def found(connection: DuckDBPyConnection, known: KnownChanges = NONE_KNOWN) -> dict[str, ExpectationResult]:
    findings = check_series(database_path(connection), known)
    return {finding.expectation: finding for finding in findings if not finding.success}


def test_a_registry_that_stayed_is_fine_and_so_are_a_new_version_and_a_new_measure(releases: DuckDBPyConnection) -> None:
    assert found(releases) == {}
    releases.execute("insert into release.marts.dim_measure (measure_id, measure_version) values ('stops', 2), ('sales', 1)")
    assert found(releases) == {}


@pytest.mark.parametrize("column", DEFINITION)
def test_another_definition_of_the_same_version_blocks_and_names_measure_and_column(
    releases: DuckDBPyConnection, column: str
) -> None:
    releases.execute(
        f"update release.marts.dim_measure set {column} = 'other' where measure_id = 'calls' and measure_version = 2"
    )
    finding = found(releases)["definition_stays"]
    assert (finding.severity, finding.observed) == ("critical", 1)
    assert f"calls version 2 ({column})" in finding.message
    assert "series_breaks.csv" in finding.message
    releases.execute(f"update release.marts.dim_measure set {column} = null where measure_id = 'calls' and measure_version = 2")
    assert found(releases)["definition_stays"].observed == 1


@pytest.mark.parametrize("column", TEXTS)
def test_better_words_are_no_other_definition(releases: DuckDBPyConnection, column: str) -> None:
    releases.execute(f"update release.marts.dim_measure set {column} = 'better'")
    assert found(releases) == {}


def test_an_earlier_version_stays_in_the_registry_as_long_as_its_measure_goes_on(releases: DuckDBPyConnection) -> None:
    releases.execute("delete from release.marts.dim_measure where measure_id = 'calls' and measure_version = 1")
    finding = found(releases)["earlier_version_stays"]
    assert finding.severity == "critical"
    assert "calls version 1" in finding.message


def test_a_measure_that_ends_is_a_warning(releases: DuckDBPyConnection) -> None:
    releases.execute("delete from release.marts.dim_measure where measure_id = 'calls'")
    assert {name: finding.severity for name, finding in found(releases).items()} == {"measure_stays": "warning"}


def test_a_column_that_only_one_registry_has_is_no_change(releases: DuckDBPyConnection) -> None:
    releases.execute("alter table previous.marts.dim_measure drop column agreement")
    releases.execute("alter table release.marts.dim_measure drop column kind")
    assert found(releases) == {}


def test_a_correction_of_the_registry_is_no_other_definition(releases: DuckDBPyConnection) -> None:
    releases.execute("update release.marts.dim_measure set numerator = 'Removals of pupils' where measure_id = 'stops'")
    first = {("stops", "1", "numerator", "numerator"): "Removals"}
    twice = first | {("stops", "1", "numerator", "Removals"): "Removals of pupils"}
    assert found(releases, KnownChanges(first))["definition_stays"].message.endswith("(stops version 1 (numerator))")
    assert found(releases, KnownChanges(twice)) == {}
    of_another = {("calls", "1", "numerator", "numerator"): "Removals of pupils"}
    assert "definition_stays" in found(releases, KnownChanges(of_another))


def test_a_source_with_another_name_is_the_same_source(releases: DuckDBPyConnection) -> None:
    releases.execute("update release.marts.dim_measure set source = 'hr__calls'")
    assert found(releases)["definition_stays"].observed == 3
    assert found(releases, KnownChanges(renamed={"source": "desk__calls", "desk__calls": "hr__calls"})) == {}
    not_far = KnownChanges(renamed={"numerator": "hr__calls", "source": "desk__calls"})
    assert found(releases, not_far)["definition_stays"].observed == 3

"""A finding names the keys that its rule names; other findings stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.failing_rows import LISTED
from expectations.marts.marts_gate import _with_names
from expectations.marts.suites import Place, Rule, read_suites
from expectations.results import ExpectationResult
from warehouse.connection import attach, database_path

PLACE = Place("release", "marts")
LABELS = next(suite for suite in read_suites() if suite.table == "dim_label")
WARNING = ExpectationResult("every_code_in_every_language", "label", "warning", False, 2.0, 0.0, "no label (2 found)")


@pytest.fixture
def release(connection: DuckDBPyConnection, tmp_path: Path) -> Path:
    attach(connection, tmp_path / "release.duckdb", "release")
    connection.execute("create schema release.marts")
    connection.execute(
        "create table release.marts.dim_label as select * from (values "
        "('department', 'dwd', 'en'), ('department', 'aging', 'en'), ('department', 'aging', 'es'), "
        "('race_ethnicity', 'black', 'en'), ('race_ethnicity', 'black', 'es'), ('race_ethnicity', 'black', 'hmn')"
        ") as labels (subject, code, language_code)"
    )
    connection.execute(
        "create table release.marts.dim_language as select unnest(['en', 'es', 'hmn']) as language_code, true as is_translated"
    )
    return database_path(connection)


def test_a_code_without_a_translation_is_named(release: Path) -> None:
    named = _with_names(release, LABELS, PLACE, WARNING)
    assert named.message == "no label (2 found): department.aging, department.dwd"


def test_a_long_list_ends(release: Path, connection: DuckDBPyConnection) -> None:
    connection.execute(f"insert into release.marts.dim_label select 'measure', 'm' || n, 'en' from range({LISTED}) as r (n)")
    named = _with_names(release, LABELS, PLACE, WARNING)
    assert named.message.endswith(" and 2 more")
    assert named.message.count(",") == LISTED - 1


def test_a_finding_without_names_is_as_it_was(release: Path) -> None:
    grain = ExpectationResult("grain", None, "critical", False, 1.0, 0.0, "dim_label has several rows")
    assert _with_names(release, LABELS, PLACE, grain) == grain
    with pytest.raises(ValueError, match="names goes with no_rows"):
        Rule(name="r", severity="critical", reason="r", bad_rows="true", names=("code",))

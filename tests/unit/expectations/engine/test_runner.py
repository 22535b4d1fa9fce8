"""The runner: results of Great Expectations, failures that it would not report, and values that no message may contain."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.engine.checks import Check, header, measure, no_rows, share
from expectations.engine.runner import NotEvaluated, Session
from warehouse.connection import database_path, scratch
from warehouse.sql import literal

SECRET = "Jane Visit, 414 555 0100"
ONE_TO_TEN = "select range as n from range(1, 11)"


def test_nothing_imports_great_expectations_before_the_first_gate() -> None:
    code = (
        "import sys, expectations.delivery.delivery_gate, expectations.published.public_file_gate, expectations.marts.suites;"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("check", "success", "observed"),
    [
        (share("s", "critical", "x", rows="n > 9", at_most_pct=10), True, 10),
        (share("s", "critical", "x", rows="n > 8", at_most_pct=10), False, 20),
        (share("s", "critical", "x", rows="n > 8", at_most_pct=10).tolerating(2), True, 20),
        (share("s", "critical", "x", rows="n > 8", among="n > 5", at_most_pct=39), False, 40),
        (share("s", "critical", "x", rows="n > 8", among="n > 99"), True, None),
        (share("s", "critical", "x", rows="null"), True, 0),
        (measure("m", "critical", "x", expression="max(n)", at_most=10), True, 10),
        (measure("m", "critical", "x", expression="max(n)", at_most=9), False, 10),
        (measure("m", "critical", "x", expression="min(n)", at_least=2), False, 1),
        (measure("m", "critical", "x", expression="max(n) filter (where n > 99)", at_least=2), True, None),
        (no_rows("q", "critical", "x", query="select 1 where false"), True, 0),
        (no_rows("q", "critical", "x", query="select * from range(3)"), False, 3),
        (header("h", "critical", "x", mismatches=0), True, 0),
        (header("h", "critical", "x", mismatches=2), False, 2),
    ],
)
def test_the_four_shapes(connection: DuckDBPyConnection, check: Check, success: bool, observed: float | None) -> None:
    (finding,) = Session(database_path(connection)).run("t", ONE_TO_TEN, [check])
    assert (finding.success, finding.observed) == (success, observed)
    assert bool(finding.message) is not success


def test_findings_come_in_the_order_of_the_checks_even_when_two_are_alike(connection: DuckDBPyConnection) -> None:
    same = [share(name, "warning", "x", rows="n > 9") for name in ("b", "a", "c")]
    findings = Session(database_path(connection)).run("t", ONE_TO_TEN, same)
    assert [finding.expectation for finding in findings] == ["b", "a", "c"]


def test_a_result_is_read_after_the_connection_went_back_to_the_pool(connection: DuckDBPyConnection) -> None:
    """Without our dialect every expectation fails here with `list index out of range` (GX issues 10738 and 11579)."""
    connection.execute("create table delivery.t as select range as n, null as nothing from range(100000)")
    checks = [
        Check("native", "expect_column_values_to_not_be_null", {"column": "n"}, "critical", "x"),
        Check("native", "expect_column_values_to_not_be_null", {"column": "nothing"}, "critical", "x"),
        Check("native", "expect_column_values_to_be_in_set", {"column": "n", "value_set": [1, 2]}, "critical", "x"),
        share("s", "critical", "x", rows="n > 99"),
    ]
    findings = Session(database_path(connection)).run("t", "select * from delivery.t", checks)
    assert [finding.success for finding in findings] == [True, False, False, False]
    assert [finding.observed for finding in findings] == [0.0, 100.0, 99.998, 99.9]


def test_a_suite_is_one_scan(connection: DuckDBPyConnection) -> None:
    """The aggregates of all expectations end in one SELECT, a scan a column would cost minutes; and names cost no scan."""
    connection.execute("create sequence delivery.scans")
    checks = [share(f"s{number}", "critical", "x", rows=f"scan > {5 * number}") for number in range(20)]
    checks += [
        Check("exists", "expect_column_to_exist", {"column": "scan"}, "critical", "x"),
        Check("native", "expect_column_values_to_not_be_null", {"column": "n"}, "critical", "x"),
        measure("m", "critical", "x", expression="max(n)", at_most=5),
    ]
    findings = Session(database_path(connection)).run(
        "t", "select *, nextval('delivery.scans') as scan from range(5) as t (n)", checks
    )
    assert [finding.success for finding in findings] == [number > 0 for number in range(20)] + [True] * 3
    assert connection.execute("select nextval('delivery.scans')").fetchone() == (6,)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("select ':name' as text", ":name"),
        ("select 'a :name %s %(x)s {batch} $1 \\ :b' as text", "a :name %s %(x)s {batch} $1 \\ :b"),
        ("select strftime(strptime('03:04', '%H:%M'), '%M:%H') as text", "04:03"),
        ("select 'x' as text -- a remark", "x"),
        ("select [1, 2, 3][1:2]::varchar as text", "[1, 2]"),
    ],
)
def test_text_of_a_query_is_never_taken_for_a_parameter(connection: DuckDBPyConnection, query: str, text: str) -> None:
    """SQLAlchemy would put NULL in place of a label like `:name`, and the expectation would pass."""
    (finding,) = Session(database_path(connection)).run(
        "t", query, [share("s", "critical", "x", rows=f"text is distinct from {literal(text)}")]
    )
    assert (finding.success, finding.observed) == (True, 0)


def test_a_path_may_hold_what_addresses_and_settings_are_made_of(tmp_path: Path) -> None:
    folder = tmp_path / "a b$HOME ${x} %20 #"
    folder.mkdir()
    with scratch(folder) as connection:
        connection.execute("create table t as select 1 as n")
        assert (
            Session(database_path(connection)).run("t", "select * from t", [share("s", "critical", "x", rows="n > 1")])[0].success
        )


# The last one causes an error of the kind that Great Expectations logs with its text.
BROKEN = {
    "sql": share("broken", "warning", "x", rows="cast(note as integer) > 1"),
    "column": Check("broken", "expect_column_values_to_not_be_null", {"column": "nowhere"}, "info", "x"),
    "type": Check("broken", "expect_column_to_be_splendid", {"column": "note"}, "warning", "x"),
    "kwargs": Check("broken", "expect_column_values_to_be_in_set", {"colum": "note"}, "warning", "x"),
    "logged": no_rows("broken", "critical", "x", query=f"select * from read_parquet('/nowhere/{SECRET}')"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_evaluated_has_failed_and_takes_nothing_with_it(connection: DuckDBPyConnection, broken: Check) -> None:
    connection.execute("create table delivery.t as select ? as note", [SECRET])
    good = share("good", "critical", "x", rows="note is null")
    first, second = Session(database_path(connection)).run("t", "select * from delivery.t", [broken, good])
    assert (first.success, first.severity, first.observed) == (False, "critical", None)
    assert "broken" in first.message and "could not be evaluated" in first.message
    assert second.success


def test_without_memory_or_disk_there_is_no_verdict(connection: DuckDBPyConnection) -> None:
    """Else a source were held back for a full machine."""
    connection.execute("create table delivery.t as select range as n, md5(range::varchar) as word from range(400_000)")
    hungry = no_rows("hungry", "critical", "x", query="select word from delivery.t qualify row_number() over (order by word) = 0")
    session = Session(database_path(connection))
    assert session.run("t", "select * from delivery.t", [hungry])
    connection.execute("set temp_directory = ''; set memory_limit = '2MB'")
    with pytest.raises(NotEvaluated, match=r"again could not be evaluated \(OutOfMemoryException\)"):
        session.run("again", "select * from delivery.t", [hungry])


def test_a_relation_that_does_not_exist_fails_every_check(connection: DuckDBPyConnection) -> None:
    findings = Session(database_path(connection)).run(
        "t", "select * from delivery.nowhere", [share("a", "info", "x", rows="true"), header("b", "info", "x", mismatches=0)]
    )
    assert not findings[0].success and findings[0].severity == "critical"


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_cell_is_never_reported(
    connection: DuckDBPyConnection,
    broken: Check,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """DuckDB's conversion errors quote the cell, and Great Expectations logs and returns them whole."""
    connection.execute("create table delivery.t as select ? as note", [SECRET])
    native = [
        Check("set", "expect_column_values_to_be_in_set", {"column": "note", "value_set": ["a"]}, "critical", "x"),
        Check("distinct", "expect_column_distinct_values_to_be_in_set", {"column": "note", "value_set": ["a"]}, "critical", "x"),
        Check("max", "expect_column_max_to_be_between", {"column": "note", "max_value": "A"}, "critical", "x"),
        Check("rows", "unexpected_rows_expectation", {"unexpected_rows_query": "select note from {batch}"}, "critical", "x"),
    ]
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        logging.getLogger("great_expectations").setLevel(logging.DEBUG)
        try:
            findings = Session(database_path(connection)).run("t", "select * from delivery.t", [broken, *native])
        finally:
            logging.getLogger("great_expectations").setLevel(logging.NOTSET)
    assert [finding.success for finding in findings] == [False] * 5
    output = (
        json.dumps([finding.__dict__ for finding in findings])
        + caplog.text
        + "".join(capfd.readouterr())
        + str([str(w.message) for w in warned])
    )
    for word in ("Jane", "Visit", "414", "0100"):
        assert word not in output


def test_a_value_of_a_column_is_not_observed(connection: DuckDBPyConnection) -> None:
    """The highest pay belongs to a person; the number of rows does not."""
    checks = [
        Check("max", "expect_column_max_to_be_between", {"column": "pay", "max_value": 1}, "critical", "x"),
        Check("rows", "expect_table_row_count_to_be_between", {"max_value": 1}, "critical", "x"),
    ]
    highest, rows = Session(database_path(connection)).run("t", "select * from (values (5417), (5418)) as t (pay)", checks)
    assert (highest.success, highest.observed, highest.message) == (False, None, "x")
    assert (rows.success, rows.observed, rows.message) == (False, 2, "x (2)")


def test_the_session_closes_the_file(tmp_path: Path) -> None:
    code = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute('create table written as select 1')"
    with scratch(tmp_path) as connection:
        connection.execute("create table t as select 1 as n; checkpoint")
        path = database_path(connection)
        Session(path).run("t", "select * from t", [share("s", "critical", "x", rows="n > 1")])
        connection.close()
        assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0

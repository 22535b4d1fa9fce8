"""The gates as a run calls them: on the file that the process has open, with the release files attached.

Every rule of the suites is seen to pass on a good release and to fail on the one that it is for.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.delivery_gate import gate_delivery
from expectations.marts.marts_gate import gate_build
from expectations.marts.suites import SUITES, Suite, SuitePart, read_suites
from expectations.published.public_file_gate import gate_published
from expectations.results import ExpectationResult, GateResult
from ingest.contract.registry import load_registry
from ingest.contract.vocabularies import read_labels
from ingest.contract.yaml_source import read_yaml
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import read_models
from tests.support.mart_violations import BLACK, MORE, REVERSED, SPOILT
from warehouse.connection import attach, database_path, scratch

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "reference"


GOOD_RELEASE = Path(__file__).with_name("good_release.sql")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        connection.execute("create schema delivery")
        yield connection


@pytest.fixture
def release(warehouse: DuckDBPyConnection, tmp_path: Path) -> DuckDBPyConnection:
    attach(warehouse, tmp_path / "release.duckdb", "release")
    warehouse.execute(GOOD_RELEASE.read_text(encoding="utf-8").replace("{seeds}", str(SEEDS)))
    add_empty_facts(warehouse)
    return warehouse


def add_empty_facts(con: DuckDBPyConnection) -> None:
    """The facts that good_release.sql does not name, without a row: a suite without rules of its own holds on it."""
    made = {row[0] for row in con.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()}
    for fact in read_models([MODELS], below="marts/facts").values():
        if fact.name not in made:
            columns = ", ".join(f'"{name}" {column["data_type"]}' for name, column in fact.columns.items())
            con.execute(f"create table release.marts.{fact.name} ({columns})")


@pytest.fixture(scope="module")
def shared_release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    """A good release and a copy of it: tests that change one table take it back from the copy."""
    folder = tmp_path_factory.mktemp("release")
    with scratch(folder) as connection:
        for database in ("good", "release"):
            attach(connection, folder / f"{database}.duckdb", database)
        good = GOOD_RELEASE.read_text(encoding="utf-8").replace("{seeds}", str(SEEDS))
        connection.execute(good)
        add_empty_facts(connection)
        connection.execute("copy from database release to good")
        yield connection


@pytest.fixture(scope="module")
def suite_of() -> dict[str, Suite]:
    """The suite of each table of marts."""
    return {suite.table: suite for suite in read_suites()}


def with_rule(suite: Suite, check: str) -> Suite:
    """The suite with this rule alone, and with the checks of its columns, grain and words: all rules take half as long again."""
    return suite.model_copy(update={"rules": tuple(rule for rule in suite.rules if rule.name == check)})


def failed(results: list[GateResult], table: str) -> dict[str, ExpectationResult]:
    (result,) = (result for result in results if result.subject == f"marts.{table}")
    return {finding.expectation: finding for finding in result.findings if not finding.success}


def test_a_good_release_passes(release: DuckDBPyConnection) -> None:
    results = gate_build(database_path(release))
    assert [result.subject for result in results] == sorted(f"marts.{suite.table}" for suite in read_suites())
    assert [(result.subject, finding) for result in results for finding in result.findings if not finding.success] == []
    assert all(result.passed and result.gate == "build" for result in results)


@pytest.mark.parametrize(
    ("table", "check", "spoil"), SPOILT, ids=[f"{table}-{check}-{n}" for n, (table, check, _) in enumerate(SPOILT)]
)
def test_a_rule_fails_on_what_it_is_for(
    shared_release: DuckDBPyConnection, suite_of: dict[str, Suite], table: str, check: str, spoil: str
) -> None:
    sql = f"update {{t}} {spoil}" if spoil.startswith("set ") else spoil
    suite = with_rule(suite_of[table], check)
    try:
        shared_release.execute(sql.format(t=f"release.marts.{table}", black=BLACK))
        finding = failed(gate_build(database_path(shared_release), [suite]), table)[check]
    finally:
        shared_release.execute(f"create or replace table release.marts.{table} as from good.marts.{table}")
    severity = {rule.name: rule.severity for rule in suite.rules}.get(check, "critical")
    assert finding.severity == severity
    assert "could not be evaluated" not in finding.message
    assert finding.message.startswith(f"marts.{table}")


@pytest.mark.parametrize(
    ("new_keys", "surplus"),
    [(["n1", "n2"], 0), (["n1", "n1"], 1), (["n1", "k1"], 1), (["k1", "k1"], 2)],
    ids=["new", "twice among the new", "there already", "both"],
)
def test_the_key_of_a_fact_that_has_grown_is_sought_among_its_new_rows_and_the_others(
    release: DuckDBPyConnection, new_keys: list[str], surplus: int
) -> None:
    calls = "release.marts.fct_police_calls"
    release.execute(
        f"insert into {calls} select c.* replace ('new' as _load_id, key as police_call_key) "
        f"from (from {calls} limit 1) as c cross join unnest($keys) as k (key)",
        {"keys": new_keys},
    )
    suites = [suite for suite in read_suites() if suite.table == "fct_police_calls"]
    found = failed(gate_build(database_path(release), suites, grown={"fct_police_calls": ["new"]}), "fct_police_calls")
    assert {name: finding.observed for name, finding in found.items()} == ({"grain": surplus} if surplus else {})


def test_a_fact_that_only_lost_rows_has_no_new_key(release: DuckDBPyConnection) -> None:
    suites = [suite for suite in read_suites() if suite.table == "fct_police_calls"]
    release.execute("delete from release.marts.fct_police_calls where police_call_key = 'k1'")
    assert failed(gate_build(database_path(release), suites, grown={"fct_police_calls": []}), "fct_police_calls") == {}


@pytest.mark.parametrize("lost", [0, 5])
def test_an_area_that_loses_few_more_passes(release: DuckDBPyConnection, lost: int) -> None:
    more = MORE.format(key="police_call_key", area="police_district_geoid", there="9", lost=lost, also="")
    release.execute(more.format(t="release.marts.fct_police_calls"))
    suites = [suite for suite in read_suites() if suite.table == "fct_police_calls"]
    assert failed(gate_build(database_path(release), suites), "fct_police_calls") == {}


def test_an_item_that_is_declared_the_other_way_round_passes(release: DuckDBPyConnection) -> None:
    release.execute(REVERSED.format(direction="'lower'").format(t="release.marts.fct_survey_answers"))
    suites = [suite for suite in read_suites() if suite.table == "fct_survey_answers"]
    assert "items_point_the_same_way" not in failed(gate_build(database_path(release), suites), "fct_survey_answers")


def test_every_rule_has_been_seen_failing() -> None:
    spoilt = {(table, check) for table, check, _ in SPOILT}
    parts = {
        rule.name for file in (SUITES / "parts").glob("*.yml") for rule in SuitePart.model_validate(read_yaml(file).data).rules
    }
    own = {(suite.table, rule.name) for suite in read_suites() for rule in suite.rules if rule.name not in parts}
    assert own <= spoilt
    assert parts | {"rows", "column_exists", "grain", "not_null", "words"} <= {check for _, check in spoilt}


def test_a_suite_without_its_table_blocks_and_a_table_without_a_suite_is_noted(release: DuckDBPyConnection) -> None:
    release.execute("drop table release.marts.fct_payments; create table release.marts.fct_parking as select 1 as n")
    results = {result.subject: result for result in gate_build(database_path(release))}
    assert not results["marts.fct_payments"].passed
    assert "does not exist" in results["marts.fct_payments"].reason
    noted = [(finding.expectation, finding.severity) for finding in results["marts.fct_parking"].findings]
    assert noted == [("suite_exists", "info")]


def test_a_city_without_deliveries_has_empty_facts_and_passes(release: DuckDBPyConnection) -> None:
    for suite in read_suites():
        # a goal without a figure has at least a row with the reason, so without such rows there is no goal
        if suite.table.startswith("fct_") or suite.table in ("dim_address", "dim_goal"):
            release.execute(f"delete from release.marts.{suite.table}")
    found = [(result.subject, finding) for result in gate_build(database_path(release)) for finding in result.findings]
    assert [(subject, finding.message) for subject, finding in found if not finding.success] == []


PRIVATE = "Jane Visit 414 555 0100"


def test_private_cells_of_a_bad_delivery_get_nowhere(
    warehouse: DuckDBPyConnection, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every cell of a file without its header is private, and each expected column has one of them."""
    contract = load_registry()["fpc__police_stops"]
    cells = ", ".join(f"'{PRIVATE} {column.name}' as {column.name}" for column in contract.kept_columns)
    warehouse.execute(f"create table delivery.fpc__police_stops as select {cells}, 'stops.csv' as _source_file, 1 as _source_row")
    facts = DeliveryFacts(
        as_of=dt.datetime(2025, 12, 1),
        columns_missing=tuple(str(column.delivered_names[0]) for column in contract.columns[1:]),
        columns_unknown=(PRIVATE, "17-000003"),
        earlier_rows=(50_000,),
        city_zone="America/Chicago",
    )
    with caplog.at_level(logging.DEBUG):
        with_file_facts = gate_delivery(
            database_path(warehouse), contract, facts, read_labels(SEEDS / "race_ethnicity_crosswalk.csv")
        )
        whole = DeliveryFacts(as_of=facts.as_of, earlier_rows=facts.earlier_rows)
        read = gate_delivery(database_path(warehouse), contract, whole, read_labels(SEEDS / "race_ethnicity_crosswalk.csv"))
    assert not with_file_facts.passed and not read.passed
    assert {"layout_change_pct", "rejected_rows_pct", "unmapped_labels_pct"} & {f.expectation for f in read.failed_critical}
    output = json.dumps([with_file_facts.to_dict(), read.to_dict()]) + caplog.text + "".join(capfd.readouterr())
    assert not re.search(r"Jane|Visit|414|0100|17-000003", output)


def test_a_delivery_is_checked_while_the_run_has_it_open_and_the_run_goes_on(release: DuckDBPyConnection, tmp_path: Path) -> None:
    """One DuckDB instance: the gate joins it, sees the run's views and closes the release files."""
    attach(release, tmp_path / "public.duckdb", "public")
    release.execute("create schema public.published; create table public.published.measures as select 1 as measure_version")
    suites = [Suite(table="measures", grain=("measure_version",))]
    contract = load_registry()["der__employees"]
    cells = ", ".join(f"'1' as {column.name}" for column in contract.kept_columns)
    release.execute(f"create table rows as select {cells}, 'e.csv' as _source_file, n as _source_row from range(9) as t (n)")
    release.execute("create view delivery.der__employees as select * from rows")
    facts = DeliveryFacts(as_of=dt.datetime(2025, 12, 1))
    assert not gate_delivery(database_path(release), contract, facts, {}).passed
    assert all(result.passed for result in gate_published(database_path(release), suites=suites))
    gate_build(database_path(release), [])
    release.execute("insert into rows select * from rows; checkpoint; detach public; detach release")
    assert release.execute("select count(*) from delivery.der__employees").fetchone() == (18,)

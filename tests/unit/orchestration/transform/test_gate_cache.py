from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from expectations.marts.suites import Rule, Suite, read_suites
from expectations.results import ExpectationResult, GateResult
from orchestration.transform import gate_cache
from orchestration.transform.gate_cache import save_results, valid_results
from warehouse.metadata import migrate
from warehouse.releases import NodeFingerprint

KNOWN = Rule(
    name="known",
    severity="critical",
    reason="no such source",
    no_rows="select 1 from {batch} where source not in (select source from {marts}.dim_source where is_read)",
)
SUITE = Suite(table="fct_visits", grain=("visit_key",), rules=(KNOWN,))
VISITS = "model.levelground.fct_visits"
PASSED = GateResult("build", "marts.fct_visits", (ExpectationResult("known", None, "critical", True, 0.0, 0.0, ""),))


@pytest.fixture
def run() -> Any:
    con = duckdb.connect()
    migrate(con)
    con.execute("attach ':memory:' as release; create schema release.marts")
    con.execute("create table release.marts.fct_visits as select 1 as visit_key, 'a' as source")
    con.execute("create table release.marts.dim_source as select 'a' as source, true as is_read, date '2025-01-01' as data_as_of")
    location = SimpleNamespace(city=SimpleNamespace(layers=()))
    return SimpleNamespace(con=con, location=location, fingerprints={VISITS: fingerprint("first")}, blank_states={})


def fingerprint(state: str) -> NodeFingerprint:
    return NodeFingerprint(state=state, base="", shape="", loads=())


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ("update release.marts.dim_source set data_as_of = date '2025-02-01'", True),
        ("update release.marts.dim_source set source = 'b'", False),
        ("update release.marts.dim_source set is_read = false", False),
        ("insert into release.marts.dim_source values ('b', true, date '2025-01-01')", False),
    ],
)
def test_a_result_is_kept_while_nothing_that_the_suite_reads_has_changed(run: Any, change: str, is_kept: bool) -> None:
    save_results(run, [SUITE], [PASSED])
    assert valid_results(run, [SUITE]) == {PASSED.subject: PASSED}
    run.con.execute(change)
    assert bool(valid_results(run, [SUITE])) == is_kept


def test_a_table_that_was_built_again_is_checked_again(run: Any) -> None:
    save_results(run, [SUITE], [PASSED])
    run.fingerprints[VISITS] = fingerprint("second")
    assert valid_results(run, [SUITE]) == {}


@pytest.mark.parametrize(
    ("changed", "is_kept"),
    [
        ({"seeds": {"texts_en": "2", "measure_rules": "1"}}, True),
        ({"seeds": {"texts_en": "1", "measure_rules": "2"}}, False),
        ({"code": {"expectations": "1", "orchestration": "2"}}, True),
        ({"code": {"expectations": "2", "orchestration": "1"}}, False),
    ],
    ids=["a text", "a threshold", "the scorecard", "a check"],
)
def test_a_result_is_kept_until_the_checks_or_the_seeds_that_they_read_change(
    run: Any, changed: dict[str, Any], is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_cache, "seed_hashes", lambda _layers: {"texts_en": "1", "measure_rules": "1"})
    monkeypatch.setattr(gate_cache, "code_hashes", lambda: {"expectations": "1", "orchestration": "1"})
    save_results(run, [SUITE], [PASSED])
    monkeypatch.setattr(gate_cache, "seed_hashes", lambda _layers: changed.get("seeds", {"texts_en": "1", "measure_rules": "1"}))
    monkeypatch.setattr(gate_cache, "code_hashes", lambda: changed.get("code", {"expectations": "1", "orchestration": "1"}))
    assert bool(valid_results(run, [SUITE])) == is_kept


def test_no_result_is_kept_of_a_suite_that_reads_what_is_not_there(run: Any) -> None:
    run.con.execute("drop table release.marts.dim_source")
    save_results(run, [SUITE], [PASSED])
    assert valid_results(run, [SUITE]) == {}


def test_rules_name_the_columns_that_they_read() -> None:
    """A star, or a join on all columns of the same name, would read columns that the rule's text does not name."""
    for suite in read_suites():
        for rule in suite.rules:
            text = " ".join(filter(None, (rule.bad_rows, rule.among, rule.no_rows)))
            if "{marts}" in text:
                assert not re.search(r"select \*[^{]*from \{marts\}|natural join| columns\(", text), (suite.table, rule.name)


def test_a_table_that_is_kept_from_a_blank_home_has_its_result(run: Any) -> None:
    run.fingerprints[VISITS] = fingerprint("without a home")
    save_results(run, [SUITE], [PASSED])
    run.fingerprints[VISITS] = fingerprint("of this home")
    assert valid_results(run, [SUITE]) == {}, "the table was built"
    run.blank_states = {VISITS: "without a home"}
    assert valid_results(run, [SUITE]) == {PASSED.subject: PASSED}
    save_results(run, [SUITE], [PASSED])
    run.blank_states = {}
    assert valid_results(run, [SUITE]) == {PASSED.subject: PASSED}, "the next run compares with the state of this home"

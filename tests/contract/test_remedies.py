"""Every check of a gate has a sentence that says what is wrong, and a remedy; what a remedy names exists."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator

import pytest

from expectations.marts.suites import SUITES, Suite, read_suites
from expectations.remedies import REMEDIES, read_remedies, remedy
from expectations.results import ExpectationResult, GateResult
from orchestration.alerts.notify import KINDS
from orchestration.settings import DBT_PROJECT
from tests.conftest import ROOT
from tests.contract.registers import seed
from tests.support.shipped import CONTRACT_FILES
from tests.unit.orchestration.cli.test_examples import COMMANDS

# Functions that make a check or its result; the first argument is its name.
MAKERS = {
    "Check",
    "share",
    "measure",
    "no_rows",
    "header",
    "finding",
    "_finding",
    "_count",
    "_not_evaluated",
    "ExpectationResult",
}
# Counts of the disclosure audit, which cannot fail.
COUNTS = {"cells", "sensitive_cells", "seconds"}
CHECKS = ROOT / "orchestration" / "doctor" / "checks.yml"
SUITES_OF_TABLES = [*read_suites(), *read_suites(SUITES / "published")]


def names_in_code() -> Iterator[str]:
    for file in (*ROOT.glob("expectations/**/*.py"), *ROOT.glob("orchestration/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            maker = getattr(node.func, "id", getattr(node.func, "attr", None)) if isinstance(node, ast.Call) else None
            if maker in MAKERS and isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def test_every_check_that_code_derives_has_a_remedy() -> None:
    assert set(names_in_code()) - COUNTS - set(read_remedies()["by_name"]) == set()


@pytest.mark.parametrize("suite", SUITES_OF_TABLES, ids=lambda suite: suite.table)
def test_every_rule_of_a_suite_has_a_sentence_and_a_remedy(suite: Suite) -> None:
    for rule in suite.rules:
        assert len(rule.reason.split()) > 3, rule.name
        assert len(rule.remedy.split()) > 3, rule.name


def test_what_a_remedy_names_exists() -> None:
    remedies = [*read_remedies()["by_name"].values(), *(rule.remedy for suite in SUITES_OF_TABLES for rule in suite.rules)]
    text = "\n".join(remedies)
    seeds = {path.name for path in (DBT_PROJECT / "seeds" / "reference").glob("*.csv")}
    assert set(re.findall(r"[a-z_]+\.csv", text)) - seeds == set()
    folders = re.findall(r"(?:dbt_project|expectations|ingest)/[\w/]+(?:/|\.\w+)", text)
    assert [path for path in folders if not (ROOT / path).exists()] == []
    tables = {path.stem for path in (DBT_PROJECT / "models" / "quality").glob("*.sql")}
    assert set(re.findall(r"\bquality\.([a-z_]+)", text)) - tables == set()
    known = {path.stem for path in CONTRACT_FILES}
    assert set(re.findall(r"\b(?!int_)[a-z]+__[a-z_0-9]+\b", text)) - known == set()
    vocabularies = {row["vocabulary"] for row in seed("stratum_crosswalk")}
    assert set(re.findall(r"stratum_crosswalk\.csv \((\w+)\)", text)) - vocabularies == set()


def test_a_command_in_a_remedy_can_be_typed_as_it_is_printed() -> None:
    """With a value in each gap: command and options exist, and none that the command requires is left out."""
    files = [REMEDIES, *SUITES.rglob("*.yml"), KINDS, CHECKS]
    texts = [re.sub(r"\{\w+\}", "x", file.read_text(encoding="utf-8")) for file in files]
    typed = [command for text in texts for command in re.findall(r"`levelground ([^`]+)`", text)]
    assert len(typed) > 20
    for command in typed:
        words = shlex.split(command.replace('\\"', '"'))
        name = next(name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS)
        COMMANDS[name].make_context(name, words[len(name.split()) :])


def test_a_finding_gets_the_remedy_of_its_rule_with_its_names() -> None:
    stops = GateResult("build", "marts.fct_police_stops", ())
    failed = ExpectationResult("known_share", "race_ethnicity_code", "warning", False, 61.0, 30.0, "")
    assert remedy(stops, failed).startswith("use counts, or the bounds for unknown race")
    empty = ExpectationResult("not_null", "occurred_on", "critical", False, 1.0, 0.0, "")
    assert "leaves occurred_on empty" in remedy(stops, empty)
    of_a_layer = GateResult("build", "marts.fct_of_a_city", ())
    assert remedy(of_a_layer, failed) == remedy(stops, failed), "a fact of a city's layer has the rules of shared parts"
    own = ExpectationResult("an expectation of a contract", None, "critical", False, 1.0, 0.0, "")
    assert "levelground sources check ucc__service_requests" in remedy(GateResult("delivery", "ucc__service_requests", ()), own)

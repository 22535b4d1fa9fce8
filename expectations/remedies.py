"""Find what to do about a failed finding: the rule's own remedy from its suite, or that of the check from `remedies.yml`.

Add the remedy of a hand-written rule to its suite, and that of a check that code derives to `remedies.yml`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from expectations.marts.suites import SUITES, SuitePart, read_suite
from expectations.results import ExpectationResult, GateResult
from ingest.contract.yaml_source import read_yaml

REMEDIES = Path(__file__).with_name("remedies.yml")
FOLDERS = {"marts": SUITES, "published": SUITES / "published"}


def remedy(gate: GateResult, finding: ExpectationResult, load: str | None = None) -> str:
    """Return what to do about a finding of a gate, as a sentence without its full stop; `load` is the delivery of a run."""
    written = read_remedies()
    text = _rules(gate.subject).get(finding.expectation) or written["by_subject"].get(gate.subject)
    text = text or written["by_name"].get(finding.expectation) or written["by_gate"][gate.gate]
    return text.format(subject=gate.subject.rpartition(".")[2], column=finding.column or "the column", load=load or "LOAD")


@cache
def read_remedies() -> dict[str, dict[str, str]]:
    """Return the remedies of `remedies.yml`: `by_subject` of a gate, `by_name` of a check, and `by_gate` for all others."""
    remedies: dict[str, dict[str, str]] = read_yaml(REMEDIES).data
    return remedies


@cache
def _rules(subject: str) -> dict[str, str]:
    schema, _, table = subject.partition(".")
    file = FOLDERS.get(schema, SUITES) / f"{table}.yml"
    if table and file.is_file():
        return {rule.name: rule.remedy for rule in read_suite(file).rules}
    # a table of a city's layer, whose suite has the rules of shared parts
    return dict(part_remedies()) if schema == "marts" else {}


@cache
def part_remedies() -> dict[str, str]:
    """Return the remedies of the rules in shared parts of suites, by the name of the rule."""
    parts = [SuitePart.model_validate(read_yaml(file).data) for file in sorted((SUITES / "parts").glob("*.yml"))]
    return {rule.name: rule.remedy or part.remedy for part in parts for rule in part.rules}

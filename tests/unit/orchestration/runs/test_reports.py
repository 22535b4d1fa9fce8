"""A run that checks nothing keeps the findings of earlier runs, as long as they are of what the home has now."""

from __future__ import annotations

from typing import Any

from expectations.results import ExpectationResult, Gate, GateResult, Severity
from orchestration.runs.clock import utc_now
from orchestration.runs.record import BLOCKED, FAILED, FRESH, HELD_BACK, RELEASED, REMOVED, UNCHANGED, RunRecord
from orchestration.runs.reports import standing_findings, standing_gates
from tests.support.run_records import REQUESTS, run_record, source_status

STOPS = "marts.fct_police_stops"


def gate(kind: Gate, subject: str, name: str, severity: Severity = "warning", *, success: bool = False) -> GateResult:
    return GateResult(
        kind, subject, (ExpectationResult(name, None, severity, success, 1.0, 0.0, "" if success else f"{name} failed"),)
    )


def ended(number: int, outcome: str, *gates: GateResult, load: str | None = "load-1", **fields: Any) -> RunRecord:
    sources = {REQUESTS: source_status(fields.pop("verdict", FRESH)).updated(load_id=load)} if load else {}
    record = run_record(f"run-{number}", number=number, gates=list(gates), sources=sources, fingerprint="f", **fields)
    record.end(outcome, utc_now())
    return record


def held(records: list[RunRecord]) -> list[tuple[str, str, str]]:
    return [(found.run.run_id, found.result.subject, found.result.findings[0].expectation) for found in standing_gates(records)]


FIRST = ended(1, RELEASED, gate("delivery", REQUESTS, "geoid_lengths"), gate("build", STOPS, "known_share"))


def test_an_unchanged_run_keeps_the_findings_of_the_release_and_of_the_loads() -> None:
    assert held([FIRST, ended(2, UNCHANGED)]) == [("run-1", STOPS, "known_share"), ("run-1", REQUESTS, "geoid_lengths")]
    assert held([]) == []


def test_a_new_load_replaces_the_findings_of_its_source_only() -> None:
    second = ended(2, UNCHANGED, gate("delivery", REQUESTS, "rows_gained"), load="load-2")
    assert held([FIRST, second]) == [("run-1", STOPS, "known_share"), ("run-2", REQUESTS, "rows_gained")]


def test_the_findings_of_a_held_back_load_end_when_an_earlier_load_is_delivered_again() -> None:
    second = ended(2, UNCHANGED, gate("delivery", REQUESTS, "rows_lost", "critical"), load="load-2", verdict=HELD_BACK)
    assert held([FIRST, second])[-1] == ("run-2", REQUESTS, "rows_lost")
    assert held([FIRST, second, ended(3, UNCHANGED)])[-1] == ("run-1", REQUESTS, "geoid_lengths")


def test_a_blocked_run_counts_until_a_release_or_an_unchanged_run() -> None:
    blocked = ended(2, BLOCKED, gate("build", STOPS, "grain", "critical"))
    failed = ended(3, FAILED, load=None)
    assert held([FIRST, blocked])[0] == ("run-2", STOPS, "grain")
    assert held([FIRST, blocked, failed]) == [("run-2", STOPS, "grain"), ("run-1", REQUESTS, "geoid_lengths")]
    assert held([FIRST, blocked, ended(4, UNCHANGED)])[0] == ("run-1", STOPS, "known_share")


def test_a_removed_source_has_no_findings() -> None:
    assert held([FIRST, ended(2, UNCHANGED, verdict=REMOVED)]) == [("run-1", STOPS, "known_share")]


def test_findings_are_sentences_with_a_remedy_and_notes_are_left_out() -> None:
    noted = gate("build", "marts.fct_parking", "suite_exists", "info")
    passed = gate("build", "marts.dim_date", "grain", success=True)
    blocked = ended(2, BLOCKED, gate("build", STOPS, "grain", "critical"), gate("build", STOPS, "known_share"), noted, passed)
    first, *others = standing_findings([FIRST, blocked])
    assert (first.result.severity, first.sentence) == ("critical", f"{STOPS}: grain failed")
    assert first.remedy.startswith("correct the model of fct_police_stops")
    assert {finding.result.expectation for finding in others} == {"known_share", "geoid_lengths"}
    assert first.as_row() | {"checked_at": ""} == {
        "gate": "build", "subject": STOPS, "severity": "critical", "expectation": "grain", "column": None, "observed": 1.0,
        "threshold": 0.0, "message": first.sentence, "remedy": first.remedy, "run_id": "run-2", "checked_at": "",
    }  # fmt: skip


def test_the_remedy_of_a_held_back_load_accepts_this_load_and_then_nothing_critical_is_left() -> None:
    """The command of the finding has the id that `sources accept` asks for; an accepted load keeps its warnings only."""
    lost = GateResult(
        "delivery", REQUESTS, (*gate("delivery", REQUESTS, "rows_lost", "critical").findings, *FIRST.gates[0].findings)
    )
    held_back = ended(2, UNCHANGED, lost, load="load-2", verdict=HELD_BACK)
    assert (
        f"`levelground sources accept {REQUESTS} --load load-2 --reason TEXT`" in standing_findings([FIRST, held_back])[0].remedy
    )
    accepted = ended(3, RELEASED, lost, load="load-2")
    for records in ([FIRST, held_back, accepted], [FIRST, held_back, accepted, ended(4, UNCHANGED, load="load-2")]):
        assert [finding.result.expectation for finding in standing_findings(records)] == ["known_share", "geoid_lengths"]

"""Find the gate results that hold now: a run checks only what changed, and the others keep the result of an earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from expectations.results import ExpectationResult, GateResult
from orchestration.runs.record import AGREEMENT_ENDED, RELEASED, REMOVED, UNCHANGED, RunRecord, newest, release_matches_landing

DELIVERY = "delivery"


@dataclass(frozen=True)
class StandingGate:
    """A gate result, with the run that checked it."""

    run: RunRecord
    result: GateResult


@dataclass(frozen=True)
class Finding:
    """A failed expectation in words: what is wrong and where, and what to do about it."""

    gate: StandingGate
    result: ExpectationResult
    sentence: str
    remedy: str

    def as_row(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        checked, found = self.gate.result, self.result
        return {
            "gate": checked.gate, "subject": checked.subject, "severity": found.severity, "expectation": found.expectation,
            "column": found.column, "observed": found.observed, "threshold": found.threshold, "message": self.sentence,
            "remedy": self.remedy, "run_id": self.gate.run.run_id, "checked_at": self.gate.run.started_at,
        }  # fmt: skip


def standing_gates(records: Sequence[RunRecord]) -> list[StandingGate]:
    """Return the results that hold after the newest of these runs, sorted by gate and subject; `records` are oldest first.

    A source keeps the result of the load that it has now. Tables and the public file keep those of the last run that checked
    them; after a release or a run without changes, a run that was blocked does not count.
    """
    if not records:
        return []
    last = records[-1]
    found = [*_of_sources(records, last), *_of_tables(records, last)]
    return sorted(found, key=lambda standing: (standing.result.gate, standing.result.subject))


def standing_findings(records: Sequence[RunRecord]) -> list[Finding]:
    """Return the critical findings and the warnings that hold after the newest of these runs, critical ones first."""
    from expectations.remedies import remedy  # noqa: PLC0415 - reads suites, which most commands do not need

    found = []
    for gate in standing_gates(records):
        for result in (*gate.result.failed_critical, *gate.result.warnings):
            subject, message = gate.result.subject, result.message or result.expectation
            sentence = message if message.startswith(f"{subject}") else f"{subject}: {message}"
            found.append(Finding(gate, result, sentence, remedy(gate.result, result)))
    return sorted(found, key=lambda finding: finding.result.severity != "critical")


def _of_sources(records: Sequence[RunRecord], last: RunRecord) -> Iterator[StandingGate]:
    seen: set[str] = set()
    for record in reversed(records):
        for result in record.gates:
            source = result.subject
            if result.gate != DELIVERY or source in seen or not _is_load_of(record, last, source):
                continue
            seen.add(source)
            yield StandingGate(record, result)


def _is_load_of(record: RunRecord, last: RunRecord, source: str) -> bool:
    """Whether a run checked the load that the source has after the last run, which may have ended before reaching it."""
    now, then = last.sources.get(source), record.sources.get(source)
    if now is None:
        return True
    return then is not None and now.load_id == then.load_id and now.verdict not in (REMOVED, AGREEMENT_ENDED)


def _of_tables(records: Sequence[RunRecord], last: RunRecord) -> list[StandingGate]:
    agrees = release_matches_landing if last.outcome in (RELEASED, UNCHANGED) else lambda _record: True
    checked = newest(records, lambda record: agrees(record) and any(result.gate != DELIVERY for result in record.gates))
    return [StandingGate(checked, result) for result in checked.gates if result.gate != DELIVERY] if checked else []

"""Report runs, sources and releases as plain data: the JSON of `levelground run`, `status` and `sources`, and what holds now.

A run checks only what changed; the other gate results are those of earlier runs. Reports join run records with the published file
and never open the working warehouse. See `orchestration.cli` for printing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from expectations.results import ExpectationResult, GateResult
from orchestration.runs.record import (
    AGREEMENT_ENDED,
    HELD_BACK,
    RELEASED,
    REMOVED,
    UNCHANGED,
    RunRecord,
    RunStore,
    newest,
    release_matches_landing,
)
from warehouse.connection import QueryError, WarehouseError, run_query
from warehouse.paths import Home

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
    """Return the findings that hold after the newest of these runs, critical ones first; of an accepted load its warnings."""
    from expectations.remedies import remedy  # noqa: PLC0415 - reads suites, which most commands do not need

    found = []
    for gate in standing_gates(records):
        subject = gate.result.subject
        status = records[-1].sources.get(subject) or gate.run.sources.get(subject)
        critical = gate.result.failed_critical if status is None or status.verdict == HELD_BACK else ()
        for result in (*critical, *gate.result.warnings):
            message = result.message or result.expectation
            sentence = message if message.startswith(subject) else f"{subject}: {message}"
            found.append(Finding(gate, result, sentence, remedy(gate.result, result, status.load_id if status else None)))
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


RUN_FIELDS = {
    "run_id", "trigger", "started_at", "ended_at", "outcome", "exit_code", "release_id", "message", "as_of", "unknown_folders",
    "seconds", "notes", "agreements", "scorecard_problem", "public_changes", "compared_with",
}  # fmt: skip
MEASURED_COLUMNS = (
    "known_race_pct", "geocoded_pct", "readiness_grade", "readiness_reasons", "covered_until", "periods_missing",
)  # fmt: skip


def run_report(home: Home, record: RunRecord) -> dict[str, Any]:
    """The `quality.runs` row of a run, with `sources` (its `source_status` rows), `findings`, `missing_periods` and
    `published_path`.
    """
    index = home.published_scorecard / "index.html"
    return record.model_dump(mode="json", include=RUN_FIELDS) | {
        "sources": source_rows(home, record),
        "findings": [finding.as_row() for finding in findings_after(home, record)],
        "missing_periods": missing_periods(home),
        "scorecard_path": str(index) if index.is_file() else None,
        "published_path": str(home.published_analyst) if home.published_analyst.is_file() else None,
    }


def findings_after(home: Home, record: RunRecord) -> list[Finding]:
    """The critical findings and warnings that hold after a run, those of earlier runs among them."""
    earlier = [other for other in RunStore(home.runs).all() if other.outcome and other.number < record.number]
    return standing_findings([*earlier, record])


def source_rows(home: Home, record: RunRecord) -> list[dict[str, Any]]:
    """The `source_status` rows of a run: the run record, and what the published file measured of each source."""
    measured = published_source_quality(home)
    unmeasured: dict[str, Any] = dict.fromkeys(MEASURED_COLUMNS)
    return [
        status.model_dump(exclude={"seconds"}) | measured.get(status.source, unmeasured) for status in record.sources.values()
    ]


def readiness(home: Home, row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Why a source has its readiness grade: each reason, the best grade that it allows, and its meaning."""
    reasons = [reason for reason in (row.get("readiness_reasons") or "").split(", ") if reason]
    rules = {rule["reason"]: rule for rule in _published(home, "select reason, grade, meaning from reference.readiness_rules")}
    return [(reason, rules[reason]["grade"], rules[reason]["meaning"]) for reason in reasons if reason in rules]


def data_issues(home: Home, source: str) -> list[tuple[str, str, str]]:
    """The known data issues of a source: issue id, status, summary."""
    found = _published(home, "select issue_id, source, status, summary from quality.data_issues order by issue_id")
    return [(issue["issue_id"], issue["status"], issue["summary"]) for issue in found if issue["source"] == source]


def published_source_quality(home: Home) -> dict[str, dict[str, Any]]:
    """What the published file measured of each source, by its name; nothing before the first release."""
    found = _published(home, f"select source, columns('{'|'.join(MEASURED_COLUMNS)}') from quality.source_status")
    return {row.pop("source"): dict.fromkeys(MEASURED_COLUMNS) | _with_texts(row) for row in found}


def missing_periods(home: Home) -> list[dict[str, Any]]:
    """The periods that were due and that the deliveries of the release do not cover, with the reason."""
    found = _published(
        home,
        "select source, period_type, period_start, period_end, covered_days, due_days, due, is_due_declared, note "
        "from quality.coverage where is_missing order by source, period_start, due_days",
    )
    return [_with_texts(row) for row in found]


def covered_months(home: Home) -> list[tuple[str, dt.date]]:
    """The months of each source that deliveries of the release cover, wholly or in part: source and first day."""
    query = "select source, period_start from quality.coverage where period_type = 'month' and covered_days > 0 order by all"
    return [(row["source"], row["period_start"]) for row in _published(home, query)]


def _with_texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}


def release_figures(home: Home) -> dict[str, Any]:
    """Figures of the published file that the UI plots over time: counts of values, and shares of all staged rows."""
    shares = ", ".join(
        f"round(sum({share} * rows_staged) / nullif(sum(rows_staged) filter (where {share} is not null), 0), 2)::double "
        f"as {share}"
        for share in ("known_race_pct", "geocoded_pct")
    )
    values = (
        "select count(*) filter (where value is not null) as values_measured, count(*) filter (where value is null) as "
        "values_without_number, count(distinct measure_id) as measures from marts.fct_equity_measures"
    )
    found = _published(home, f"from ({values}), (select {shares} from quality.source_status)")
    return {name: figure for row in found for name, figure in row.items() if figure is not None}


def _published(home: Home, query: str) -> list[dict[str, Any]]:
    if not home.published_analyst.is_file():
        return []
    try:
        rows: list[dict[str, Any]] = run_query(home.published_analyst, query, 30).to_pylist()
    except (WarehouseError, QueryError):
        return []  # a run and `levelground doctor` report a damaged release
    return rows

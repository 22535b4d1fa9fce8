"""Write the report of `levelground try`: the delivery, unmapped labels, shares, findings, values of measures, and the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from expectations.marts.failing_rows import RECORD, FailingRows
from expectations.remedies import remedy
from orchestration.cli.trial_values import TriedValue, measure_values
from orchestration.runs.record import BLOCKED, LANDED_ONLY, UNCHANGED
from orchestration.runs.results import UP_TO_DATE
from orchestration.trial.run_trial import DeliveryPart, Trial

CROSSWALK = "dbt_project/seeds/reference/race_ethnicity_crosswalk.csv"
COUNTS = ("delivered", "staged", "rejected", "blank", "duplicate", "superseded", "withdrawn")


def delivery_lines(part: DeliveryPart) -> Iterator[str]:
    """What is known of the delivery before anything is built."""
    status = part.status
    rows = ", ".join(f"{n:,} {name}" for name in COUNTS if (n := getattr(status, f"rows_{name}")))
    yield f"{status.source}: {status.verdict}{f'; rows: {rows}' if rows else ''}{f'; {status.reason}' if status.reason else ''}"
    for what, column, reason, number in part.rejected:
        yield f"  {number:,} {what}{'' if number == 1 else 's'} rejected: {column} is {reason}"
    for finding in (*part.gate.failed_critical, *part.gate.warnings) if part.gate else ():
        yield f"  {finding.severity}: {finding.message}"
        yield f"    remedy: {remedy(part.gate, finding)}" if part.gate else ""
    if part.labels:
        yield f"  labels that the crosswalk does not map; add rows to {CROSSWALK}, with a group or a missing reason for `decide`:"
        for label in part.labels:
            yield f"    {label.column}: {label.in_words(part.contract.agreement.suppress_below)}"
        for row in dict.fromkeys(label.seed_row for label in part.labels if label.label is not None):
            yield f"    {row}"
    elif any(column.vocabulary for column in part.contract.columns):
        yield "  labels: the crosswalk maps all"
    if part.is_held_back:
        yield "a run would hold this delivery back, so nothing was built; --accept builds all the same"


def trial_lines(trial: Trial) -> Iterator[str]:
    """What the build, the gates and disclosure control gave."""
    record, source = trial.record, trial.delivery.status.source
    if record is None:
        return
    if trial.delivery.status.verdict == LANDED_ONLY:
        yield f"no staging model reads {source}, so nothing was built; `levelground sources todo {source}` lists what is missing"
    for fact in trial.facts:
        shares = {
            "without a tract": fact.without_tract_pct,
            "unmapped": fact.not_mapped_pct,
            "of unknown race": fact.unknown_race_pct,
        }
        text = "".join(f", {share:.1f} % {name}" for name, share in shares.items() if share is not None)
        yield f"{fact.fact}: {fact.records:,} records{text}"
    for text in trial.warnings:
        yield f"  warning: {text}"
    yield from _finding_lines(trial)
    for measure in measure_values(trial):
        yield ", ".join(text for text in (measure.measure_id, measure.where, measure.reason) if text)
        for value in measure.values:
            yield f"  {value.group}: {_figure(value)}; {value.publication}"
    if not trial.is_seeded:
        yield "the home has no release: only maps, addresses and this source were built"
    built = sum(result.kind == "model" and result.status != UP_TO_DATE for result in trial.models)
    yield f"{record.outcome} after {trial.seconds:.0f} s: {built} models built{f'; {record.message}' if record.message else ''}"
    if trial.home.published_analyst.is_file():
        yield f"throw-away release, until the next trial: {trial.home.published_analyst}"
        yield f'  LEVELGROUND_HOME={trial.home.root} levelground query "show tables"'


def report_of(trial: Trial) -> dict[str, Any]:
    """The report as plain data, for JSON."""
    part = trial.delivery
    findings = (*part.gate.failed_critical, *part.gate.warnings) if part.gate else ()
    return {
        "source": part.status.source,
        "verdict": part.status.verdict,
        "reason": part.status.reason,
        "rows": {name: getattr(part.status, f"rows_{name}") for name in COUNTS},
        "rejected": [dict(zip(("what", "column", "reason", "number"), row, strict=True)) for row in part.rejected],
        "unmapped_labels": [
            {"column": each.column, "vocabulary": each.vocabulary, "label": each.label, "rows": each.rows, "of": each.of,
             "percent": each.percent, "seed_row": each.seed_row if each.label is not None else None}
            for each in part.labels
        ],
        "facts": [vars(fact) for fact in trial.facts],
        "warnings": trial.warnings,
        "findings": [
            {"severity": f.severity, "message": f.message, "remedy": remedy(part.gate, f), "rows": []}
            for f in findings
            if part.gate
        ] + [
            {"severity": f.severity, "message": f.sentence, "remedy": f.remedy, "rows": [vars(rows) for rows in f.rows]}
            for f in trial.findings
        ],
        "measures": [{**vars(m), "values": [vars(value) for value in m.values]} for m in measure_values(trial)],
        "outcome": trial.record.outcome if trial.record else None,
        "message": trial.record.message if trial.record else None,
        "exit_code": trial.exit_code,
        "home": str(trial.home.root),
        "published_path": str(trial.home.published_analyst) if trial.home.published_analyst.is_file() else None,
        "seconds": round(trial.seconds, 1),
    }  # fmt: skip


def _finding_lines(trial: Trial) -> Iterator[str]:
    critical = sum(finding.severity == "critical" for finding in trial.findings)
    if trial.findings:
        yield f"findings on what was built: {critical} critical, {len(trial.findings) - critical} warnings"
    elif trial.record is not None and trial.record.outcome not in (BLOCKED, UNCHANGED, None):
        yield "findings on what was built: none"
    for finding in trial.findings:
        yield f"  {finding.severity}: {finding.sentence}"
        for rows in finding.rows:
            yield f"    {_listed(rows)}"
        yield f"    remedy: {finding.remedy}"


def _listed(rows: FailingRows) -> str:
    more = f"; and {rows.total - len(rows.rows):,} more" if rows.total > len(rows.rows) else ""
    if rows.columns == RECORD:
        files: dict[str, list[str]] = {}
        for _, file, record in rows.rows:
            files.setdefault(file, []).append(record)
        return "; ".join(f"{file}, records {', '.join(records)}" for file, records in files.items()) + more
    return f"{', '.join(rows.columns)}: {'; '.join(' '.join(cell or '-' for cell in row) for row in rows.rows)}{more}"


def _figure(value: TriedValue) -> str:
    if value.value is None:
        return value.note or "no value"
    interval = "" if value.ci_low is None or value.ci_high is None else f" ({value.ci_low:,.4g} to {value.ci_high:,.4g})"
    return f"{value.value:,.4g}{interval}"

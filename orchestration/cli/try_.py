"""Provide `levelground try`: run one source on a copy of the home, and report the result.

The module has an underscore, because `try` is a keyword. See `orchestration.trial` for the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from expectations.marts.failing_rows import RECORD, FailingRows
from orchestration.cli.display import out, print_error, print_json
from orchestration.cli.options import AsJson, Source, examples
from orchestration.cli.run.progress import Progress
from orchestration.runs.progress import report_progress_to
from orchestration.runs.record import HELD_BACK, LANDED_ONLY
from orchestration.settings import ConfigurationError, Settings
from orchestration.trial.run_trial import Trial, TrialFinding, TrialOptions, run_trial

CROSSWALK = "seeds/rows/race_ethnicity_crosswalk.csv of the city's layer (for all cities: dbt_project/seeds/reference)"
COUNTS = ("delivered", "staged", "rejected", "blank", "duplicate", "superseded", "withdrawn")
SHARES = {"without_tract_pct": "without a tract", "not_mapped_pct": "unmapped", "unknown_race_pct": "of unknown race"}

EXAMPLES = examples(
    "levelground try ucc__service_requests", "levelground try ucc__service_requests --from export.csv --keep tried"
)


def try_(
    name: Source,
    from_: Annotated[
        Path | None, typer.Option("--from", help="A file or folder to try; default: what the next run would read.")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Build although the delivery fails its contract, to see the rest.")
    ] = False,
    keep: Annotated[Path | None, typer.Option(help="Keep the throw-away release in this folder, not in the home's.")] = None,
    as_of: Annotated[str | None, typer.Option(help="The time that the trial uses as now, like 2025-12-01T00:00:00.")] = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for a run or another trial, while which nothing can be copied.")
    ] = 0,
    json: AsJson = False,
) -> None:
    """Build one source and its measures into a throw-away release, gates and disclosure control included.

    The home, its deliveries and its releases stay as they are. The throw-away release is kept until the next trial.

    Exit code 0: the release could be published. 4: the same, and the source is stale; or the source was held back.

    3: a gate blocked the release. 5: a run or another trial is active. 2: wrong arguments or settings. 1: any other error.
    """
    settings = Settings.from_environment()
    if from_ is not None and not from_.exists():
        raise ConfigurationError(f"{from_} does not exist; name the file or folder to try")
    progress = Progress(title=f"levelground try {name}")

    def print_delivery(trial: Trial) -> None:
        for line in delivery_lines(trial) if not json else ():
            if out.is_terminal:
                progress.note(line)  # above what it displays
            else:
                out.print(line)

    with progress, report_progress_to(progress):
        trial = run_trial(settings, TrialOptions(name, from_, keep, as_of, wait, accept), print_delivery)
    if json:
        print_json(report_of(trial))
    else:
        for line in trial_lines(trial):
            out.print(line)
    if trial.record is not None and trial.exit_code == 1:
        print_error(trial.record.message or "the trial failed", trial.exit_code)
    raise typer.Exit(trial.exit_code)


def delivery_lines(trial: Trial) -> Iterator[str]:
    """What is known of the delivery before anything is built."""
    status = trial.status
    rows = ", ".join(f"{n:,} {name}" for name in COUNTS if (n := getattr(status, f"rows_{name}")))
    yield f"{status.source}: {status.verdict}{f'; rows: {rows}' if rows else ''}{f'; {status.reason}' if status.reason else ''}"
    yield from _finding_lines(trial.delivery_findings)
    if trial.labels:
        yield f"  labels that the crosswalk does not map; add rows to {CROSSWALK}, with a group or a missing reason for `decide`:"
        yield from (f"    {each.column}: {each.in_words(trial.contract.agreement.suppress_below)}" for each in trial.labels)
        yield from dict.fromkeys(f"    {each.seed_row}" for each in trial.labels if each.label is not None)
    elif any(column.vocabulary for column in trial.contract.columns):
        yield "  labels: the crosswalk maps all"
    if status.verdict == HELD_BACK:
        yield "a run would hold this delivery back, so nothing was built; --accept builds all the same"


def trial_lines(trial: Trial) -> Iterator[str]:
    """What the build, the gates and disclosure control gave."""
    record, source = trial.record, trial.status.source
    if record is None:
        return
    if trial.status.verdict == LANDED_ONLY:
        yield f"no staging model reads {source}, so nothing was built; `levelground sources todo {source}` lists what is missing"
    for fact in trial.facts:
        shares = [f", {fact[name]:.1f} % {words}" for name, words in SHARES.items() if fact[name] is not None]
        yield f"{fact['fact']}: {fact['records']:,} records{''.join(shares)}"
    critical = sum(finding.severity == "critical" for finding in trial.findings)
    yield f"findings on what was built: {critical} critical, {len(trial.findings) - critical} warnings"
    yield from _finding_lines(trial.findings)
    if trial.is_first:
        yield "the home has no release: only maps, addresses and this source were built"
    yield f"{record.outcome} after {trial.seconds:.0f} s{f'; {record.message}' if record.message else ''}"
    if trial.home.published_analyst.is_file():
        yield f"throw-away release, until the next trial: {trial.home.published_analyst}"
        here = f"LEVELGROUND_HOME={trial.home.root} levelground"
        yield f'  {here} query "show tables"'
        if trial.measures:
            yield f"its measures, with --public as published: {here} show MEASURE, of {', '.join(trial.measures)}"


def report_of(trial: Trial) -> dict[str, Any]:
    """The report as plain data, for JSON."""
    return {
        "source": trial.status.source,
        "verdict": trial.status.verdict,
        "reason": trial.status.reason,
        "rows": {name: getattr(trial.status, f"rows_{name}") for name in COUNTS},
        "unmapped_labels": [
            asdict(each) | {"percent": each.percent, "seed_row": each.seed_row if each.label is not None else None}
            for each in trial.labels
        ],
        "facts": trial.facts,
        "findings": [asdict(finding) for finding in (*trial.delivery_findings, *trial.findings)],
        "measures": [{"measure_id": measure} for measure in trial.measures],
        "outcome": trial.record.outcome if trial.record else None,
        "message": trial.record.message if trial.record else None,
        "exit_code": trial.exit_code,
        "home": str(trial.home.root),
        "published_path": str(trial.home.published_analyst) if trial.home.published_analyst.is_file() else None,
        "seconds": round(trial.seconds, 1),
    }


def _finding_lines(findings: list[TrialFinding]) -> Iterator[str]:
    for finding in findings:
        yield f"  {finding.severity}: {finding.message}"
        yield from (f"    {_listed(rows)}" for rows in finding.rows)
        yield f"    remedy: {finding.remedy}"


def _listed(rows: FailingRows) -> str:
    more = f"; and {rows.total - len(rows.rows):,} more" if rows.total > len(rows.rows) else ""
    if rows.columns == RECORD:
        files: dict[str, list[str]] = {}
        for _, file, record in rows.rows:
            files.setdefault(file, []).append(record)
        return "; ".join(f"{file}, records {', '.join(records)}" for file, records in files.items()) + more
    return f"{', '.join(rows.columns)}: {'; '.join(' '.join(cell or '-' for cell in row) for row in rows.rows)}{more}"

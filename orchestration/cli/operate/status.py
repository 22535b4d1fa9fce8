"""Provide `levelground status`, from run records and the release; it also works during a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any

import typer

from orchestration.cli.display import Table, out, print_json, short_time
from orchestration.cli.options import AsJson
from orchestration.runs.clock import utc_now
from orchestration.runs.process.exit_codes import EXIT_INCOMPLETE
from orchestration.runs.record import BLOCKED, FAILED, FRESH, RunRecord, RunStore, SourceStatus
from orchestration.runs.reports import Finding, missing_periods, run_report, standing_findings
from orchestration.settings import Settings
from warehouse.lock import active_run
from warehouse.paths import Home
from warehouse.releases import ReleaseCorrupt, current, unpinned_quarters

RECENT = 5
LISTED = 6


def _current_release(home: Home) -> str:
    try:
        published = current(home)
    except ReleaseCorrupt as error:
        return str(error)
    return published.release_id if published else "none"


Problems = Annotated[bool, typer.Option("--problems", help="Only sources that are not fresh, missing periods and findings.")]


def status(problems: Problems = False, json: AsJson = False) -> None:
    """Show the last runs, the current release, the state of each source and failed gate checks."""
    settings = Settings.from_environment()
    home = settings.home
    runs, active = [run for run in RunStore(home.runs).all() if run.outcome], active_run(home)
    if active is not None and not json:
        stage = f", stage: {active.stage}" if active.stage else ""
        out.print(f"A run is active since {active.started_at} (pid {active.pid}, {active.trigger}){stage}\n")
    if not runs:
        if json:
            print_json(None)
        elif active is None:
            out.print("no run yet; start with `levelground run`")
        raise typer.Exit(0)
    last = runs[-1]
    unpinned = unpinned_quarters(home, settings.keep_releases, utc_now())
    if json:
        of_home: dict[str, Any] = {"unpinned_quarters": [asdict(each) for each in unpinned]}
        of_home |= {"is_removal_pending": home.is_removal_pending, "active_run": active.model_dump() if active else None}
        print_json(run_report(home, last) | of_home)
    else:
        _print_runs(runs[-1 if problems else -RECENT :][::-1])
        for note in (*last.notes, *(f"{terms.source}: {terms.reason}" for terms in last.agreements)):
            out.print(f"\n{note}")
        for quarter in unpinned:
            out.print(f"\n{quarter.sentence}")
        if home.is_removal_pending:
            out.print("\nA removal was interrupted; `levelground erase --resume` or the next run completes it")
        out.print(f"\nCurrent release: {_current_release(home)}\n")
        _print_sources([each for each in last.sources.values() if not problems or each.verdict != FRESH])
        _print_missing_periods(home)
        _print_findings(standing_findings(runs))
    raise typer.Exit(EXIT_INCOMPLETE if last.held_or_stale or last.outcome in (BLOCKED, FAILED) else 0)


def _print_runs(recent: Sequence[RunRecord]) -> None:
    outcomes = ["interrupted" if run.was_interrupted else run.outcome for run in recent]
    rows = [
        (short_time(run.started_at), run.trigger, outcome, run.exit_code, run.release_id, run.message)
        for run, outcome in zip(recent, outcomes, strict=True)
    ]
    columns = ("started (UTC)", "trigger", "outcome", "exit", "release", "message")
    out.print(Table("Last runs", columns, rows, spare=("exit", "trigger")))


def _print_sources(sources: Sequence[SourceStatus]) -> None:
    if not sources:
        out.print("every source is fresh")
        return
    rows = [(s.source, s.verdict, short_time(s.data_as_of), s.rows_staged, s.rows_withdrawn, s.reason) for s in sources]
    columns = ("source", "verdict", "data as of", "rows", "withdrawn", "reason")
    out.print(Table("Sources", columns, rows, spare=("withdrawn", "rows", "data as of")))


def _print_missing_periods(home: Home) -> None:
    """Print each source with periods that were due and are not covered: a month, and only without it a quarter or year."""
    rows = []
    for source, found in groupby(missing_periods(home), itemgetter("source")):
        periods = [*found]
        finest = min(periods, key=lambda period: int(period["due_days"]))["period_type"]
        missing = [period["period_start"][:7] for period in periods if period["period_type"] == finest]
        listed = ", ".join(missing[-LISTED:]) + (f" and {len(missing) - LISTED} before" if len(missing) > LISTED else "")
        rhythm = periods[0]["due"] if periods[0]["is_due_declared"] else f"{periods[0]['due']} (by its deliveries)"
        rows.append((source, rhythm, finest, listed, periods[-1]["note"]))
    if rows:
        title = "Due and not covered: figures of these periods are withheld (quality.coverage)"
        out.print(Table(title, ("source", "due", "period", "missing", "newest"), rows, spare=("period", "due")))


def _print_findings(findings: Sequence[Finding]) -> None:
    """Print what is wrong in words, with the remedy; a run checks only what changed, so some are of earlier runs."""
    if not findings:
        out.print("\nGate findings: none")
        return
    out.print(f"\nGate findings that hold now: {len(findings)}", style="bold")
    for finding in findings:
        out.print(f"{finding.result.severity}: {finding.sentence}")
        out.print(f"    remedy: {finding.remedy}; checked {finding.gate.run.started_at[:16].replace('T', ' ')}")

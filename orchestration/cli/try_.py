"""Provide `levelground try`: build one source and its measures into a throw-away release, and report the result.

The module has an underscore, because `try` is a keyword. See `orchestration.trial` for the build, `trial_report` for the text.
"""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.display import out, print_error
from orchestration.cli.interrupts import stopped_by_signals
from orchestration.cli.options import Source, examples
from orchestration.cli.run.progress import Progress
from orchestration.cli.trial_report import delivery_lines, report_of, trial_lines
from orchestration.runs.progress import report_progress_to
from orchestration.settings import ConfigurationError, Settings
from orchestration.trial.run_trial import DeliveryPart, TrialOptions, run_trial

EXAMPLES = examples(
    "levelground try ucc__service_requests", "levelground try ucc__service_requests --from export.csv --keep tried"
)


def try_(
    name: Source,
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="A file or folder to try; default: what the next run would read.", show_default=False),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Build although the delivery fails its contract, to see the rest.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the throw-away release in this folder, not in the home's.", show_default=False),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The time that the trial uses as now, like 2025-12-01T00:00:00.", show_default=False)
    ] = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for a run or another trial, while which nothing can be copied.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
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

    def print_delivery(part: DeliveryPart) -> None:
        for line in delivery_lines(part) if not json else ():
            if out.is_terminal:
                progress.note(line)  # above what it displays
            else:
                out.print(line, markup=False)

    with progress, stopped_by_signals(progress.stop), report_progress_to(progress):
        trial = run_trial(settings, TrialOptions(name, from_, keep, as_of, wait, accept), print_delivery)
    if json:
        print(jsonlib.dumps(report_of(trial), indent=1, default=str))
    else:
        for line in trial_lines(trial):
            out.print(line, markup=False)
    if trial.record is not None and trial.exit_code == 1:
        print_error(trial.record.message or "the trial failed", trial.exit_code)
    raise typer.Exit(trial.exit_code)

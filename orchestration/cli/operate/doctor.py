"""Provide `levelground doctor`, which checks this installation and its home."""

from __future__ import annotations

import dataclasses

import typer

from orchestration.cli.display import err, out, print_json
from orchestration.cli.options import AsJson
from orchestration.doctor import CheckResult, Verdict, run_all_checks
from orchestration.runs.process.exit_codes import EXIT_OK, EXIT_UNEXPECTED

STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.ERROR: "red"}
LABELS = {Verdict.OK: "ok", Verdict.WARNING: "warning", Verdict.ERROR: "error"}


def doctor(json: AsJson = False) -> None:
    """Check the installation, the home and the schedule, and print how to fix each problem.

    Changes nothing, and also works during a run. Exit code 0 without errors, warnings included; else 1.
    """
    found = run_all_checks()
    counted = {verdict: sum(result.verdict is verdict for result in found) for verdict in Verdict}
    if json:
        print_json({"well": not counted[Verdict.ERROR], "findings": [dataclasses.asdict(f) for f in found]})
    else:
        for result in found:
            _print_result(result)
        err.print(_summary(counted))
    raise typer.Exit(EXIT_UNEXPECTED if counted[Verdict.ERROR] else EXIT_OK)


def _summary(counted: dict[Verdict, int]) -> str:
    parts = [
        f"{counted[verdict]} {LABELS[verdict]}{'' if counted[verdict] == 1 else 's'}"
        for verdict in (Verdict.ERROR, Verdict.WARNING)
    ]
    return ", ".join([*parts, f"{counted[Verdict.OK]} ok"])


def _print_result(result: CheckResult) -> None:
    out.print(f"{LABELS[result.verdict]:<8}", style=STYLES[result.verdict], end="")
    out.print(f"{result.check}: {result.where}: {result.what}")
    if result.verdict is not Verdict.OK:
        out.print(f"        why: {result.why}\n        fix: {result.remedy}")

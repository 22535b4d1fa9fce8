"""Provide `levelground doctor`, which checks this installation and its home."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import typer

from orchestration.cli.display import err, out, print_json
from orchestration.cli.options import AsJson
from orchestration.doctor import Verdict, run_all_checks
from orchestration.runs.process.exit_codes import EXIT_OK, EXIT_UNEXPECTED

LABELS = {Verdict.OK: ("ok", "green"), Verdict.WARNING: ("warning", "yellow"), Verdict.ERROR: ("error", "red")}


def doctor(json: AsJson = False) -> None:
    """Check the installation, the home and the schedule, and print how to fix each problem.

    Changes nothing, and also works during a run. Exit code 0 without errors, warnings included; else 1.
    """
    found = run_all_checks()
    counted = Counter(result.verdict for result in found)
    errors, warnings = counted[Verdict.ERROR], counted[Verdict.WARNING]
    if json:
        print_json({"well": not errors, "findings": [asdict(result) for result in found]})
    else:
        for result in found:
            label, style = LABELS[result.verdict]
            out.print(f"{label:<8}", style=style, end="")
            out.print(f"{result.check}: {result.where}: {result.what}")
            if result.verdict is not Verdict.OK:
                out.print(f"        why: {result.why}\n        fix: {result.remedy}")
        ends = ["" if number == 1 else "s" for number in (errors, warnings)]
        err.print(f"{errors} error{ends[0]}, {warnings} warning{ends[1]}, {counted[Verdict.OK]} ok")
    raise typer.Exit(EXIT_UNEXPECTED if errors else EXIT_OK)

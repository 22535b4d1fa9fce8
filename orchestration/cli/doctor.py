"""`levelground doctor`: what is the matter with this installation and its home, and how to mend it."""

from __future__ import annotations

import dataclasses
import json as jsonlib
from typing import Annotated

import typer

from orchestration.cli.display import err, out
from orchestration.doctor import Finding, Verdict, examine
from orchestration.runs.record import EXIT_OK, EXIT_UNEXPECTED

STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}


def doctor(json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Check the installation, the home and the schedule, and say how to mend what is wrong.

    Changes nothing, and answers while a run is going on. Exit 0 if nothing has to be mended (warnings count as well), else 1.
    """
    found = examine()
    counted = {verdict: sum(finding.verdict is verdict for finding in found) for verdict in Verdict}
    if json:
        print(jsonlib.dumps({"well": not counted[Verdict.WRONG], "findings": [dataclasses.asdict(f) for f in found]}, indent=1))
    else:
        for finding in found:
            _show(finding)
        said = f"{counted[Verdict.WRONG]} to mend, {counted[Verdict.WARNING]} to look at, {counted[Verdict.OK]} well"
        err.print(said, markup=False)
    raise typer.Exit(EXIT_UNEXPECTED if counted[Verdict.WRONG] else EXIT_OK)


def _show(finding: Finding) -> None:
    style = STYLES[finding.verdict] if out.is_terminal else None
    out.print(f"{finding.verdict:<8}", style=style, end="", markup=False)
    out.print(f"{finding.check}: {finding.where}: {finding.what}", markup=False)
    if finding.verdict is not Verdict.OK:
        out.print(f"        why:  {finding.why}\n        mend: {finding.remedy}", markup=False)

"""Provide `levelground audit`: list the questions that accounts asked with `levelground query`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from orchestration.cli.display import out, print_error, print_rows, short_time
from orchestration.cli.options import AsJson, examples
from orchestration.instance.question_log import questions, select
from orchestration.runs.process.exit_codes import EXIT_UNEXPECTED
from orchestration.settings import ConfigurationError, Settings

EXAMPLES = examples("levelground audit --person ana --day 2026-03-02", "levelground audit --table fct_employees --json")
COLUMNS = {"at": "at (UTC)", "asked_by": "asked by"} | {name: name for name in ("outcome", "rows", "file", "tables", "statement")}


def audit(
    person: Annotated[str | None, typer.Option(help="Only questions of this account.")] = None,
    day: Annotated[str | None, typer.Option(help="Only questions of this day, UTC: 2026-03-02.")] = None,
    of_table: Annotated[
        str | None, typer.Option("--table", help="Only questions that read this table, with or without its schema.")
    ] = None,
    json: AsJson = False,
) -> None:
    """List who queried which tables of the release, and when, the oldest first. For the account that runs Levelground.

    A statement is listed without its values. Exit codes: 0 done, 1 this account may not read the log, 2 wrong arguments.
    """
    if day is not None:
        try:
            day = dt.date.fromisoformat(day).isoformat()
        except ValueError:
            raise ConfigurationError(f"--day is {day!r}; write a date like 2026-03-02") from None
    home = Settings.from_environment().home
    try:
        found = select(questions(home), person, day, of_table)
    except PermissionError:
        problem = f"only the owner of {home.questions} reads the log of questions; run the command as that account"
        raise typer.Exit(print_error(problem, EXIT_UNEXPECTED)) from None
    shown = [{**row, "at": short_time(row["at"]), "tables": ", ".join(row["tables"])} for row in found]
    if found or json:
        print_rows(found if json else shown, COLUMNS, json=json, spare=("file", "outcome"))
    else:
        out.print("no question")

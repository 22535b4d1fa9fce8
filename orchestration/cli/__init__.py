"""The command line: one module a command group, and what every command does with an error.

Here: the application and its exit codes. Not here: any work; a command calls one function and shows what comes back.

Only the group that is asked for is imported: a query of the release needs neither Dagster nor the connectors, and would wait
seconds for them.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Any

import typer

GROUPS = ("run", "sources", "status", "query", "releases", "alerts", "sample", "docs", "ui", "doctor")
# a query may begin with a comment, which looks like an option
_SETTINGS: dict[str, dict[str, Any]] = {"query": {"ignore_unknown_options": True}}


def application(*groups: str) -> typer.Typer:
    """The application with these groups of commands."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="The data warehouse of a city equity office.",
    )
    app.callback()(lambda: None)  # a single command would be no group
    for group in groups:
        module = import_module(f"orchestration.cli.{group}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=group)
        else:
            app.command(group, context_settings=_SETTINGS.get(group))(getattr(module, group))
    return app


def main() -> None:
    """Run the command line; every foreseen error ends in a message and its exit code."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        application(*([asked] if asked in GROUPS else GROUPS))()
    except Exception as error:
        # here and not at the top: what can go wrong is known to the modules that do the work
        from orchestration.cli.errors import code_of  # noqa: PLC0415

        known = code_of(error)
        if known is None:
            raise
        sys.exit(known)


def program() -> None:
    """`main` as a process of its own, which ends with it, so that nobody has to look for garbage in between.

    What a run holds (dbt's manifest, Dagster's definitions, a gate's expectations) it holds to its end. Python looked through all
    of it again and again, a tenth of a nightly run's CPU to find 70 MB, and once more at its end: three seconds.
    """
    gc.disable()
    try:
        main()
    finally:
        gc.freeze()

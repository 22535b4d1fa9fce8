"""Run the command line: one module per command group, and one exit code per kind of error.

A command calls one function and displays its result. Only the requested group is imported: a query of the release needs neither
Dagster nor the connectors, which take seconds to import.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from orchestration.cli.interrupts import Interrupted, interruptible, stop_run_on_signals
from orchestration.runs.gc_paused import gc_paused
from orchestration.settings import ConfigurationError, Settings
from warehouse.temporary import remove_leftovers

if TYPE_CHECKING:
    import typer

GROUPS = (
    "run",
    "sources",
    "status",
    "query",
    "releases",
    "scorecard",
    "erase",
    "alerts",
    "sample",
    "docs",
    "translations",
    "ui",
    "doctor",
)
# a query may start with an SQL comment, which looks like an option
_SETTINGS: dict[str, dict[str, Any]] = {"query": {"ignore_unknown_options": True}}


def application(*groups: str) -> typer.Typer:
    """Return the application with these groups of commands."""
    import typer  # noqa: PLC0415 - the process of a query does not need it

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="The data warehouse of a city equity office.",
    )
    app.callback()(lambda: None)  # without a callback, Typer turns a single command into the program itself
    for group in groups:
        module = import_module(f"orchestration.cli.{group}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=group)
        else:
            app.command(group, cls=getattr(module, "ManyValues", None), context_settings=_SETTINGS.get(group))(
                getattr(module, group)
            )
    return app


def main() -> None:
    """Run the command line; every expected error ends with a message and an exit code."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    is_run = command == "run"
    if is_run:
        stop_run_on_signals()
    with suppress(ConfigurationError, OSError):  # the command itself reports what is wrong with the settings or the home
        remove_leftovers(Settings.from_environment().home)
    try:
        with nullcontext() if is_run else interruptible():
            application(*([command] if command in GROUPS else GROUPS))()
    except Interrupted as interrupted:
        print("levelground: interrupted", file=sys.stderr)
        sys.exit(interrupted.exit_code)
    except Exception as error:
        # imported here: the error classes are defined in modules that are slow to import
        from orchestration.cli.errors import report_error  # noqa: PLC0415

        known = report_error(error)
        if known is None:
            raise
        sys.exit(known)


def program() -> None:
    """Run `main` as a process of its own, which ends with it, without Python's garbage collector."""
    with gc_paused(until_exit=True):
        main()

"""Run the command line: one module per command group, and one exit code per kind of error.

A command calls one function and displays its result. See `orchestration.cli.application` for the list of commands.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress

from orchestration.cli.interrupts import Interrupted, interruptible, stop_run_on_signals
from orchestration.runs.process.gc_paused import gc_paused
from orchestration.settings import ConfigurationError, Settings
from warehouse.temporary import remove_leftovers


def main() -> None:
    """Run the command line; every expected error ends with a message and an exit code."""
    is_run = sys.argv[1:2] in (["run"], ["try"])
    if is_run:
        stop_run_on_signals()
    with suppress(ConfigurationError, OSError):  # the command itself reports what is wrong with the settings or the home
        remove_leftovers(Settings.from_environment().home)
    try:
        with nullcontext() if is_run else interruptible():
            # the process of a query imports this package, and needs no Typer
            from orchestration.cli.application import application  # noqa: PLC0415

            application()(prog_name="levelground")
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

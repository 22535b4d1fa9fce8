"""What commands that change a home share: its lock, interrupted removals, and a question before the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ingest.erasure import complete
from orchestration.cli.display import err, out
from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS
from warehouse.lock import RunLock
from warehouse.paths import Home
from warehouse.releases import recover


@contextmanager
def locked(home: Home, wait: float = 0) -> Iterator[list[str]]:
    """Hold the run lock, and complete interrupted removals and swaps; yields one sentence per completed removal."""
    home.ensure()
    lock = RunLock(home, "cli")
    lock.acquire(wait)
    try:
        yield complete_removals(home)
    finally:
        lock.release()


def complete_removals(home: Home) -> list[str]:
    """Carry out the planned removal of the home, if there is one, and return one sentence per removal."""
    notes = complete(home, err.print)
    recover(home)
    return notes


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what was listed is removed; exit unless it is confirmed."""
    if not yes and (not out.is_terminal or not typer.confirm(question)):
        err.print("nothing was removed; add --yes to remove what is listed")
        raise typer.Exit(EXIT_BAD_ARGUMENTS)

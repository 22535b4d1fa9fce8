"""What a run tells whoever watches it: the command line shows it, Dagster's log has its own words.

Here: the `Watcher` that a process may set. Not here: how it looks (`cli.display`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from orchestration.runs.record import SourceStatus


class Watcher(Protocol):
    """Somebody who watches a run."""

    def stage(self, text: str, /) -> None:
        """A stage of the run begins."""

    def rows(self, source: str, rows: int, /) -> None:
        """So many more rows of a source were delivered."""

    def source(self, status: SourceStatus, /) -> None:
        """A source is through."""


class Nobody:
    """Nobody watches: runs of the UI and the schedule."""

    def stage(self, _text: str) -> None:
        """Nothing."""

    def rows(self, _source: str, _rows: int) -> None:
        """Nothing."""

    def source(self, _status: SourceStatus) -> None:
        """Nothing."""


_watcher: Watcher = Nobody()


def told(log: Callable[[str], None]) -> Callable[[str], None]:
    """Say to the watcher, and on the log of a step, that a model is built; a run has more tests than anybody wants to read."""

    def say(name: str) -> None:
        log(f"built {name}")
        _watcher.stage(f"built {name}")

    return say


def watcher() -> Watcher:
    """Whoever watches the runs of this process."""
    return _watcher


@contextmanager
def watched_by(somebody: Watcher) -> Iterator[None]:
    """Let somebody watch the runs of this process for a while."""
    global _watcher  # noqa: PLW0603 - a run's steps are called by Dagster, which passes nothing through
    before, _watcher = _watcher, somebody
    try:
        yield
    finally:
        _watcher = before

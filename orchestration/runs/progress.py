"""Progress reports of a run: the command line displays them, Dagster's log has its own messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from orchestration.runs.record import SourceStatus


class ProgressReporter(Protocol):
    """Receives the progress of the runs of this process; `cli.display` has the one of the command line."""

    def stage(self, text: str, /) -> None:
        """A stage of the run begins."""

    def rows(self, source: str, rows: int, /) -> None:
        """So many more rows of a source were delivered."""

    def source(self, status: SourceStatus, /) -> None:
        """A source was ingested, or held back."""


class NoReporter:
    """Ignores progress: runs that the UI or the schedule starts."""

    def stage(self, _text: str) -> None:
        """Ignore it."""

    def rows(self, _source: str, _rows: int) -> None:
        """Ignore it."""

    def source(self, _status: SourceStatus) -> None:
        """Ignore it."""


_reporter: ProgressReporter = NoReporter()


def current_reporter() -> ProgressReporter:
    """The reporter of this process."""
    return _reporter


@contextmanager
def report_progress_to(reporter: ProgressReporter) -> Iterator[None]:
    """Report the progress of runs in this process to `reporter` until the block ends."""
    global _reporter  # noqa: PLW0603 - Dagster calls a run's steps and passes nothing through to them
    before, _reporter = _reporter, reporter
    try:
        yield
    finally:
        _reporter = before


def log_built_nodes(log: Callable[[str], None]) -> Callable[[str], None]:
    """A callback that reports each built model to the reporter and to `log`. Tests are left out: a run has too many."""

    def report(name: str) -> None:
        log(f"built {name}")
        _reporter.stage(f"built {name}")

    return report

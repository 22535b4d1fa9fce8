"""Report the progress of a run and what dbt has built and tested, to the command line and to Dagster's definitions."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from orchestration.runs.record import RELEASED, RunRecord, SourceStatus

# The status of a table that a run did not build, because building it would give the same rows.
UP_TO_DATE = "up_to_date"


@dataclass(frozen=True)
class NodeResult:
    """The result of one model, seed or test, or of the table that the suppressor writes between them.

    `failures` counts the rows that a test found; `tested` contains the ids of the models that it tests.
    `relation` is `database.schema.table`, empty for a test; the rows of a view (`is_view`) are not counted. `query` selects the
    rows that a failed test found.
    """

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float = 0.0
    failures: int = 0
    message: str = ""
    tested: tuple[str, ...] = ()
    relation: str = ""
    query: str = ""
    is_view: bool = False
    column: str = ""  # that a test tests

    @property
    def succeeded(self) -> bool:
        """Whether the node was built, was up to date, or passed its test."""
        return self.status in ("success", "pass", "warn", "no-op", UP_TO_DATE)

    @property
    def found(self) -> str:
        """What a failed test found, without cells."""
        return f"dbt test {self.name} found {self.failures} rows"


# Receives each model, seed and test when dbt has finished it.
OnNode = Callable[[NodeResult], None]


def failed_tests(results: Iterable[NodeResult]) -> list[NodeResult]:
    """The failed tests, without those that dbt skipped because another one failed."""
    return [result for result in results if result.kind == "test" and not result.succeeded and result.status != "skipped"]


Stage = Literal["start", "ingest", "build", "check", "release", "scorecard"]
STAGES: tuple[Stage, ...] = get_args(Stage)
# the entries of `RunRecord.seconds` that make up a stage
_TIMED: Mapping[Stage, tuple[str, ...]] = {
    "start": ("start",),
    "ingest": ("restore", "deliver", "audit deliveries", "promote"),
    "build": ("build", "suppress"),
    "check": ("audit build", "compare"),
    "release": ("quality", "release"),
    "scorecard": ("scorecard",),
}
_COMPARED_RUNS = 3


class ProgressReporter:
    """Receives the progress of the runs of this process and ignores it, as for runs that the UI or the schedule starts.

    `orchestration.cli.run.progress` has the one that displays it.
    """

    @property
    def seconds(self) -> float:
        """Seconds since the command began; 0 where no command waits for the run."""
        return 0.0

    def stage(self, stage: Stage, text: str) -> None:
        """A stage of the run begins, or goes on with other work."""

    def item(self, name: str, number: int | None = None, total: int | None = None) -> None:
        """The stage works on a source, model or table, the `number`th of `total`; without a number, the next one."""

    def built(self, name: str) -> None:
        """A model or seed was built."""

    def note(self, text: str) -> None:
        """The run has something to report."""

    def rows(self, source: str, rows: int) -> None:
        """So many more rows of a source were delivered."""

    def source(self, status: SourceStatus) -> None:
        """A source was ingested, or held back."""


_reporter = ProgressReporter()


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


def log_built_nodes(log: Callable[[str], None]) -> OnNode:
    """A callback that reports each built model to the reporter and to `log`. Tests are left out: a run has too many."""

    def report(result: NodeResult) -> None:
        if result.kind in ("model", "seed") and result.succeeded:
            log(f"built {result.name}")
            _reporter.built(result.name)

    return report


def expected_seconds(records: Sequence[RunRecord]) -> dict[Stage, float]:
    """Seconds of each stage in earlier runs: the median of the newest ones that released; nothing before the first."""
    released = [record.seconds for record in records if record.outcome == RELEASED][-_COMPARED_RUNS:]
    if not released:
        return {}
    return {
        stage: statistics.median(sum(seconds.get(name, 0.0) for name in names) for seconds in released)
        for stage, names in _TIMED.items()
    }

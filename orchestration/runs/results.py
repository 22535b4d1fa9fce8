"""Plain results that dbt's stages return and that Dagster's definitions display."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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

    @property
    def succeeded(self) -> bool:
        """Whether the node was built, was up to date, or passed its test."""
        return self.status in ("success", "pass", "warn", "no-op", UP_TO_DATE)


# Receives each model, seed and test when dbt has finished it.
OnNode = Callable[[NodeResult], None]


def failed_tests(results: Iterable[NodeResult]) -> list[str]:
    """One message per failed test. A test that dbt skipped, because another one failed, has no message."""
    failed = [result for result in results if result.kind == "test" and not result.succeeded and result.status != "skipped"]
    return [f"dbt test {result.name} found {result.failures} rows" for result in failed]

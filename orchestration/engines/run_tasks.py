"""Run the tasks of a run on the engine of its settings, with progress and a record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestration.engines.engine import TaskResult
from orchestration.engines.start import start_engine
from orchestration.runs.context import RunContext
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import EngineUse
from warehouse.worker import Task


def run_tasks(run: RunContext, tasks: Sequence[Task], spill: Path) -> list[TaskResult]:
    """The results in the order of the tasks; the run record counts them. EngineFailed if a task failed in each attempt.

    `spill`: the folder into which workers of this machine spill.
    """
    done: list[TaskResult] = []

    def on_result(result: TaskResult) -> None:
        done.append(result)
        current_reporter().item(result.task.label, len(done), len(tasks))

    limit = run.con.execute("select current_setting('memory_limit')").fetchone()
    assert limit is not None
    results = start_engine(run.settings, len(tasks), memory_limit=limit[0], spill=spill).run(tasks, on_result)
    before, attempts = run.record.engine, sum(result.attempts for result in results)
    run.record.engine = EngineUse(
        name=str(run.settings.engine),
        tasks=len(tasks) + (before.tasks if before else 0),
        attempts=attempts + (before.attempts if before else 0),
    )
    return results

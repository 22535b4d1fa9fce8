"""Run the tasks of a run on the engine of its settings, with progress and a record."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from orchestration.engines.engine import TaskResult
from orchestration.engines.start import start_engine
from orchestration.runs.context import RunContext
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import EngineUse, RepeatedTask
from warehouse.worker import Task


def run_tasks(run: RunContext, tasks: Sequence[Task], spill: Path) -> list[TaskResult]:
    """The results in the order of the tasks; the run record counts them. EngineFailed if a task failed in each attempt.

    `spill`: the folder into which workers of this machine spill.
    """
    done: list[TaskResult] = []
    began: list[float] = []

    def on_result(result: TaskResult) -> None:
        done.append(result)
        began.append(time.monotonic() - result.seconds)
        current_reporter().item(result.task.label, len(done), len(tasks))
        attempts = f" in {result.attempts} attempts" if result.attempts > 1 else ""
        run.log(f"task {len(done)} of {len(tasks)}: {result.task.label} by {result.worker}{attempts}")

    run.log(f"{run.settings.engine} runs {len(tasks)} tasks")
    limit = run.con.execute("select current_setting('memory_limit')").fetchone()
    assert limit is not None
    results = start_engine(run.settings, len(tasks), memory_limit=limit[0], spill=spill).run(tasks, on_result)
    seconds = time.monotonic() - min(began, default=time.monotonic())
    run.record.engine = with_results(run.record.engine or EngineUse(name=str(run.settings.engine)), results, seconds)
    return results


def with_results(use: EngineUse, results: Sequence[TaskResult], seconds: float) -> EngineUse:
    """The use of an engine, with further results, which took so many seconds together."""
    repeated = [
        RepeatedTask(label=result.task.label, attempts=result.attempts, worker=result.worker)
        for result in results
        if result.attempts > 1
    ]
    return EngineUse(
        name=use.name,
        tasks=use.tasks + len(results),
        attempts=use.attempts + sum(result.attempts for result in results),
        workers=tuple(sorted({*use.workers, *(result.worker for result in results)})),
        repeated=(*use.repeated, *repeated),
        seconds=round(use.seconds + seconds, 3),
        task_seconds=round(use.task_seconds + sum(result.seconds for result in results), 3),
        task_cpu_seconds=round(use.task_cpu_seconds + sum(result.cpu_seconds for result in results), 3),
    )

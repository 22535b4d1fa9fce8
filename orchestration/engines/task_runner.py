"""Start the engine of the settings and run tasks on it: the parts of facts, the tables of a delivery, the runs of cities."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from orchestration.engines.engine import Engine, EngineFailed, TaskResult, share_of_memory
from orchestration.engines.local import LocalEngine
from orchestration.engines.ray import RayEngine
from orchestration.runs.context import RunContext
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import EngineUse, RepeatedTask
from orchestration.settings import Settings
from warehouse.processes.worker import Resources, Task


def start_engine(settings: Settings, tasks: int, *, memory_limit: str, spill: Path) -> Engine:
    """The engine of `LEVELGROUND_ENGINE` for a number of tasks.

    `memory_limit`: of this process and all workers of this machine, as DuckDB displays it. `spill`: the folder into which
    workers of this machine spill. Workers of other machines use memory and folders of theirs.
    """
    workers = max(min(settings.threads or os.cpu_count() or 1, tasks), 1)
    # this process keeps its share, because the run continues in it
    memory = share_of_memory(memory_limit, workers + 1)
    resources = Resources(threads=1, memory_limit=memory, spill=str(spill))
    attempts = settings.task_attempts
    if settings.engine == "ray":
        return RayEngine(address=settings.engine_address, workers=workers, attempts=attempts, resources=resources, folder=spill)
    return LocalEngine(workers=workers, attempts=attempts, resources=resources)


def task_results(settings: Settings, tasks: Sequence[Task], *, memory_limit: str, spill: Path) -> Generator[TaskResult]:
    """The result of each task as it is ready, also of one that failed in each attempt. See `start_engine`."""
    with closing(start_engine(settings, len(tasks), memory_limit=memory_limit, spill=spill).run(tasks)) as results:
        yield from results


def run_tasks(run: RunContext, tasks: Sequence[Task], spill: Path) -> list[TaskResult]:
    """The results in the order of the tasks; the run record counts them. EngineFailed if a task failed in each attempt.

    `spill`: the folder into which workers of this machine spill.
    """
    done: list[TaskResult] = []
    began: list[float] = []  # an engine starts for seconds, which are not those of tasks
    run.log(f"{run.settings.engine} runs {len(tasks)} tasks")
    limit = run.con.execute("select current_setting('memory_limit')").fetchone()
    assert limit is not None
    with closing(task_results(run.settings, tasks, memory_limit=limit[0], spill=spill)) as results:
        for result in results:
            if result.failure:
                raise EngineFailed(result.task, result.attempts, result.failure)
            done.append(result)
            began.append(time.monotonic() - result.seconds)
            current_reporter().item(result.task.label, len(done), len(tasks))
            attempts = f" in {result.attempts} attempts" if result.attempts > 1 else ""
            run.log(f"task {len(done)} of {len(tasks)}: {result.task.label} by {result.worker}{attempts}")
    _record_use(run, done, time.monotonic() - min(began, default=time.monotonic()))
    return sorted(done, key=lambda result: result.number)


def _record_use(run: RunContext, results: Sequence[TaskResult], seconds: float) -> None:
    """Add the results, which took so many seconds together, to the use of the engine in the run record."""
    use = run.record.engine or EngineUse(name=str(run.settings.engine))
    use.tasks += len(results)
    use.attempts += sum(result.attempts for result in results)
    use.workers = tuple(sorted({*use.workers, *(result.worker for result in results)}))
    use.repeated += tuple(
        RepeatedTask(label=result.task.label, attempts=result.attempts, worker=result.worker)
        for result in results
        if result.attempts > 1
    )
    use.seconds = round(use.seconds + seconds, 3)
    use.task_seconds = round(use.task_seconds + sum(result.seconds for result in results), 3)
    use.task_cpu_seconds = round(use.task_cpu_seconds + sum(result.cpu_seconds for result in results), 3)
    run.record.engine = use

"""Start the engine of the settings."""

from __future__ import annotations

import os
from pathlib import Path

from orchestration.engines.engine import Engine, share_of_memory
from orchestration.engines.local import LocalEngine
from orchestration.engines.ray import RayEngine
from orchestration.settings import Settings
from warehouse.worker import Resources


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

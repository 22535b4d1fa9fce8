"""Run tasks on an engine, such as parts of facts; one module per engine, the only ones that import it.

Add a module here for another engine, a case in `start`, and its name to `orchestration.settings.ENGINES`. See `warehouse.worker`
for a task.
"""

from orchestration.engines.engine import Engine, EngineFailed, EngineNode, EngineUnavailable, OnResult, TaskResult
from orchestration.engines.run_tasks import run_tasks
from orchestration.engines.start import start_engine

__all__ = ["Engine", "EngineFailed", "EngineNode", "EngineUnavailable", "OnResult", "TaskResult", "run_tasks", "start_engine"]

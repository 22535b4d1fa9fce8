"""Run tasks on an engine, such as parts of facts; one module per engine, the only ones that import it.

Add a module here for another engine, a case in `start_engine`, and its name to `orchestration.settings.ENGINES`. See
`warehouse.processes.worker` for a task.
"""

from orchestration.engines.engine import EngineFailed, EngineNode, EngineUnavailable, TaskResult
from orchestration.engines.task_runner import run_tasks, start_engine, task_results

"""Run the tasks of a row-by-row build on an engine; one module per engine, the only ones that import it.

Add a module here for another engine, and its name to `orchestration.settings.ENGINES`. See `warehouse.rowwise` for a task.
"""

from orchestration.engines.engine import Engine, EngineFailed, share_of_memory
from orchestration.engines.local import LocalEngine

__all__ = ["Engine", "EngineFailed", "LocalEngine", "share_of_memory"]

"""Build parts of the row-by-row facts in worker processes: the plan, the tasks, and the worker that runs one task.

A worker knows DuckDB, a plan and files; it reads neither contracts nor settings nor the warehouse of a home.
See `orchestration.engines` for what starts workers, and `orchestration.transform.rowwise_build` for the plan.
"""

from warehouse.rowwise.plan import PartResult, PartTask, RowwisePlan, read_plan, save_plan

__all__ = ["PartResult", "PartTask", "RowwisePlan", "read_plan", "save_plan"]

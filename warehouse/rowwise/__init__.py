"""Build parts of the row-by-row facts in worker processes.

A worker knows DuckDB, a plan and files; it reads neither contracts nor settings nor the warehouse of a home.
See `orchestration.engines` for what starts workers, and `orchestration.transform.rowwise` for the plan.
"""

from warehouse.rowwise.worker import PartTask, RowwisePlan, save_plan

"""The one job, and when it runs by itself.

Here: `refresh` and `nightly`. Not here: what the job's steps do (`assets`, `checks`).
"""

from __future__ import annotations

import dagster as dg

REFRESH = "refresh"
NIGHTLY_SCHEDULE = "nightly"


def refresh_job() -> dg.UnresolvedAssetJobDefinition:
    """Everything, from deliveries to the release, in one process: DuckDB has one writer."""
    selection = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    return dg.define_asset_job(
        REFRESH,
        selection=selection,
        executor_def=dg.in_process_executor,
        description="From department deliveries to the published files.",
    )


def nightly(job: dg.UnresolvedAssetJobDefinition, time_zone: str) -> dg.ScheduleDefinition:
    """02:00 on the city's clock, every night."""
    return dg.ScheduleDefinition(
        name=NIGHTLY_SCHEDULE,
        job=job,
        cron_schedule="0 2 * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The night's refresh. After downtime it runs once, however many nights were missed.",
    )

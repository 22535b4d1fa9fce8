"""Define the job `refresh`, which does all, and the schedule `nightly`, which starts it."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.project import current_project
from orchestration.defs.rerun_period import EVERYTHING, MONTHS_KEY, sources_with_periods
from orchestration.instance.setup import NIGHTLY_SCHEDULE, REFRESH_JOB


@dg.definitions
def defs() -> dg.Definitions:
    """Return job and schedule. A materialization started in the UI runs as the job does: in one process, with one writer."""
    project = current_project()
    return dg.Definitions(
        jobs=[refresh_job(has_months=bool(sources_with_periods(project.contracts)))],
        schedules=[nightly_schedule(project.city.time_zone)],
        executor=dg.in_process_executor,
    )


def refresh_job(*, has_months: bool = True) -> dg.UnresolvedAssetJobDefinition:
    """Return the job over all assets and checks but the months. It runs in one process, because DuckDB has one writer."""
    return dg.define_asset_job(
        REFRESH_JOB,
        selection=EVERYTHING - dg.AssetSelection.assets(MONTHS_KEY) if has_months else EVERYTHING,
        executor_def=dg.in_process_executor,
        description="Ingests department deliveries, builds and checks all models, publishes a release.",
    )


def nightly_schedule(time_zone: str) -> dg.ScheduleDefinition:
    """Return the schedule that starts the job at 02:00 in the city's time zone."""
    return dg.ScheduleDefinition(
        name=NIGHTLY_SCHEDULE,
        job_name=REFRESH_JOB,
        cron_schedule="0 2 * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Starts the refresh every night. After downtime it starts one run, however many nights were missed.",
    )

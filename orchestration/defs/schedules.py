"""Define the schedule `nightly`, which starts the job `refresh`."""

from __future__ import annotations

import dagster as dg

from orchestration.instance.names import NIGHTLY_SCHEDULE


def nightly_schedule(job: dg.UnresolvedAssetJobDefinition, time_zone: str) -> dg.ScheduleDefinition:
    """Return the schedule that starts the job at 02:00 in the city's time zone."""
    return dg.ScheduleDefinition(
        name=NIGHTLY_SCHEDULE,
        job=job,
        cron_schedule="0 2 * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Starts the refresh every night. After downtime it starts one run, however many nights were missed.",
    )

"""Report runs whose process has ended as failed in the Dagster instance.

Without this they stay STARTED for ever and block the run queue. The next run closes their run records, and
`warehouse.releases.recover` cleans up their files.
"""

from __future__ import annotations

import time

import dagster as dg

from orchestration.instance.names import PROCESS_TAG
from orchestration.instance.processes import end_log_copies, is_running

# A run of the UI records its process once its resource opens, seconds after Dagster has logged the process's id.
SECONDS_TO_RECORD_PROCESS = 300
ACTIVE = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def fail_orphaned_runs(instance: dg.DagsterInstance, own_run_id: str | None = None) -> list[str]:
    """Report runs whose process has ended as failed; return their ids. A run whose process exists may be waiting for the lock."""
    failed = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=ACTIVE)):
        run, process = record.dagster_run, record.dagster_run.tags.get(PROCESS_TAG)
        overdue = time.time() - record.update_timestamp.timestamp() > SECONDS_TO_RECORD_PROCESS
        if process is None and not overdue:
            process = _logged_process(instance, run.run_id)
        if run.run_id != own_run_id and (process is not None or overdue) and not is_running(process):
            instance.report_run_failed(
                run, "its process ended before the run did; the next run started from what it had finished"
            )
            end_log_copies(run.run_id)
            failed.append(run.run_id)
    return failed


def _logged_process(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Return the id of the process that Dagster started for a run; another process may have got it since."""
    for entry in instance.all_logs(run_id, dg.DagsterEventType.ENGINE_EVENT):
        found = entry.get_dagster_event().engine_event_data.metadata.get("pid")
        if found is not None:
            return str(found.value)
    return None


def fail_orphaned_runs_at_startup() -> None:
    """Report orphaned runs before a daemon starts; otherwise its queue waits until the sensor `watch` first runs."""
    with dg.DagsterInstance.get() as instance:
        fail_orphaned_runs(instance)


def has_active_run(instance: dg.DagsterInstance) -> bool:
    """Return whether a run is executing, or is waiting for another run to end."""
    return instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE)) > 0

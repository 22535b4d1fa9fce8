"""Keep runs in Dagster's instance in order: their code location, their log copies at Ctrl-C, and runs whose process has ended.

A run of the UI or the daemon has the origin of its job: the code location and the repository. `execute_in_process` creates a run
without one, and Dagster's pages leave such a run out. A run whose process has ended stays STARTED for ever and blocks the queue;
the next run closes its run record, and `warehouse.releases.recover` cleans up its files. This module uses Dagster's private API
(`dagster._core`), tested with Dagster 1.13.27; `tests/contract/test_private_apis.py` names what to check after an upgrade.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from types import SimpleNamespace

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.execution import compute_logs
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import TickData, TickStatus
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from orchestration.instance.processes import end_log_copies, is_running
from orchestration.instance.setup import CODE_LOCATION, NIGHTLY_SCHEDULE, PROCESS_TAG, REFRESH_JOB, REPOSITORY

_CREATE_RUN = "create_run_for_job"  # the method of an instance that `execute_in_process` calls


def record_in_code_location(instance: dg.DagsterInstance) -> None:
    """Give the origin of the job `refresh` to each run that this instance object creates."""
    create_run = getattr(instance, _CREATE_RUN)
    setattr(instance, _CREATE_RUN, partial(create_run, remote_job_origin=_repository().get_job_origin(REFRESH_JOB)))


def record_schedule_tick(instance: dg.DagsterInstance, run_id: str) -> None:
    """Add a run that a timer starts to the history of the schedule `nightly`."""
    origin = _repository().get_instigator_origin(NIGHTLY_SCHEDULE)
    now = time.time()
    tick = TickData(
        instigator_origin_id=origin.get_id(),
        instigator_name=NIGHTLY_SCHEDULE,
        instigator_type=InstigatorType.SCHEDULE,
        status=TickStatus.SUCCESS,
        timestamp=now,
        end_timestamp=now,
        run_ids=[run_id],
        selector_id=origin.get_selector().get_id(),
    )
    instance.create_tick(tick)


def _repository() -> RemoteRepositoryOrigin:
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name=CODE_LOCATION)
    return RemoteRepositoryOrigin(ManagedGrpcPythonEnvCodeLocationOrigin(target, CODE_LOCATION), REPOSITORY)


def keep_ctrl_c_from_log_copies() -> None:
    """From now on, this process starts the copies of its log in sessions of their own.

    Ctrl-C would reach `tail` and the watchers with the run, and they would print a traceback over its message.
    """
    vars(compute_logs)["subprocess"] = SimpleNamespace(Popen=partial(subprocess.Popen, start_new_session=True))


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

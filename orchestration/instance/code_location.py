"""Record runs of the command line as runs of the UI's code location, so that Timeline, Jobs and schedules list them.

A run of the UI or the daemon has the origin of its job: the code location and the repository. `execute_in_process` creates a run
without one, and Dagster's pages leave such a run out. This module uses Dagster's private API (`dagster._core`), tested with
Dagster 1.13.27; `tests/contract/test_private_apis.py` names what to check after an upgrade.
"""

from __future__ import annotations

import sys
import time
from functools import partial

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import TickData, TickStatus
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from orchestration.instance.names import CODE_LOCATION, NIGHTLY_SCHEDULE, REFRESH_JOB, REPOSITORY

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

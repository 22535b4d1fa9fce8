"""Dagster's pages list a run of the command line, because it has the origin of the job that the UI loads."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.instance.dagster_runs import record_in_code_location, record_schedule_tick
from orchestration.instance.setup import CODE_LOCATION, NIGHTLY_SCHEDULE, REFRESH_JOB, REPOSITORY, SCHEDULE_TAG


@dg.asset
def figures() -> int:
    return 1


def test_a_run_in_this_process_has_the_origin_and_the_tag_that_dagster_filters_by() -> None:
    job = dg.Definitions([figures], jobs=[dg.define_asset_job(REFRESH_JOB)]).resolve_job_def(REFRESH_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        record_in_code_location(instance)
        run_id = job.execute_in_process(instance=instance, tags={SCHEDULE_TAG: NIGHTLY_SCHEDULE}).run_id
        listed = instance.get_runs(
            dg.RunsFilter(job_name=REFRESH_JOB, tags={".dagster/repository": f"{REPOSITORY}@{CODE_LOCATION}"})
        )
        assert [(run.run_id, run.status) for run in listed] == [(run_id, dg.DagsterRunStatus.SUCCESS)]
        origin = listed[0].remote_job_origin
        assert origin is not None
        assert (origin.job_name, origin.repository_origin.repository_name) == (REFRESH_JOB, REPOSITORY)


def test_a_run_of_a_timer_is_in_the_history_of_the_schedule(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        record_schedule_tick(instance, "a-run")
        (tick,) = instance.get_ticks("the origin of another environment", selector_id=_selector_id())
        assert (tick.instigator_name, tick.run_ids, tick.status.value) == (NIGHTLY_SCHEDULE, ["a-run"], "SUCCESS")


def _selector_id() -> str:
    """The id by which the UI asks for a schedule's history."""
    from dagster._core.definitions.selector import InstigatorSelector  # noqa: PLC0415

    return InstigatorSelector(location_name=CODE_LOCATION, repository_name=REPOSITORY, name=NIGHTLY_SCHEDULE).get_id()

"""Define the job `refresh`, which does all, the schedule `nightly`, which starts it, and the job `rerun_period`.

`rerun_period` does what `refresh` does on the kept deliveries of a month. Dagster displays months, and launches backfills of
several, only for a job with a partitioned asset: the list of months. All other assets of both jobs are the same.

Dagster reads the annotations of steps at run time, so this module must not postpone them.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import dagster as dg

from ingest.contract import Contract
from orchestration.defs.asset_specs import TEAM
from orchestration.defs.groups import RELEASE
from orchestration.defs.project import current_project
from orchestration.defs.resources import RunResource
from orchestration.instance.setup import NIGHTLY_SCHEDULE, REFRESH_JOB, RERUN_JOB
from orchestration.runs.record import RELEASED, UNCHANGED
from orchestration.runs.reports import covered_months
from orchestration.runs.selection import sources_with_periods
from warehouse.paths import Home

FIRST_MONTH = "2010-01-01"  # the UI offers months from here on; the command line takes any
MONTHS = dg.MonthlyPartitionsDefinition(FIRST_MONTH, fmt="%Y-%m-%d", end_offset=1)
EVERYTHING = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
MONTHS_KEY = dg.AssetKey(["runs", "months"])


@dg.definitions
def defs() -> dg.Definitions:
    """Return jobs, schedule and list; of months nothing if no source has a load mode that replaces periods.

    A materialization started in the UI runs as the job does: in one process, with one writer.
    """
    project = current_project()
    has_months = bool(sources_with_periods(project.contracts))
    return dg.Definitions(
        assets=[months_asset()] if has_months else [],
        jobs=[refresh_job(has_months=has_months), *([rerun_job(project.contracts)] if has_months else [])],
        schedules=[nightly_schedule(project.city.time_zone)],
        executor=dg.in_process_executor,
    )


def refresh_job(*, has_months: bool = True) -> "dg.UnresolvedAssetJobDefinition":  # known to type checkers only
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


def rerun_job(contracts: Iterable[Contract]) -> "dg.UnresolvedAssetJobDefinition":
    """Return the job with a partition per month.

    Its runs are those of `refresh` with `period` in their configuration, like `levelground run --period 2024-03`. A backfill of
    several months starts a run per month; `--period 2024-03..2024-05` is one run.
    """
    contracts = tuple(contracts)
    able = sources_with_periods(contracts)
    others = [["landing", contract.source] for contract in contracts if contract.source not in able]
    return dg.define_asset_job(
        RERUN_JOB,
        selection=EVERYTHING - dg.AssetSelection.assets(*others) if others else EVERYTHING,
        config=dg.PartitionedConfig(
            MONTHS, run_config_for_partition_key_fn=lambda month: {"resources": {"run": {"config": {"period": month[:7]}}}}
        ),
        executor_def=dg.in_process_executor,
        description=f"Ingests the kept deliveries of a month again and publishes a release. Sources: {', '.join(able)}.",
    )


def months_asset() -> dg.AssetsDefinition:
    """Return the asset whose partitions are the months that are landed; the job ingests one of them again."""

    @dg.asset(
        key=MONTHS_KEY,
        partitions_def=MONTHS,
        group_name=RELEASE,
        owners=[TEAM],
        output_required=False,
        op_tags={"dagster/priority": "-1"},  # after all other steps: it depends on none, so that no other selection contains it
        description=f"The months that are landed. The job `{RERUN_JOB}` ingests the kept deliveries of some of them again.",
    )
    def months(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any]]:
        record, options = run.context.record, run.context.options
        if options.period != context.partition_key[:7]:
            raise dg.Failure(f"this run ingested no month again; start the job {RERUN_JOB}", allow_retries=False)
        if record.outcome in (RELEASED, UNCHANGED):
            reasons = {source: str(record.sources[source].reason) for source in options.sources}
            yield dg.MaterializeResult(metadata={"outcome": record.outcome, "sources": reasons})

    return months


def month_materializations(home: Home, contracts: Iterable[Contract], known: Collection[str]) -> list[dg.AssetMaterialization]:
    """Return an event per month that the release covers and that the UI does not show yet, with its sources.

    `known`: the months that the UI shows.
    """
    able, found = set(sources_with_periods(contracts)), dict[str, list[str]]()
    for source, first in covered_months(home):
        if source in able and f"{first:%Y-%m-%d}" >= FIRST_MONTH:
            found.setdefault(f"{first:%Y-%m-%d}", []).append(source)
    return [
        dg.AssetMaterialization(MONTHS_KEY, partition=month, metadata={"sources": ", ".join(sources)})
        for month, sources in sorted(found.items())
        if month not in known
    ]

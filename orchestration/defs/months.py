"""Define the asset that lists the months which the job `rerun_period` has ingested again.

Dagster displays months, and launches backfills of several, only for a job with a partitioned asset. All other assets of that job
are those of `refresh`; see `jobs`.

Dagster reads the annotations of steps at run time, so this module must not postpone them.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.defs.asset_specs import TEAM
from orchestration.defs.groups import RELEASE
from orchestration.defs.resources import RunResource
from orchestration.instance.names import RERUN_JOB
from orchestration.runs.record import RELEASED, UNCHANGED

FIRST_MONTH = "2010-01-01"  # the UI offers months from here on; the command line takes any
MONTHS = dg.MonthlyPartitionsDefinition(FIRST_MONTH, fmt="%Y-%m-%d", end_offset=1)
MONTHS_KEY = dg.AssetKey(["runs", "months_ingested_again"])


def months_asset() -> dg.AssetsDefinition:
    """Return the asset whose partitions are the months that the job has ingested again."""

    @dg.asset(
        key=MONTHS_KEY,
        partitions_def=MONTHS,
        group_name=RELEASE,
        owners=[TEAM],
        output_required=False,
        op_tags={"dagster/priority": "-1"},  # after all other steps: it depends on none, so that no other selection contains it
        description=f"The months whose kept deliveries were ingested again. Materialize them by the job `{RERUN_JOB}`.",
    )
    def months_ingested_again(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any]]:
        record, options = run.context.record, run.context.options
        if options.period != context.partition_key[:7]:
            raise dg.Failure(f"this run ingested no month again; start the job {RERUN_JOB}", allow_retries=False)
        if record.outcome in (RELEASED, UNCHANGED):
            reasons = {source: str(record.sources[source].reason) for source in options.sources}
            yield dg.MaterializeResult(metadata={"outcome": record.outcome, "sources": reasons})

    return months_ingested_again

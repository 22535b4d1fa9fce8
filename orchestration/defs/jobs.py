"""Define the jobs: `refresh` does all, `rerun_period` does the same on the kept deliveries of a month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dagster as dg

from ingest.contract import Contract
from orchestration.defs.months import MONTHS, MONTHS_KEY
from orchestration.instance.names import REFRESH_JOB, RERUN_JOB
from orchestration.runs.selection import replaces_periods


def refresh_job(*, has_months: bool = True) -> dg.UnresolvedAssetJobDefinition:
    """Return the job over all assets and checks but the months. It runs in one process, because DuckDB has one writer."""
    return dg.define_asset_job(
        REFRESH_JOB,
        selection=_all() - dg.AssetSelection.assets(MONTHS_KEY) if has_months else _all(),
        executor_def=dg.in_process_executor,
        description="Ingests department deliveries, builds and checks all models, publishes a release.",
    )


def rerun_job(contracts: Iterable[Contract]) -> dg.UnresolvedAssetJobDefinition | None:
    """Return the job with a partition per month; None if no source has a load mode that replaces periods.

    Its runs are those of `refresh` with `period` in their configuration, like `levelground run --period 2024-03`. A backfill of
    several months starts a run per month; `--period 2024-03..2024-05` is one run.
    """
    contracts = tuple(contracts)
    able = [contract.source for contract in contracts if replaces_periods(contract)]
    if not able:
        return None
    others = [["landing", contract.source] for contract in contracts if not replaces_periods(contract)]
    return dg.define_asset_job(
        RERUN_JOB,
        selection=_all() - dg.AssetSelection.assets(*others) if others else _all(),
        config=dg.PartitionedConfig(MONTHS, run_config_for_partition_key_fn=_config_of_month),
        executor_def=dg.in_process_executor,
        description=f"Ingests the kept deliveries of a month again and publishes a release. Sources: {', '.join(able)}.",
    )


def _all() -> dg.AssetSelection:
    return dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()


def _config_of_month(month: str) -> dict[str, Any]:
    return {"resources": {"run": {"config": {"period": month[:7]}}}}

"""Define the job `refresh`, which ingests all sources, builds all models and publishes a release."""

from __future__ import annotations

import dagster as dg

from orchestration.instance.names import REFRESH_JOB


def refresh_job() -> dg.UnresolvedAssetJobDefinition:
    """Return the job over all assets and checks. It runs in one process, because DuckDB has one writer."""
    selection = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    return dg.define_asset_job(
        REFRESH_JOB,
        selection=selection,
        executor_def=dg.in_process_executor,
        description="Ingests department deliveries, builds and checks all models, publishes a release.",
    )

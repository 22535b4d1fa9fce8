"""Assemble all definitions of a home. Add what a new module of this folder defines to `load_defs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ingest.contract.registry import Registry
from orchestration.defs.asset_checks import build_gate
from orchestration.defs.asset_specs import file_specs, model_specs, receipt_specs, suppressor_specs
from orchestration.defs.assets import dbt_assets, landing_asset, release_asset, scorecard_asset
from orchestration.defs.jobs import months_asset, nightly_schedule, refresh_job, rerun_job
from orchestration.defs.resources import RunResource
from orchestration.defs.sensors.drop_folder import drop_folder_sensor
from orchestration.defs.sensors.run_health import run_health_sensor
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.runs.selection import sources_with_periods
from orchestration.settings import Settings
from orchestration.transform import dbt_runner
from orchestration.transform.compiled.column_lineage import column_lineage
from orchestration.transform.dbt_project import prepare_project


def load_defs(
    settings: Settings,
    *,
    contracts: Registry | None = None,
    manifest: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    with_column_lineage: bool = True,
) -> dg.Definitions:
    """Return all definitions for the contracts and the home that the settings name; of months only if a load mode has periods.

    `contracts`, `manifest` (dbt's) and `resources` replace what would be read or created. The UI displays column lineage and no
    run needs it; reading it takes two seconds after a build.
    """
    contracts, city = contracts or home_registry(settings), home_city(settings)
    if manifest is None:
        prepare_project(settings.home, contracts, city.layers)
        manifest = dbt_runner.manifest(settings.home)
    lineage = column_lineage(settings.home, manifest) if with_column_lineage else {}
    # the assets that dbt and the suppressor make, by dbt id
    specs = model_specs(manifest, lineage, contracts) | suppressor_specs(manifest)
    has_months = bool(sources_with_periods(contracts))
    return dg.Definitions(
        assets=[
            *(landing_asset(contract, city.layers) for contract in contracts),
            *receipt_specs(manifest),
            *dbt_assets(specs, manifest),
            *file_specs(contracts),
            release_asset(specs.values()),
            scorecard_asset(),
            *([months_asset()] if has_months else []),
        ],
        asset_checks=[build_gate(specs.values())],
        jobs=[refresh_job(has_months=has_months), *([rerun_job(contracts)] if has_months else [])],
        schedules=[nightly_schedule(city.time_zone)],
        sensors=[drop_folder_sensor(contracts, settings), run_health_sensor(settings)],
        resources={"run": RunResource.configure_at_launch(wait_seconds=settings.wait_seconds)} | dict(resources or {}),
        executor=dg.in_process_executor,  # what is started in the UI runs as a job does: in one process, with one writer
    )

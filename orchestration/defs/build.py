"""Build Dagster's definitions from contracts, dbt's manifest and settings. All definitions are assembled here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from ingest.contract.registry import Registry
from orchestration.defs.asset_checks import build_gate
from orchestration.defs.asset_specs import model_specs, receipt_specs, suppressor_specs
from orchestration.defs.assets import dbt_assets, landing_asset, release_asset
from orchestration.defs.jobs import refresh_job, rerun_job
from orchestration.defs.months import months_asset
from orchestration.defs.resources import RunResource
from orchestration.defs.schedules import nightly_schedule
from orchestration.defs.scorecard import scorecard_asset
from orchestration.defs.sensors.drop_folder import drop_folder_sensor
from orchestration.defs.sensors.run_health import run_health_sensor
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import Settings
from orchestration.transform.column_lineage import column_lineage
from orchestration.transform.dbt_project import prepare_project
from orchestration.transform.dbt_runner import manifest


@dataclass(frozen=True)
class Overrides:
    """Replacements for what `build_defs` otherwise reads or creates; tests and `defs.execute` use them."""

    contracts: Registry | None = None
    manifest: Mapping[str, Any] | None = None  # dbt's; given, dbt does not parse
    resources: Mapping[str, Any] = field(default_factory=dict)
    # The UI displays column lineage and no run needs it; reading it takes two seconds after a build.
    with_column_lineage: bool = True


def build_defs(settings: Settings, overrides: Overrides | None = None) -> dg.Definitions:
    """Return all definitions for the contracts and the home that the settings name."""
    given = overrides or Overrides()
    registry = given.contracts or home_registry(settings)
    nodes = given.manifest or _parse_dbt_project(settings, registry)
    lineage = column_lineage(settings.home, nodes) if given.with_column_lineage else {}
    specs = model_specs(nodes, lineage, registry) | suppressor_specs(nodes)
    rerun, city = rerun_job(registry), home_city(settings)
    job = refresh_job(has_months=rerun is not None)
    return dg.Definitions(
        assets=[
            *(landing_asset(contract, city.layers) for contract in registry),
            *receipt_specs(nodes),
            *dbt_assets(specs, nodes),
            release_asset(specs.values()),
            scorecard_asset(),
            *([months_asset()] if rerun else []),
        ],
        asset_checks=[build_gate(specs.values())],
        jobs=[job, rerun] if rerun else [job],
        schedules=[nightly_schedule(job, city.time_zone)],
        sensors=[drop_folder_sensor(job, registry, settings), run_health_sensor(settings)],
        resources={"run": RunResource.configure_at_launch(wait_seconds=settings.wait_seconds), **given.resources},
        # a materialization started in the UI runs as the job does: in one process, with one writer
        executor=dg.in_process_executor,
    )


def _parse_dbt_project(settings: Settings, registry: Registry) -> Mapping[str, Any]:
    prepare_project(settings.home, registry, home_city(settings).layers)
    return manifest(settings.home)

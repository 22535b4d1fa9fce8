"""The one place where Dagster's definitions are put together.

Here: reading contracts and dbt's manifest, and handing them to the factories. Not here: what a factory does, what Dagster loads
(`definitions`).
"""

from __future__ import annotations

import dagster as dg

from ingest.contract.registry import load_registry
from orchestration.defs.asset_checks import build_gate
from orchestration.defs.asset_specs import model_specs, receipt_specs, suppressor_specs
from orchestration.defs.assets import dbt_assets, landing_asset, release_asset
from orchestration.defs.jobs import nightly, refresh_job
from orchestration.defs.resources import RunResource
from orchestration.defs.sensors.drop_folder import drop_folder
from orchestration.defs.sensors.run_health import watch
from orchestration.pipeline.build import SOURCES_FILE
from orchestration.runs.delivery_location import home_city
from orchestration.settings import Settings
from orchestration.transform.column_lineage import column_lineage
from orchestration.transform.dbt_runner import manifest
from orchestration.transform.dbt_sources import write_sources


def definitions(settings: Settings, *, with_lineage: bool = True) -> dg.Definitions:
    """All definitions for the contracts and the home that settings name.

    `with_lineage`: with what each column is made of, which the UI shows, no run needs, and takes two seconds after a build.
    """
    registry = load_registry(settings.further_sources)
    write_sources(registry, SOURCES_FILE)
    nodes = manifest(settings.home)
    lineage = column_lineage(settings.home, nodes) if with_lineage else {}
    specs = model_specs(nodes, lineage) | suppressor_specs(nodes)
    job = refresh_job()
    return dg.Definitions(
        assets=[
            *(landing_asset(contract) for contract in registry),
            *receipt_specs(nodes),
            *dbt_assets(specs, nodes),
            release_asset(specs.values()),
        ],
        asset_checks=[build_gate(specs.values())],
        jobs=[job],
        schedules=[nightly(job, home_city(settings).time_zone)],
        sensors=[drop_folder(job, registry, settings), watch(settings)],
        resources={"run": RunResource.configure_at_launch()},
        # what somebody materializes in the UI goes the same way as the job: one process, one writer
        executor=dg.in_process_executor,
    )

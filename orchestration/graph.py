"""The one place where Dagster's definitions are put together.

Here: reading contracts and dbt's manifest, and handing them to the factories. Not here: what a factory does, what Dagster loads
(`definitions`).
"""

from __future__ import annotations

import dagster as dg

from ingest.registry import load_registry
from orchestration.assets import dbt_assets, landing_asset, release_asset
from orchestration.build import SOURCES_FILE
from orchestration.checks import build_gate
from orchestration.column_lineage import column_lineage
from orchestration.dbt_inputs import write_sources
from orchestration.dbt_runner import manifest
from orchestration.jobs import nightly, refresh_job
from orchestration.reading import home_city
from orchestration.resources import RunResource
from orchestration.sensors import drop_folder
from orchestration.settings import Settings
from orchestration.specs import model_specs, receipt_specs, suppressor_specs
from orchestration.watching import watch


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

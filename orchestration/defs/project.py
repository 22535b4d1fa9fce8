"""Load the definitions of this folder: each module with a function `defs` adds those of its topic.

A topic reads what all of them are made of from `current_project`. Add a topic as a module with such a function; Dagster finds it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import dagster as dg

from ingest.city import City
from ingest.contract.registry import Registry
from orchestration import defs
from orchestration.defs.asset_specs import model_specs, suppressor_specs
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import PROJECT, Settings
from orchestration.transform import dbt_runner
from orchestration.transform.compiled.column_lineage import column_lineage
from orchestration.transform.dbt_project import prepare_project


@dataclass(frozen=True)
class Project:
    """What all definitions are made of. `specs`: the assets that dbt and the suppressor make, by dbt id."""

    settings: Settings
    city: City
    contracts: Registry
    manifest: Mapping[str, Any]
    specs: Mapping[str, dg.AssetSpec]
    resources: Mapping[str, Any]


_project: ContextVar[Project] = ContextVar("project")


def current_project() -> Project:
    """Return the project whose definitions are loaded."""
    return _project.get()


def load_defs(
    settings: Settings,
    *,
    contracts: Registry | None = None,
    manifest: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    with_column_lineage: bool = True,
) -> dg.Definitions:
    """Return all definitions for the contracts and the home that the settings name.

    `contracts`, `manifest` (dbt's) and `resources` replace what would be read or created. The UI displays column lineage and no
    run needs it; reading it takes two seconds after a build.
    """
    contracts, city = contracts or home_registry(settings), home_city(settings)
    if manifest is None:
        prepare_project(settings.home, contracts, city.layers)
        manifest = dbt_runner.manifest(settings.home)
    lineage = column_lineage(settings.home, manifest) if with_column_lineage else {}
    specs = model_specs(manifest, lineage, contracts) | suppressor_specs(manifest)
    token = _project.set(Project(settings, city, contracts, manifest, specs, resources or {}))
    try:
        # `dg.load_from_defs_folder` does the same, but needs a pyproject.toml, which a wheel lacks, and lists the components of
        # all packages: 0.12 s of each run's start, measured with Dagster 1.13.27
        tree = dg.ComponentTree.from_module(defs, PROJECT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)  # of Dagster's own loader
            return tree.build_defs_at_path(tree.defs_module_path)
    finally:
        _project.reset(token)

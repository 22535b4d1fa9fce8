"""Load the definitions of this folder: each module with a function `defs` adds those of its topic.

A topic reads what all of them are made of from `current_project`. Add a topic as a module with such a function; Dagster finds it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from ingest.city import City
from ingest.contract.registry import Registry
from orchestration import defs
from orchestration.defs.asset_specs import model_specs, suppressor_specs
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import PROJECT, Settings
from orchestration.transform.column_lineage import column_lineage
from orchestration.transform.dbt_project import prepare_project
from orchestration.transform.dbt_runner import manifest


@dataclass(frozen=True)
class Overrides:
    """Replacements for what `load_defs` otherwise reads or creates; tests and `defs.execute` use them."""

    contracts: Registry | None = None
    manifest: Mapping[str, Any] | None = None  # dbt's; given, dbt does not parse
    resources: Mapping[str, Any] = field(default_factory=dict)
    # The UI displays column lineage and no run needs it; reading it takes two seconds after a build.
    with_column_lineage: bool = True


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


def load_defs(settings: Settings, overrides: Overrides | None = None) -> dg.Definitions:
    """Return all definitions for the contracts and the home that the settings name."""
    token = _project.set(_read_project(settings, overrides or Overrides()))
    try:
        # `dg.load_from_defs_folder` does the same, but needs a pyproject.toml, which a wheel lacks, and lists the components of
        # all packages: 0.12 s of each run's start, measured with Dagster 1.13.27
        tree = dg.ComponentTree.from_module(defs, PROJECT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)  # of Dagster's own loader
            return tree.build_defs_at_path(tree.defs_module_path)
    finally:
        _project.reset(token)


def _read_project(settings: Settings, given: Overrides) -> Project:
    contracts, city = given.contracts or home_registry(settings), home_city(settings)
    nodes = given.manifest
    if nodes is None:
        prepare_project(settings.home, contracts, city.layers)
        nodes = manifest(settings.home)
    lineage = column_lineage(settings.home, nodes) if given.with_column_lineage else {}
    specs = model_specs(nodes, lineage, contracts) | suppressor_specs(nodes)
    return Project(settings, city, contracts, nodes, specs, given.resources)

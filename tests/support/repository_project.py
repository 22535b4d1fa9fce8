"""Write what a home generates, for the shared contracts alone, into dbt_project: `python -m tests.support.repository_project`.

Editors and dbt's project evaluator read `dbt_project` without a home. A run never reads these copies.
"""

from __future__ import annotations

from pathlib import Path

from ingest.contract.registry import load_registry
from ingest.layers import layered_seed
from orchestration.settings import DBT_PROJECT
from orchestration.transform.dbt_sources import write_sources
from orchestration.transform.macros.place_types import PLACE_TYPES, read_place_types, write_place_types
from orchestration.transform.macros.registrations import write_registrations

GENERATED = ("generated", "registrations")


def write_repository_project(folder: Path = DBT_PROJECT) -> None:
    """Write the sources, exposures, lists of models and types of place into the folder."""
    for name in GENERATED:
        (folder / name).mkdir(parents=True, exist_ok=True)
    registry, seeds = load_registry(), DBT_PROJECT / "seeds" / "reference"
    place_types, vintages = (layered_seed(name, seeds, ()) for name in ("place_types", "geography_vintages"))
    write_sources(registry, folder / "generated" / "_sources.yml")
    write_place_types(read_place_types(place_types, vintages, {contract.source for contract in registry}), folder / PLACE_TYPES)
    write_registrations(folder)


if __name__ == "__main__":
    write_repository_project()

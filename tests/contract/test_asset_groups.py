"""Groups of assets are what the data team sees first: few, small, and without loops."""

from __future__ import annotations

import json
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg
import pytest

from ingest.city import city_registry, read_city
from orchestration.defs.groups import OTHER, department_group
from orchestration.defs.project import load_defs
from orchestration.settings import Settings
from warehouse.packed import read_packed

LARGEST_GROUP = 30
EDGES_AT_FIRST_SIGHT = 91  # between groups; with more, Dagster draws them across the screen
POLICY_AREAS = {"education", "housing", "workforce", "public_safety", "violence_prevention", "city_services", "health", "arpa"}
CONTRACTS = city_registry(read_city(None, "sampleton"))


@pytest.fixture(scope="module")
def group_of(graph: dg.AssetGraph) -> dict[dg.AssetKey, str]:
    return {key: graph.get(key).group_name for key in graph.get_all_asset_keys()}


@pytest.fixture(scope="module")
def graph(parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dg.AssetGraph:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path_factory.mktemp("home"))})
    manifest = json.loads(read_packed(parsed_dbt_folder / "manifest.json"))
    defs = load_defs(settings, contracts=CONTRACTS, manifest=manifest, with_column_lineage=False)
    return defs.resolve_asset_graph()


def test_a_group_fits_a_screen(group_of: dict[dg.AssetKey, str]) -> None:
    sizes = Counter(group_of.values())
    assert {group: size for group, size in sizes.items() if size > LARGEST_GROUP} == {}


def test_departments_and_policy_areas_are_groups(group_of: dict[dg.AssetKey, str]) -> None:
    departments = {department_group(contract.department) for contract in CONTRACTS}
    assert {"health_department", "department_of_public_instruction"} <= departments
    assert departments | POLICY_AREAS <= set(group_of.values())


def test_every_asset_has_a_group(group_of: dict[dg.AssetKey, str]) -> None:
    nameless = [key.to_user_string() for key, group in group_of.items() if group == OTHER]
    assert nameless == [], "name a group for the folder of these models in `defs.groups`"


def test_groups_depend_on_each_other_in_one_direction(graph: dg.AssetGraph, group_of: dict[dg.AssetKey, str]) -> None:
    above = {group: set[str]() for group in group_of.values()}
    for key, group in group_of.items():
        above[group] |= {group_of[parent] for parent in graph.get(key).parent_keys} - {group}
    list(TopologicalSorter(above).static_order())  # CycleError if there is a loop
    assert sum(map(len, above.values())) < EDGES_AT_FIRST_SIGHT

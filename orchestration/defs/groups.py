"""Assign each asset to a group: the delivering department, a policy area, or a step that all policy areas share.

Delivered tables and their staging models are in the group of the department, by its full name. Facts and counts are in the group
of their policy area. A group has at most 30 assets, and groups depend on each other in one direction, so that the collapsed graph
fits a screen. Dagster permits letters, digits and underscores in names of groups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from ingest.contract.yaml_source import read_yaml
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS

# The groups of folders, models and seeds that do not follow from departments and policy areas.
TABLE: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("groups.yml")).data
RECORDS, STAGED_RECORDS, DIMENSIONS = "run_records", "staged_run_records", "dimensions"
DISCLOSURE, ESTIMATES, RELEASE = "disclosure_control", "published_estimates", "release"
REFERENCE, DECLARATIONS, OTHER = "reference_data", "measure_declarations", "other"
# most models read them, so the graph leaves out their edges
SHARED = (REFERENCE, DECLARATIONS, RECORDS, STAGED_RECORDS, DIMENSIONS)
STAGING = re.compile(r"models/staging/([^/]+)/")


def group_name(title: str) -> str:
    """Return a title as a name that Dagster accepts."""
    return re.sub(r"\W+", "_", title.replace("'", "").replace("&", "and"), flags=re.ASCII).strip("_").lower()


@cache
def _seed(name: str, key: str, value: str) -> Mapping[str, str]:
    return {row[key]: row[value] for row in seed_rows(name, SHARED_SEEDS, ())}


def department_group(department: str) -> str:
    """Return the group of a department's deliveries: its full name, or its code if the seed does not list it."""
    return group_name(_seed("departments", "department", "name").get(department, department))


def groups_of_models(manifest: Mapping[str, Any], contracts: Iterable[Contract]) -> dict[str, str]:
    """Return the group of each model and seed, by dbt id."""
    areas = _areas(manifest, {contract.source: contract.policy_area for contract in contracts})
    nodes = {i: node for i, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    groups = {i: _fixed_group(node) or areas.get(i) or OTHER for i, node in nodes.items()}
    readers: dict[str, set[str]] = {}
    for i, node in nodes.items():
        for parent in node["depends_on"].get("nodes", ()):
            readers.setdefault(parent, set()).add(groups[i])
    single = {i: next(iter(found)) for i, found in readers.items() if i in nodes and len(found) == 1}
    # what only one group reads is in that group, so that the graph has few edges; maps stay with the department that draws them
    seeds = {i: group for i, group in single.items() if nodes[i]["resource_type"] == "seed" and groups[i] == REFERENCE}
    staged = {
        i: group
        for i, group in single.items()
        if STAGING.match(nodes[i]["original_file_path"]) and groups[i] != STAGED_RECORDS and group in (*areas.values(), ESTIMATES)
    }
    return groups | seeds | staged


def _fixed_group(node: Mapping[str, Any]) -> str | None:
    """Return the group that the folder or the name of a node decides; None if its policy area does."""
    path, name = node["original_file_path"], node["name"]
    if node["resource_type"] == "seed":
        return TABLE["seeds"].get((node["patch_path"] or "").rpartition("/")[2], REFERENCE)
    if name in TABLE["models"]:
        return TABLE["models"][name]
    folder = max(filter(path.startswith, TABLE["folders"]), key=len, default=None)
    if folder is not None:
        return TABLE["folders"][folder]
    staged = STAGING.match(path)
    return department_group(staged[1]) if staged else None


def _areas(manifest: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, str]:
    """The policy area of models and sources: of the measure that they count, else of most of their sources."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    measures = _seed("measure_registry", "measure_id", "policy_area")

    @cache
    def area(node_id: str) -> str | None:
        node = nodes.get(node_id)
        if node is None or node["resource_type"] not in ("model", "source"):
            return None
        name = node["name"]
        if node["resource_type"] == "source":
            return sources.get(name)
        if counted := measures.get(name.removeprefix("int_").removesuffix("__counts")):
            return counted
        if not STAGING.match(node["original_file_path"]) and _fixed_group(node):
            return None  # all policy areas share it
        found = Counter(each for each in map(area, node["depends_on"].get("nodes", ())) if each)
        return max(sorted(found), key=lambda each: found[each], default=None)

    return {node_id: found for node_id in nodes if (found := area(node_id))}

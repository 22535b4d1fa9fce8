"""Assign each asset to a group: the delivering department, a policy area, or a step that all policy areas share.

Delivered tables and their staging models are in the group of the department, by its full name. Facts and counts are in the group
of their policy area. A group has at most 30 assets, and groups depend on each other in one direction, so that the collapsed graph
fits a screen. Dagster permits letters, digits and underscores in names of groups.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from orchestration.settings import DBT_PROJECT

SEEDS = DBT_PROJECT / "seeds" / "reference"
RECORDS, QUALITY, PUBLISHED, RELEASE = "run_records", "quality", "published_tables", "release"
ESTIMATES = "published_estimates"
PLACES, DIMENSIONS, CALCULATION, DISCLOSURE = "addresses_and_places", "dimensions", "measure_calculation", "disclosure_control"
COVERAGE = "measure_coverage"
STAGED_RECORDS, POPULATION = "staged_run_records", "population"
# The longest folder that a model's path starts with decides, before its policy area.
GROUP_OF_FOLDER = {
    "models/staging/receipts/": STAGED_RECORDS,
    "models/intermediate/addresses/": PLACES,
    "models/intermediate/estimates/": ESTIMATES,
    "models/intermediate/geography/": PLACES,
    "models/marts/dimensions/": DIMENSIONS,
    "models/marts/facts/equity_measures/": "equity_measures",
    "models/marts/facts/goals/": "equity_measures",
    "models/marts/scorecard/": PUBLISHED,
    "models/measures/goals/": "equity_measures",
    "models/measures/calculation/": CALCULATION,
    "models/measures/coverage/": COVERAGE,
    "models/disclosure/": DISCLOSURE,
    "models/published/intermediate/": DISCLOSURE,
    "models/published/staging/": DISCLOSURE,
    "models/published/": PUBLISHED,
    "models/quality/": QUALITY,
}
# These models would make two groups depend on each other in the group of their folder, or concern several policy areas.
GROUP_OF_MODEL = {
    "int_equity_measures__reporting_grain": DIMENSIONS,
    "int_addresses__aggregated": DIMENSIONS,
    "int_deaths_investigated__excess": CALCULATION,
    "int_population__bases": POPULATION,
    "int_sources__known_shares": CALCULATION,
    "int_sources__in_series": DIMENSIONS,
    "int_sources__race_codes": DIMENSIONS,
    "dim_stratum": CALCULATION,
    "dim_geography": CALCULATION,
    "dim_label": PUBLISHED,
    "int_source_places__missing": QUALITY,
    "int_sources__coverage": QUALITY,
    "int_published__indices_of_persons": PUBLISHED,
    "fct_published_estimates": ESTIMATES,
    "int_published_estimates__counts": ESTIMATES,
    "dim_text": PUBLISHED,
    "int_published_estimates__windowed": ESTIMATES,
}
REFERENCE, DECLARATIONS, OTHER = "reference_data", "measure_declarations", "other"
# What a seed declares is said by the file that describes it.
GROUP_OF_SEEDS = {
    "_goal_seeds.yml": DECLARATIONS,
    "_publication_seeds.yml": DECLARATIONS,
    "_scorecard_seeds.yml": DECLARATIONS,
    "_text_seeds.yml": DECLARATIONS,
}
# most models read them, so the graph leaves out their edges
SHARED = (REFERENCE, DECLARATIONS, RECORDS, STAGED_RECORDS, DIMENSIONS)
STAGING = re.compile(r"models/staging/([^/]+)/")


def group_name(title: str) -> str:
    """Return a title as a name that Dagster accepts."""
    return re.sub(r"\W+", "_", title.replace("'", "").replace("&", "and"), flags=re.ASCII).strip("_").lower()


@cache
def department_names(seeds: Path = SEEDS) -> Mapping[str, str]:
    """Return the full name of each department of the seed, by its code."""
    with (seeds / "departments.csv").open(encoding="utf-8", newline="") as file:
        return {row["department"]: row["name"] for row in csv.DictReader(file)}


@cache
def measure_areas(seeds: Path = SEEDS) -> Mapping[str, str]:
    """Return the policy area of each measure of the registry."""
    with (seeds / "measure_registry.csv").open(encoding="utf-8", newline="") as file:
        return {row["measure_id"]: row["policy_area"] for row in csv.DictReader(file)}


def department_group(department: str) -> str:
    """Return the group of a department's deliveries: its full name, or its code if the seed does not list it."""
    return group_name(department_names().get(department, department))


def groups_of_models(manifest: Mapping[str, Any], contracts: Iterable[Contract]) -> dict[str, str]:
    """Return the group of each model and seed, by dbt id."""
    areas = _Areas(manifest, {contract.source: contract.policy_area for contract in contracts})
    nodes = {i: node for i, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    groups = {i: _fixed_group(node) or areas.of(i) or OTHER for i, node in nodes.items()}
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
        if STAGING.match(nodes[i]["original_file_path"]) and groups[i] != STAGED_RECORDS and group in (*areas.found, ESTIMATES)
    }
    return groups | seeds | staged


def _fixed_group(node: Mapping[str, Any]) -> str | None:
    """Return the group that the folder or the name of a node decides; None if its policy area does."""
    path, name = node["original_file_path"], node["name"]
    if node["resource_type"] == "seed":
        return GROUP_OF_SEEDS.get((node["patch_path"] or "").rpartition("/")[2], REFERENCE)
    if name in GROUP_OF_MODEL:
        return GROUP_OF_MODEL[name]
    folder = max((folder for folder in GROUP_OF_FOLDER if path.startswith(folder)), key=len, default=None)
    if folder is not None:
        return GROUP_OF_FOLDER[folder]
    staged = STAGING.match(path)
    return department_group(staged[1]) if staged else None


class _Areas:
    """The policy area of models: of the measure that they count, else of most of their sources."""

    def __init__(self, manifest: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        self._nodes = {**manifest["nodes"], **manifest["sources"]}
        self._sources = sources
        self._known: dict[str, str | None] = {}

    @property
    def found(self) -> set[str]:
        """All areas that a model was assigned to."""
        return {area for area in self._known.values() if area}

    def of(self, node_id: str) -> str | None:
        if node_id not in self._known:
            self._known[node_id] = self._find(self._nodes.get(node_id))
        return self._known[node_id]

    def _find(self, node: Mapping[str, Any] | None) -> str | None:
        if node is None or node["resource_type"] not in ("model", "source"):
            return None
        name = node["name"]
        if node["resource_type"] == "source":
            return self._sources.get(name)
        counted = measure_areas().get(name.removeprefix("int_").removesuffix("__counts"))
        if counted:
            return counted
        if not STAGING.match(node["original_file_path"]) and _fixed_group(node):
            return None  # all policy areas share it
        found = Counter(area for area in map(self.of, node["depends_on"].get("nodes", ())) if area)
        return max(sorted(found), key=lambda area: found[area], default=None)

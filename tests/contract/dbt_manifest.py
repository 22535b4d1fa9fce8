"""dbt's manifest of this project, with the lookups that contract tests need. Not here: the rules, which are tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The pattern of model names per folder.
NAMES = {
    "staging/": r"stg_[a-z][a-z0-9]*__[a-z0-9_]+",
    "intermediate/": r"int_[a-z0-9_]+__[a-z_]+",
    "marts/dimensions/": r"(dim|bridge)_[a-z_]+",
    "marts/facts/": r"fct_[a-z_]+",
    "marts/facts/equity_measures/": r"fct_[a-z_]+",
    "marts/facts/goals/": r"fct_goal[a-z_]*",
    "marts/scorecard/": r"scorecard",
    "measures/aggregates/": r"int_[a-z0-9_]+__[a-z]+",
    "measures/counts/": r"int_[a-z0-9_]+__counts",
    "measures/coverage/": r"int_[a-z_]+__[a-z_]+",
    "measures/calculation/": r"int_(equity_measures|peer_comparison)__[a-z_]+",
    "measures/goals/": r"int_goals__[a-z_]+",
    "disclosure/": r"int_disclosure__[a-z_]+",
    "published/staging/": r"stg_disclosure__[a-z_]+",
    "published/intermediate/": r"int_published__[a-z_]+",
    "published/tables/": r"[a-z_]+",
    "quality/": r"[a-z_]+",
}


@dataclass(frozen=True)
class Edge:
    """A model and something that it reads, each with its layer."""

    child: str
    child_layer: str
    parent: str
    parent_layer: str


@dataclass(frozen=True)
class Manifest:
    """dbt's manifest, with the lookups that these tests need."""

    data: dict[str, Any]

    def nodes(self, kind: str) -> list[dict[str, Any]]:
        return [node for node in self.data["nodes"].values() if node["resource_type"] == kind]

    def models(self) -> list[dict[str, Any]]:
        return self.nodes("model")

    def layer(self, unique_id: str) -> str:
        kind, _, name = unique_id.split(".", 2)
        if kind == "source":
            return name.split(".")[0]
        return "reference" if kind == "seed" else path_of(self.data["nodes"][unique_id]).split("/")[0]

    def model_edges(self) -> Iterator[Edge]:
        for node in self.models():
            for parent in node["depends_on"]["nodes"]:
                yield Edge(node["name"], self.layer(node["unique_id"]), parent, self.layer(parent))


def path_of(node: dict[str, Any]) -> str:
    return str(Path(node["original_file_path"]).relative_to("models"))


def folder_of(node: dict[str, Any]) -> str:
    return max((folder for folder in NAMES if path_of(node).startswith(folder)), key=len)

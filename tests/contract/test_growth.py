"""Facts that grow keep what makes it right: row by row from one source, which replaces rows by whole periods or by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.contract.registry import load_registry
from ingest.landing import typed_row_by_row
from orchestration.transform.fingerprints import LANDING, incremental_source, is_row_by_row, view_columns
from orchestration.transform.rowwise import rowwise_models
from warehouse.packed import read_packed


@pytest.fixture(scope="module")
def nodes(parsed_dbt_folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(read_packed(parsed_dbt_folder / "manifest.json"))["nodes"]
    return found


def growing(nodes: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [node for node in nodes.values() if node["resource_type"] == "model" and incremental_source(node)]


def test_the_facts_of_events_grow(nodes: dict[str, dict[str, Any]]) -> None:
    assert {node["name"] for node in growing(nodes)} == {
        "fct_payments", "fct_police_calls", "fct_police_stops", "fct_service_requests",
    }  # fmt: skip
    incremental = {n["name"] for n in nodes.values() if n["config"].get("materialized") == "incremental"}
    assert incremental == {node["name"] for node in growing(nodes)}, (
        "name in meta the source that an incremental model appends from"
    )


def test_records_reach_a_growing_fact_row_by_row(nodes: dict[str, dict[str, Any]]) -> None:
    for fact in growing(nodes):
        waiting, reached = [fact], set()
        while waiting:
            for parent in waiting.pop()["depends_on"]["nodes"]:
                if parent.startswith(LANDING):
                    reached.add(parent.removeprefix(LANDING))
                elif is_row_by_row(nodes.get(parent, {})):
                    waiting.append(nodes[parent])
        assert incremental_source(fact) in reached, f"{fact['name']}: mark the models up to its source with meta: row_by_row"
        assert any(hook["sql"].find("delete_superseded_rows") >= 0 for hook in fact["config"]["pre-hook"]), fact["name"]
        assert "is_new_load()" in fact["raw_code"], f"{fact['name']} must read new loads only"


def test_tasks_can_build_every_growing_fact(nodes: dict[str, dict[str, Any]]) -> None:
    """A task reads rows of one source: nothing that its models look up grows with that source's rows but the addresses."""
    registry = load_registry()
    for fact in growing(nodes):
        models = rowwise_models({"nodes": nodes}, f"model.levelground.{fact['name']}")
        assert models.models[-1].endswith(fact["name"])
        assert not [node for node in models.looked_up if node.startswith(LANDING)], fact["name"]
        assert typed_row_by_row(registry[models.source]), f"{models.source}: no row may depend on another, or be kept elsewhere"
        # a column that changes with the end of data is updated in a table, and is in no part
        of_view, hooks = view_columns(fact), [hook["sql"] for hook in fact["config"]["pre-hook"]]
        assert ("followed_until_at" in of_view) == any("extend_follow_up" in hook for hook in hooks), fact["name"]
        assert list(of_view) == list(fact["columns"])[len(fact["columns"]) - len(of_view) :], (
            f"{fact['name']}: columns of the view come last"
        )
        looked_up = {nodes[node]["name"]: nodes[node] for node in models.looked_up if node in nodes}
        assert not [name for name, node in looked_up.items() if incremental_source(node)], fact["name"]


def test_only_sources_that_replace_what_they_repeat_have_a_growing_fact(nodes: dict[str, dict[str, Any]]) -> None:
    registry = load_registry()
    for fact in growing(nodes):
        load = registry[incremental_source(fact) or ""].load
        # the running number of equal rows in a key holds only where equal rows are replaced together
        assert load.mode == "replace_period" or (load.mode == "merge" and load.key), fact["name"]

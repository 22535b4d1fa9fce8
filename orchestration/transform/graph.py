"""Walk the graph of a dbt manifest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any


def reached(
    starts: Iterable[str], neighbours: Callable[[str], Iterable[str]], goes_on: Callable[[str], bool] = lambda _found: True
) -> set[str]:
    """What is found from `starts` by stepping to neighbours; beyond what `goes_on` is false for, nothing is."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        new = set(neighbours(waiting.pop())) - found
        found |= new
        waiting += filter(goes_on, new)
    return found


def parents(nodes: Mapping[str, Mapping[str, Any]], unique_id: str) -> Iterable[str]:
    """The ids of what a node reads; nothing for a source."""
    found: Iterable[str] = nodes[unique_id]["depends_on"].get("nodes", ()) if unique_id in nodes else ()
    return found


def relations_read(nodes: Mapping[str, Mapping[str, Any]], unique_id: str) -> dict[str, None]:
    """The ids of the tables that a node reads, in their order; those of an ephemeral model in its place."""
    found: dict[str, None] = {}
    for parent in parents(nodes, unique_id):
        found |= relations_read(nodes, parent) if parent in nodes and is_ephemeral(nodes[parent]) else {parent: None}
    return found


def is_ephemeral(node: Mapping[str, Any]) -> bool:
    """Whether the node has no relation of its own, because dbt puts its SQL into that of its readers."""
    return str(node["config"]["materialized"]) == "ephemeral"


def ancestors(nodes: Mapping[str, Mapping[str, Any]], starts: Iterable[str], stop: Collection[str] = ()) -> set[str]:
    """The ids of everything that the nodes `starts` read, directly or through others than those of `stop`."""
    return reached(starts, lambda node: parents(nodes, node), lambda node: node not in stop)

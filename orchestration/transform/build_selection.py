"""Restrict a build plan to one source, for `levelground try`, and find the models that read a source.

See `transform.build_plan` for the plan of a run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from orchestration.transform.build_plan import LANDING, LOOKED_UP, BuildPlan, FingerprintInputs, meta, tested_nodes


def restrict_to_source(plan: BuildPlan, inputs: FingerprintInputs, source: str, relations: Collection[str]) -> BuildPlan:
    """Keep the nodes that read the source, those that read no source (seeds, dimensions of measures), and missing tables.

    The models of other sources stay as the home's last run built them, even if their code has changed since.
    """
    of_source, of_any = descendants(inputs.nodes, LANDING + source), set[str]()
    for name in inputs.registry:
        of_any |= descendants(inputs.nodes, LANDING + name.source)
    chosen = {
        node
        for node in plan.build
        if node in of_source or node not in of_any or inputs.nodes[node]["relation_name"].replace('"', "") not in relations
    }
    tests = inputs.manifest["nodes"]
    return dataclasses.replace(
        plan,
        build=tuple(node for node in plan.build if node in chosen),
        rebuild=tuple(node for node in plan.rebuild if node in chosen),
        append={node: loads for node, loads in plan.append.items() if node in chosen},
        new_loads={node: loads for node, loads in plan.new_loads.items() if node in chosen},
        tests=tuple(test for test in plan.tests if chosen.intersection(tested_nodes(tests[test]))),
    )


def descendants(nodes: Mapping[str, Mapping[str, Any]], start: str) -> set[str]:
    """The ids of the nodes that read `start`, directly or through others.

    A model that looks up addresses or points of all records (`looked_up`) is one of them, but what reads it is not: other records
    find the same places as before.
    """
    children: dict[str, list[str]] = {}
    for unique_id, node in nodes.items():
        for parent in node["depends_on"].get("nodes", ()):
            children.setdefault(parent, []).append(unique_id)
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(children.get(waiting.pop(), ())) - found
        found |= new
        waiting += [unique_id for unique_id in new if LOOKED_UP not in meta(nodes[unique_id])]
    return found

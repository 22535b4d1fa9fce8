"""Build the models whose fingerprints changed, in the candidate and in the working warehouse, and keep all others.

See `transform.fingerprints` for fingerprints and the plan, `pipeline.build` for the candidate.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.landing import superseded
from orchestration.runs.context import RunContext
from orchestration.runs.progress import UP_TO_DATE, NodeResult, OnNode
from orchestration.transform import dbt_runner
from orchestration.transform.compiled.emptiness import ALWAYS, aggregate_functions, empty_if
from orchestration.transform.fingerprints import (
    BuildPlan,
    Fingerprints,
    incremental_source,
    invalidate,
    is_view,
    read_state,
    relation,
    write_state,
)
from orchestration.transform.graph import is_ephemeral
from orchestration.transform.run_inputs import write_incremental_loads
from warehouse.releases import NodeFingerprint, current, read_manifest
from warehouse.sql import quoted

RELEASE_DATABASE = "release"
BLANK = "blank"  # in place of a release: the tables of a blank home (`pipeline.blank_home`)
COMPILED = "compiled/levelground"  # the SQL of models as dbt ran it
PUBLIC_MODELS = dbt_runner.PUBLISHED.removeprefix("path:")


def build_changed_models(run: RunContext, on_node: OnNode) -> list[NodeResult]:
    """Build and test every model that is not up to date, except those that every run builds.

    The results contain the kept nodes too, with the status `up_to_date`. Call `write_build_inputs` first.
    """
    inputs = Fingerprints.of_run(run)
    nodes = inputs.nodes
    relations = _relations(run.con)
    known = _known_fingerprints(run, inputs)
    # the tables of the candidate that no model builds any more, and those that every run builds
    obsolete = relations.keys() - {relation(node) for node in nodes.values()}
    _drop(run, relations, {name for name in obsolete if name.startswith(f"{RELEASE_DATABASE}.")})
    superseded.invalidate(run.con, consumed_sequences(inputs, known))
    # a fact in the lake is a view: its changed parts are built again, and no load is appended
    recorded_since = superseded.recorded_since(run.con) if run.settings.lake is None else {}
    build_plan = inputs.plan(known, relations, recorded_since)
    # dbt appends to every incremental table that exists
    rebuilt = {relation(nodes[i]) for i in build_plan.rebuild if nodes[i]["config"]["materialized"] == "incremental"}
    _drop(run, relations, rebuilt & relations.keys())
    write_incremental_loads(run.con, {nodes[i]["name"]: loads for i, loads in build_plan.append.items()})
    run.incremental_loads = {nodes[i]["name"]: tuple(load for load, _ in loads) for i, loads in build_plan.new_loads.items()}
    invalidate(run.con, build_plan.build)
    run.tests = dbt_runner.tests_by_model(run.settings.home, {*build_plan.tests, *_tests_of_public_tables(inputs.manifest)})
    selected = {*build_plan.build, *build_plan.tests}
    run.blank_states = {node: state for node, state in run.blank_states.items() if node not in build_plan.build}
    results = _build(run, inputs, build_plan, selected, on_node) if selected else []
    save_state(run, inputs, results)
    return _parents_first(inputs, [*results, *_kept(inputs, build_plan.build)])


def _build(run: RunContext, inputs: Fingerprints, plan: BuildPlan, nodes: Collection[str], on_node: OnNode) -> list[NodeResult]:
    if run.settings.engine is None:
        return dbt_runner.build_nodes(run.settings.home, nodes, on_node)
    from orchestration.transform import rowwise  # noqa: PLC0415 - engines are imported only where one is set

    return rowwise.build(run, inputs, plan, nodes, on_node)


def consumed_sequences(inputs: Fingerprints, known: Mapping[str, NodeFingerprint]) -> dict[str, int]:
    """Source → the newest load that all its incremental facts contain, if there is one; its newest load if it has no such fact.

    Deletions recorded up to that load are not needed any more.
    """
    sequences = {source: [max(sequence for _, sequence in loads)] for source, loads in inputs.loads.items() if loads}
    for unique_id, node in inputs.nodes.items():
        source = incremental_source(node)
        if source in sequences:
            before = known.get(unique_id)
            sequences[source].append(max((sequence for _, sequence in before.loads), default=0) if before else 0)
    return {source: min(found) for source, found in sequences.items() if min(found) > 0}


def save_state(run: RunContext, inputs: Fingerprints, results: Iterable[NodeResult]) -> None:
    """Record the fingerprints of the existing tables.

    Nodes of which a test failed, or that dbt skipped, get none, so the next run builds and tests them again.
    """
    bad = _failed(results)
    now = {i: inputs.fingerprint(i) for i in inputs.nodes if i not in bad}
    run.fingerprints = {i: found for i, found in now.items() if inputs.nodes[i]["database"] == RELEASE_DATABASE}
    write_state(run.con, {i: found for i, found in now.items() if i not in run.fingerprints})


def _failed(results: Iterable[NodeResult]) -> set[str]:
    failed = [result for result in results if not result.succeeded]
    return {node for result in failed for node in (result.tested if result.kind == "test" else [result.unique_id])}


def confirm_release(run: RunContext, release_id: str) -> None:
    """Record that a build gave the content of the current release, so that the next run does not make its tables again.

    Only if the release has the same loads: equal rows of a later load have another `_load_id`, by which deletions find them.
    """
    if landed_loads(run.con) == read_manifest(run.settings.home, release_id).loads:
        write_state(run.con, run.fingerprints, release_id)


def landed_loads(con: DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The loads of each source in landing, in their order."""
    query = "select source, list(load_id order by sequence) from intake.loads group by source order by source"
    return {source: tuple(loads) for source, loads in con.execute(query).fetchall()}


def _known_fingerprints(run: RunContext, inputs: Fingerprints) -> dict[str, NodeFingerprint]:
    """From the working warehouse, and of the release that the candidate is a copy of: what it was built from, or equals."""
    if run.options.rebuilds:
        return {}
    published = current(run.settings.home)
    if published is None:
        return {**_of_blank_home(run, inputs), **read_state(run.con)}
    manifest = read_manifest(run.settings.home, published.release_id)
    in_lake = {f"{RELEASE_DATABASE}.{name}" for name in manifest.parts}
    released = {
        node: found
        for node, found in {**manifest.made_of.node_fingerprints, **read_state(run.con, published.release_id)}.items()
        # a fact that the settings now keep elsewhere is built again
        if node not in inputs.nodes
        or incremental_source(inputs.nodes[node]) is None
        or (relation(inputs.nodes[node]) in in_lake) == (run.settings.lake is not None)
    }
    run.parts = dict(manifest.parts)
    return {**released, **read_state(run.con)}


def mark_blank(run: RunContext, results: Iterable[NodeResult]) -> None:
    """Record the fingerprints of tables without data, and when they have no row elsewhere, for copies of this home.

    A node whose test failed gets none, so that each copy builds it.
    """
    inputs = Fingerprints.of_run(run).of_no_home()
    good = inputs.nodes.keys() - _failed(results)
    found = {node: inputs.fingerprint(node) for node in good}
    write_state(run.con, found, BLANK)
    run.fingerprints = {node: found[node] for node in run.fingerprints.keys() & found.keys()}
    functions, conditions = aggregate_functions(run.con), {}
    for node in good:
        file = run.settings.home.dbt / COMPILED / inputs.nodes[node]["original_file_path"]
        if inputs.nodes[node]["resource_type"] == "seed":
            if not run.con.execute(f"select count(*) from {inputs.nodes[node]['relation_name']}").fetchall()[0][0]:
                conditions[node] = ALWAYS
        elif file.is_file():
            conditions[node] = empty_if(file.read_text(encoding="utf-8"), functions)
    run.settings.home.blank.mkdir()
    run.settings.home.blank_conditions.write_text(json.dumps(conditions), encoding="utf-8")


def _of_blank_home(run: RunContext, inputs: Fingerprints) -> dict[str, NodeFingerprint]:
    """What is proven of the tables of the blank home that this home began as a copy of; nothing if it did not."""
    file = run.settings.home.blank_conditions
    blank = read_state(run.con, BLANK) if file.is_file() else {}
    run.blank_states = {node: found.state for node, found in blank.items()}
    return inputs.proven(blank, json.loads(file.read_bytes())) if blank else {}


def _relations(con: DuckDBPyConnection) -> dict[str, str]:
    """The existing tables and views, as `database.schema.name`, and which of both each is."""
    found = con.execute(
        "select database_name || '.' || schema_name || '.' || table_name, 'table' from duckdb_tables() where not internal "
        "union all "
        "select database_name || '.' || schema_name || '.' || view_name, 'view' from duckdb_views() where not internal"
    ).fetchall()
    return dict(found)


def _drop(run: RunContext, relations: Mapping[str, str], names: Iterable[str]) -> None:
    """Drop tables, and views over parts."""
    for name in names:
        run.parts.pop(name.removeprefix(f"{RELEASE_DATABASE}."), None)
        run.con.execute(f"drop {relations[name]} {'.'.join(map(quoted, name.split('.', 2)))}")


def _tests_of_public_tables(manifest: Mapping[str, Any]) -> set[str]:
    """The tests that every build runs, after the suppressor."""
    public = {i for i, node in manifest["nodes"].items() if node["original_file_path"].startswith(PUBLIC_MODELS)}
    return {
        i
        for i, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and public.intersection(node["depends_on"]["nodes"])
    }


def _parents_first(inputs: Fingerprints, results: Sequence[NodeResult]) -> list[NodeResult]:
    """Sort each model after its parents, as Dagster requires; tests come last."""
    position = {node: at for at, node in enumerate(inputs.parents_first)}
    return sorted(results, key=lambda result: position.get(result.unique_id, len(position)))


def _kept(inputs: Fingerprints, built: Collection[str]) -> list[NodeResult]:
    """A result for each table and view that was not built."""
    kept = {i: node for i, node in inputs.nodes.items() if not is_ephemeral(node)}
    return [
        NodeResult(i, node["name"], node["resource_type"], UP_TO_DATE, relation=relation(node), is_view=is_view(node))
        for i, node in kept.items()
        if i not in built
    ]

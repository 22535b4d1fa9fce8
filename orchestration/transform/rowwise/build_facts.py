"""Build the incremental facts that a run rebuilds as tasks of an engine, and everything else by dbt in this process.

A task builds the part of a fact. dbt then creates the fact from its parts, and tests it, like every other table.

Without a lake the parts are temporary, and the fact is a table; a fact that only appends new loads stays in this process, which
reads few rows. With a lake the fact is a view over its parts, which stay: tasks build only the parts whose rows have changed.
See `transform.rowwise.part_tasks` for the tasks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ingest.landing import Partition, partition_rows, typed_row_by_row
from orchestration.runs.context import RunContext
from orchestration.runs.results import NodeResult, OnNode
from orchestration.transform import dbt_runner
from orchestration.transform.fingerprints import BuildPlan, Fingerprints, incremental_source, view_columns
from orchestration.transform.graph import ancestors
from orchestration.transform.rowwise.fact_plan import rowwise_models
from orchestration.transform.rowwise.part_tasks import FactToBuild, build_missing_parts
from warehouse.connection import read_objects
from warehouse.fingerprint import text_sha256
from warehouse.releases import Lake, PartRecord, sealed_parts
from warehouse.sql import literal, quoted
from warehouse.temporary import temporary_folder


def build(run: RunContext, inputs: Fingerprints, plan: BuildPlan, nodes: Collection[str], on_node: OnNode) -> list[NodeResult]:
    """Build the nodes of a build plan; the same rows as `dbt_runner.build_nodes`."""
    home, lake = run.settings.home, Lake(run.settings.lake) if run.settings.lake else None
    with temporary_folder(home, "parts-") as folder:
        kept = sealed_parts(home) if lake is not None else {}
        facts = [fact for node in plan.rebuild if (fact := _to_build(run, inputs, node, lake, folder, kept))]
        built_by_tasks = {fact.models.fact for fact in facts}
        needed = (ancestors(inputs.nodes, built_by_tasks) - built_by_tasks) & set(nodes)
        results = dbt_runner.build_nodes(home, needed, on_node) if needed else []
        built = build_missing_parts(run, inputs.manifest, facts, folder)
        if lake is not None:
            read_objects(run.con, {file for fact in facts for file in fact.parts.values()})  # dbt shares this instance
            known = {**kept, **built}
            run.parts |= {fact.relation: tuple(known[file] for file in dict.fromkeys(fact.parts.values())) for fact in facts}
        selects = {fact.models.fact: select_parts(inputs.nodes[fact.models.fact], fact.parts.values()) for fact in facts}
        with dbt_runner.replaced_sql(home, selects, as_views=lake is not None):
            return results + dbt_runner.build_nodes(home, set(nodes) - needed, on_node)


def _to_build(
    run: RunContext, inputs: Fingerprints, node: str, lake: Lake | None, folder: Path, kept: Mapping[str, PartRecord]
) -> FactToBuild | None:
    """A fact that tasks can build, with the file of each part; None for every other node, and for a fact without rows."""
    source = incremental_source(inputs.nodes[node])
    if source is None or not typed_row_by_row(run.location.registry[source]):
        return None
    partitions = partition_rows(run.con, run.location.registry[source], run.settings.part_rows)
    if not partitions.all:
        return None
    name = inputs.nodes[node]["name"]
    parts = {
        partition.number: lake.part(name, part_fingerprint(inputs, node, partition))
        if lake is not None
        else str(folder / name / f"part-{partition.number}.parquet")
        for partition in partitions.all
    }
    return FactToBuild(rowwise_models(inputs.manifest, node), partitions, parts, f"{inputs.nodes[node]['schema']}.{name}", kept)


def part_fingerprint(inputs: Fingerprints, node: str, partition: Partition) -> str:
    """A hash of everything that decides the rows of a part: its landed rows, and what a fact that appends loads depends on."""
    return text_sha256("\x00".join([inputs.hash_of(node, "base"), partition.fingerprint]))[:32]


def select_parts(node: Mapping[str, Any], parts: Iterable[str]) -> str:
    """The code of a model that selects the rows of all parts of a fact, and computes the columns that they do not contain."""
    computed = "".join(f", {{{{ {macro} }}}} as {quoted(column)}" for column, macro in view_columns(node).items())
    files = ", ".join(map(literal, dict.fromkeys(parts)))
    return f"select *{computed} from {{% raw %}}read_parquet([{files}], hive_partitioning = false){{% endraw %}}"

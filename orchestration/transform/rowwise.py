"""Build the incremental facts that a run rebuilds as tasks of an engine, and everything else by dbt in this process.

A task builds the part of a fact, if LEVELGROUND_ENGINE is set. dbt then creates the fact from its parts, and tests it, like every
other table. The plan of a fact (`warehouse.rowwise`) follows from dbt's manifest: its SQL, the models up to its source, and what
they look up.

Without a lake the parts are temporary, and the fact is a table; a fact that only appends new loads stays in this process, which
reads few rows. With a lake the fact is a view over its parts, which stay: tasks build only the parts whose rows have changed.
The run's process writes what tasks read: the landed rows of each source in partitions, and the tables that the models look up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from ingest.landing import Partition, Partitions, partition_rows, typed_row_by_row, write_partitions
from ingest.typing import accepted_rows
from orchestration.engines import run_tasks
from orchestration.runs.context import RunContext
from orchestration.runs.progress import NodeResult, OnNode
from orchestration.transform import dbt_runner
from orchestration.transform.fingerprints import (
    LANDING,
    LOOKED_UP,
    BuildPlan,
    Fingerprints,
    incremental_source,
    is_row_by_row,
    meta,
    view_columns,
)
from orchestration.transform.graph import ancestors, parents, reached
from warehouse.connection import read_objects
from warehouse.fingerprint import text_sha256
from warehouse.processes.worker import Task
from warehouse.record_keys import copy_secret
from warehouse.releases import Lake, PartRecord, sealed_parts
from warehouse.rowwise import PartTask, RowwisePlan, save_plan
from warehouse.sql import literal, quoted
from warehouse.temporary import temporary_folder


@dataclass(frozen=True)
class RowwiseModels:
    """The models of a fact, by dbt's ids. `models`: row by row from the source to the fact, parents first, the fact last.

    `looked_up`: what they read besides their source, by id; a worker reads all rows of each.
    """

    fact: str
    source: str
    models: tuple[str, ...]
    looked_up: tuple[str, ...]


@dataclass(frozen=True)
class FactToBuild:
    """A fact, the partitions of its source, and the file of the part of each.

    `relation`: its `schema.name`.
    `kept`: the parts that exist as a release has sealed them, by their file.
    """

    models: RowwiseModels
    partitions: Partitions
    parts: Mapping[int, str]
    relation: str
    kept: Mapping[str, PartRecord]

    @property
    def missing(self) -> list[int]:
        """The partitions whose part is built. A part of a failed run is built again: nothing has recorded its hash."""
        return [number for number, file in self.parts.items() if file not in self.kept]


def build(run: RunContext, inputs: Fingerprints, plan: BuildPlan, nodes: Collection[str], on_node: OnNode) -> list[NodeResult]:
    """Build the nodes of a build plan; the same rows as `dbt_runner.build_nodes`."""
    home, lake = run.settings.home, Lake(run.settings.lake) if run.settings.lake else None
    with temporary_folder(home, "parts-") as folder:
        kept = sealed_parts(home, reread=run.options.full_refresh) if lake is not None else {}
        facts = [fact for node in plan.rebuild if (fact := _to_build(run, inputs, node, lake, folder, kept))]
        built_by_tasks = {fact.models.fact for fact in facts}
        needed = (ancestors(inputs.nodes, built_by_tasks) - built_by_tasks) & set(nodes)
        results = dbt_runner.build_nodes(home, needed, on_node) if needed else []
        built = _build_missing_parts(run, inputs.manifest, facts, folder)
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


def _build_missing_parts(
    run: RunContext, manifest: Mapping[str, Any], facts: Collection[FactToBuild], folder: Path
) -> dict[str, PartRecord]:
    """Build the missing parts; the record of each by its file. `folder` is for what tasks read.

    `EngineFailed` if one part could not be built; parts that other tasks have built stay.
    """
    facts = [fact for fact in facts if fact.missing]
    if not facts:
        return {}
    sql = dbt_runner.compile_models(run.settings.home, {model for fact in facts for model in fact.models.models})
    looked_up = sorted({node for fact in facts for node in fact.models.looked_up})
    files = _write_looked_up(run, manifest, looked_up, folder / "looked-up")
    tasks: list[tuple[int, Task]] = []
    for fact in facts:
        contract = run.location.registry[fact.models.source]
        plan = rowwise_plan(manifest, fact.models, contract, run.location.city.time_zone, sql, files)
        tasks += _tasks(run, plan, fact, folder / f"{plan.fact}-rows")
    # the largest first, so that no worker is idle while the last one builds a large part
    ordered = [task for _, task in sorted(tasks, key=lambda sized: -sized[0])]
    parts = [PartRecord(**result.result) for result in run_tasks(run, ordered, folder / "spill")]
    return {part.file: part for part in parts}


def _write_looked_up(run: RunContext, manifest: Mapping[str, Any], looked_up: Collection[str], folder: Path) -> dict[str, str]:
    """Write all rows of each relation that the models look up; the file of each, by dbt's id."""
    folder.mkdir(mode=0o700)
    files = {}
    for number, unique_id in enumerate(looked_up):
        path = folder / f"{number}.parquet"
        run.con.execute(f"copy (from {relation_name(manifest, unique_id)}) to {literal(str(path))} (format parquet)")
        files[unique_id] = str(path)
    return files


def _tasks(run: RunContext, plan: RowwisePlan, fact: FactToBuild, folder: Path) -> list[tuple[int, Task]]:
    """A task per missing part of a fact, with the rows that it reads."""
    folder.mkdir(mode=0o700)
    path = folder / "plan.json"
    save_plan(plan, path)
    secret = folder / "record-keys.secret"  # removed with the folder
    copy_secret(run.settings.home.record_key_secret, secret)
    rows = write_partitions(run.con, fact.partitions, fact.missing, folder / "rows")
    sizes = {partition.number: partition.rows for partition in fact.partitions.all}
    return [
        (sizes[number], PartTask(str(path), str(secret), tuple(map(str, rows[number])), fact.parts[number]).as_task(plan.fact))
        for number in fact.missing
    ]


def rowwise_models(manifest: Mapping[str, Any], fact: str) -> RowwiseModels:
    """The models that tasks build for an incremental fact (`meta: incremental_source`)."""
    nodes = manifest["nodes"]
    source = incremental_source(nodes[fact])
    if source is None:
        raise ValueError(f"{fact} is no incremental fact")
    landing = LANDING + source
    row_by_row = _row_by_row(nodes, fact)
    # only the models between the source and the fact: others are looked up
    between = {fact, *(model for model in row_by_row if landing in _read(nodes, _row_by_row(nodes, model)))}
    graph = {model: sorted(between.intersection(parents(nodes, model))) for model in sorted(between)}
    looked_up = _read(nodes, between) - between - {landing}
    return RowwiseModels(fact, source, tuple(TopologicalSorter(graph).static_order()), tuple(sorted(looked_up)))


def rowwise_plan(
    manifest: Mapping[str, Any],
    models: RowwiseModels,
    contract: Contract,
    city_zone: str,
    sql: Mapping[str, str],
    files: Mapping[str, str],
) -> RowwisePlan:
    """The plan of a fact. `sql`: the compiled SQL of its models, by id. `files`: the file of each relation that is looked up."""
    nodes = manifest["nodes"]
    typed = manifest["sources"][LANDING + contract.source]["relation_name"]
    database = typed.partition(".")[0]
    landed = f'{database}."landing"."{contract.source}"'
    views = [(typed, accepted_rows(contract, landed, city_zone, "not _refused"))]
    views += [(nodes[model]["relation_name"], sql[model]) for model in models.models[:-1]]
    computed, select = view_columns(nodes[models.fact]), sql[models.fact]
    return RowwisePlan(
        fact=nodes[models.fact]["name"],
        landed=landed,
        views=tuple(views),
        select=f"select * exclude ({', '.join(map(quoted, computed))}) from ({select})" if computed else select,
        broadcast={relation_name(manifest, unique_id): files[unique_id] for unique_id in models.looked_up},
    )


def relation_name(manifest: Mapping[str, Any], unique_id: str) -> str:
    """The relation of a model, seed or source."""
    return str((manifest["nodes"].get(unique_id) or manifest["sources"][unique_id])["relation_name"])


def _row_by_row(nodes: Mapping[str, Any], model: str) -> set[str]:
    """The model, and the models above it that work row by row, without those that are looked up."""

    def above(each: str) -> Iterator[str]:
        for parent in parents(nodes, each):
            node = nodes.get(parent, {})
            if is_row_by_row(node) and LOOKED_UP not in meta(node):
                yield parent

    return {model} | reached([model], above)


def _read(nodes: Mapping[str, Any], models: Collection[str]) -> set[str]:
    return {parent for model in models for parent in parents(nodes, model)}

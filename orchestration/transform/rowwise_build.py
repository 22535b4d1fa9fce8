"""Build the incremental facts that a run rebuilds as tasks of an engine, and everything else by dbt in this process.

The driver, which is this process, writes the landed rows of each source in partitions, and the tables that the models look up.
A task builds the part of a fact. dbt then creates the fact from its parts, and tests it, like every other table.
Facts that only append new loads stay in this process: they read a small part of the rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ingest.landing import Partitions, partition_rows, typed_row_by_row, write_partitions
from orchestration.engines import Engine, LocalEngine, share_of_memory
from orchestration.runs.context import RunContext
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import EngineUse
from orchestration.runs.results import NodeResult
from orchestration.transform import dbt_runner
from orchestration.transform.build_plan import BuildPlan, FingerprintInputs, incremental_source
from orchestration.transform.rowwise_plan import RowwiseModels, relation_name, rowwise_models, rowwise_plan
from warehouse.rowwise import PartResult, Task, save_plan
from warehouse.sql import literal
from warehouse.temporary import temporary_folder


def build(
    run: RunContext, inputs: FingerprintInputs, plan: BuildPlan, nodes: Collection[str], on_node: Callable[[str], None]
) -> list[NodeResult]:
    """Build the nodes of a build plan; the same tables as `dbt_runner.build_nodes`."""
    home = run.settings.home
    facts = [models for fact in plan.rebuild if (models := _distributable(run, inputs, fact))]
    if not facts:
        return dbt_runner.build_nodes(home, nodes, on_node)
    needed = _ancestors(inputs.nodes, {models.fact for models in facts}) & set(nodes)
    results = dbt_runner.build_nodes(home, needed, on_node) if needed else []
    with temporary_folder(home, "parts-") as folder:
        parts = build_parts(run, inputs.manifest, facts, folder)
        with dbt_runner.replaced_sql(home, {fact: _select(found) for fact, found in parts.items()}):
            return results + dbt_runner.build_nodes(home, set(nodes) - needed, on_node)


def build_parts(
    run: RunContext, manifest: Mapping[str, Any], facts: Collection[RowwiseModels], folder: Path
) -> dict[str, list[PartResult]]:
    """The parts of each fact that has rows, by dbt's id, as files below `folder`."""
    sql = dbt_runner.compile_models(run.settings.home, {model for models in facts for model in models.models})
    files = _write_looked_up(run, manifest, sorted({node for models in facts for node in models.looked_up}), folder / "broadcast")
    tasks: dict[str, list[Task]] = {}
    for models in facts:
        contract = run.location.registry[models.source]
        partitions = partition_rows(run.con, contract, run.settings.part_rows)
        if partitions.all:
            plan = rowwise_plan(manifest, models, contract, run.location.city.time_zone, sql, files)
            tasks[models.fact] = _tasks(run, plan, partitions, folder / plan.fact)
    reporter, every = current_reporter(), [task for found in tasks.values() for task in found]
    done: list[PartResult] = []

    def on_part(part: PartResult) -> None:
        done.append(part)
        reporter.item(f"a part of {part.fact}", len(done), len(every))

    results = {part.output: part for part in _engine(run, len(every), folder / "spill").run(every, on_part)}
    attempts = sum(part.attempts for part in done)
    run.record.engine = EngineUse(name=str(run.settings.engine), tasks=len(every), attempts=attempts)
    return {fact: [results[task.output] for task in found] for fact, found in tasks.items()}


def _distributable(run: RunContext, inputs: FingerprintInputs, node: str) -> RowwiseModels | None:
    """The models of a fact that tasks can build; None for every other node."""
    source = incremental_source(inputs.nodes[node])
    if source is None or not typed_row_by_row(run.location.registry[source]):
        return None
    return rowwise_models(inputs.manifest, node)


def _ancestors(nodes: Mapping[str, Any], facts: Collection[str]) -> set[str]:
    """Everything above the facts, without them."""
    found: set[str] = set()
    waiting = list(facts)
    while waiting:
        new = {parent for parent in nodes[waiting.pop()]["depends_on"].get("nodes", ()) if parent in nodes} - found
        found |= new
        waiting += new
    return found - set(facts)


def _write_looked_up(run: RunContext, manifest: Mapping[str, Any], looked_up: Collection[str], folder: Path) -> dict[str, str]:
    """Write all rows of each relation that the models look up; the file of each, by dbt's id."""
    folder.mkdir(mode=0o700)
    files = {}
    for number, unique_id in enumerate(looked_up):
        path = folder / f"{number}.parquet"
        run.con.execute(f"copy (from {relation_name(manifest, unique_id)}) to {literal(str(path))} (format parquet)")
        files[unique_id] = str(path)
    return files


def _tasks(run: RunContext, plan: Any, partitions: Partitions, folder: Path) -> list[Task]:
    folder.mkdir(mode=0o700)
    save_plan(plan, folder / "plan.json")
    rows = write_partitions(run.con, partitions, [partition.number for partition in partitions.all], folder / "rows")
    return [
        Task(
            plan=str(folder / "plan.json"),
            plan_hash=plan.hash,
            fact=plan.fact,
            inputs=tuple(map(str, rows[partition.number])),
            output=str(folder / f"part-{partition.number}.parquet"),
        )
        for partition in partitions.all
    ]


def _engine(run: RunContext, tasks: int, spill: Path) -> Engine:
    settings = run.settings
    workers = max(min(settings.threads or os.cpu_count() or 1, tasks), 1)
    limit = run.con.execute("select current_setting('memory_limit')").fetchone()
    assert limit is not None
    # this process keeps its share, because dbt continues in it
    return LocalEngine(
        workers=workers,
        attempts=settings.task_attempts,
        memory_limit=share_of_memory(limit[0], workers + 1),
        spill=spill,
    )


def _select(parts: Collection[PartResult]) -> str:
    """SELECT of the rows of all parts of a fact."""
    files = ", ".join(literal(part.output) for part in parts)
    return f"select * from read_parquet([{files}], hive_partitioning = false)"

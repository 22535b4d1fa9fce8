"""Make the tasks of facts, run them on the engine of the settings, and collect the parts.

The run's process writes what tasks read: the landed rows of each source in partitions, and the tables that the models look up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.landing import Partitions, write_partitions
from orchestration.engines import run_tasks
from orchestration.runs.context import RunContext
from orchestration.transform import dbt_runner
from orchestration.transform.rowwise.fact_plan import RowwiseModels, relation_name, rowwise_plan
from warehouse.processes.worker import Task
from warehouse.record_keys import copy_secret
from warehouse.releases import PartRecord
from warehouse.rowwise import PartTask, RowwisePlan, save_plan
from warehouse.sql import literal


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


def build_missing_parts(
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

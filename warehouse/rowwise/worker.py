"""Build one part of a fact, as a task of an engine.

The worker runs the SQL of the plan unchanged: it attaches databases in memory under the names of the warehouse and the release,
and creates the relations that the SQL names as views over files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from warehouse import part_files
from warehouse.connection import in_memory
from warehouse.fingerprint import file_sha256
from warehouse.rowwise.plan import PartResult, PartTask, RowwisePlan, read_plan
from warehouse.sql import literal
from warehouse.worker import Resources


def run(arguments: Mapping[str, Any], resources: Resources) -> Mapping[str, Any]:
    """Build a part as a task: `arguments` of a `PartTask`, the result of a `PartResult`."""
    return asdict(build_part(PartTask(**arguments), resources))


def build_part(task: PartTask, resources: Resources) -> PartResult:
    """Build the part of a task. The file has its name only when it is complete; an existing one is replaced."""
    plan = read_plan(task)
    # DuckDB's names of spilled files are the same in every process
    own_spill = Path(resources.spill) / str(os.getpid()) if resources.spill else None
    settings = {"threads": resources.threads, "memory_limit": resources.memory_limit, "temp_directory": own_spill}
    with part_files.written(task.output, Path(resources.spill) if resources.spill else None) as unfinished:
        with in_memory() as con:
            for name, value in settings.items():
                if value is not None:
                    con.execute(f"set {name} = {literal(str(value))}")
            _create_relations(con, plan, task)
            row = con.execute(f"copy ({plan.select}) to {literal(str(unfinished))} (format parquet, compression zstd)").fetchone()
        return PartResult(plan.fact, task.output, int(row[0]) if row else 0, file_sha256(unfinished), unfinished.stat().st_size)


def _create_relations(con: duckdb.DuckDBPyConnection, plan: RowwisePlan, task: PartTask) -> None:
    """Create every relation that the plan's SQL reads, under the names that it has in the warehouse."""
    read = {plan.landed: _rows_of(*task.inputs)} | {relation: _rows_of(file) for relation, file in plan.broadcast.items()}
    selects = [*read.items(), *plan.views]
    schemas = dict.fromkeys(relation.rpartition(".")[0] for relation, _ in selects)
    for database in dict.fromkeys(schema.partition(".")[0] for schema in schemas):
        con.execute(f"attach ':memory:' as {database}")
    for schema in schemas:
        con.execute(f"create schema if not exists {schema}")
    for relation, select in selects:
        con.execute(f"create view {relation} as {select}")


def _rows_of(*files: str) -> str:
    return f"select * from read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false)"

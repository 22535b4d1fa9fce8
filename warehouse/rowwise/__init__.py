"""Build one part of a row-by-row fact, as a task of an engine.

The worker runs the SQL of a plan unchanged: it attaches databases in memory under the names of the warehouse and the release,
and creates the relations that the SQL names as views over files. It knows DuckDB, a plan and files, and reads neither contracts
nor settings nor the warehouse of a home. See `orchestration.transform.rowwise` for the plan.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connection import in_memory
from warehouse.files import write_atomically
from warehouse.fingerprint import file_sha256
from warehouse.lake_files import part_files
from warehouse.processes.worker import Resources, Task, WorkerRefused
from warehouse.record_keys import attach_keys, read_secret
from warehouse.sql import literal, one_value


@dataclass(frozen=True)
class RowwisePlan:
    """The SQL that makes a part of a fact from landed rows; the same that dbt runs in the warehouse.

    `landed`: the landing table, for which a worker reads the rows of its task. `views`: (relation, SELECT) of the typed rows and
    of the models between source and fact, each after those that it reads. `select`: the SELECT of the fact.
    `broadcast`: relation → the Parquet file with its rows, which every task reads whole.
    """

    fact: str
    landed: str
    views: Sequence[tuple[str, str]]
    select: str
    broadcast: Mapping[str, str]


@dataclass(frozen=True)
class PartTask:
    """The rows of one partition: build `output` from the Parquet files `inputs`, by the plan in the file `plan`.

    `secret`: the file with the secret of the home's keys.
    """

    plan: str
    secret: str
    inputs: Sequence[str]
    output: str

    def as_task(self, fact: str) -> Task:
        """The task of an engine."""
        return Task.calling(build_part, asdict(self), f"a part of {fact}")


def save_plan(plan: RowwisePlan, path: Path) -> None:
    """Write the plan to a file that the workers of its tasks read."""
    write_atomically(path, json.dumps(asdict(plan), indent=1))


def build_part(arguments: Mapping[str, Any], resources: Resources) -> Mapping[str, Any]:
    """Build the part of a `PartTask`. The file has its name only when it is complete; an existing one is replaced.

    The answer has the `file`, its `rows`, `sha256` and `size`.
    """
    task = PartTask(**arguments)
    plan, secret = _read(task)
    # DuckDB's names of spilled files are the same in every process
    own_spill = Path(resources.spill) / str(os.getpid()) if resources.spill else None
    settings = {"threads": resources.threads, "memory_limit": resources.memory_limit, "temp_directory": own_spill}
    with part_files.written(task.output, Path(resources.spill) if resources.spill else None) as unfinished:
        with in_memory() as con:
            for name, value in settings.items():
                if value is not None:
                    con.execute(f"set {name} = {literal(str(value))}")
            attach_keys(con, secret)
            _create_relations(con, plan, task)
            rows = one_value(con, f"copy ({plan.select}) to {literal(str(unfinished))} (format parquet, compression zstd)")
        size, sha256 = unfinished.stat().st_size, file_sha256(unfinished)
        return {"file": task.output, "rows": rows, "sha256": sha256, "size": size}


def _read(task: PartTask) -> tuple[RowwisePlan, bytes]:
    """The plan and the secret of a task. WorkerRefused if this machine does not see them."""
    try:
        Path(task.secret).stat()  # a worker makes no secret of its own
        return RowwisePlan(**json.loads(Path(task.plan).read_text(encoding="utf-8"))), read_secret(Path(task.secret))
    except (FileNotFoundError, PermissionError) as error:
        raise WorkerRefused(
            f"{platform.node()} cannot read {error.filename} ({error.strerror}); mount the home's tmp/ and the lake at the same "
            "path on every node, readable for the account of its workers"
        ) from None


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

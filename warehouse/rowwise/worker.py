"""Build one part of a fact. As a program, read a task from the input and write its result to the output, as lines of JSON.

The worker runs the SQL of the plan unchanged: it attaches databases in memory under the names of the warehouse and the release,
and creates the relations that the SQL names as views over files.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connection import in_memory
from warehouse.fingerprint import file_sha256
from warehouse.rowwise.plan import PartResult, RowwisePlan, Task, WorkerRefused, read_plan
from warehouse.sql import literal, without_values

EXIT_FAILED = 1


def build_part(
    task: Task, *, threads: int | None = None, memory_limit: str | None = None, spill: Path | None = None
) -> PartResult:
    """Build the part of a task. The file has its name only when it is complete; an existing one is replaced."""
    plan, output = read_plan(task), Path(task.output)
    output.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = output.with_name(f".{output.name}.{os.getpid()}")
    # DuckDB's names of spilled files are the same in every process
    own_spill = spill / str(os.getpid()) if spill else None
    settings = {"threads": threads, "memory_limit": memory_limit, "temp_directory": own_spill}
    try:
        with in_memory() as con:
            for name, value in settings.items():
                if value is not None:
                    con.execute(f"set {name} = {literal(str(value))}")
            _create_relations(con, plan, task)
            row = con.execute(f"copy ({plan.select}) to {literal(str(unfinished))} (format parquet, compression zstd)").fetchone()
        unfinished.chmod(0o440)
        result = PartResult(plan.fact, task.output, int(row[0]) if row else 0, file_sha256(unfinished), unfinished.stat().st_size)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    return result


def _create_relations(con: duckdb.DuckDBPyConnection, plan: RowwisePlan, task: Task) -> None:
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


def main() -> None:
    """Answer the request of the first line of the input; end at once if the process that started this one ends."""
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    task = Task(**request.pop("task"))
    spill = request.pop("spill", None)
    try:
        result = build_part(task, spill=Path(spill) if spill else None, **request)
    except (duckdb.Error, OSError, WorkerRefused) as error:
        # a message of DuckDB can quote a cell
        message = str(error) if isinstance(error, WorkerRefused) else without_values(error)
        print(json.dumps({"error": f"{type(error).__name__}: {message}"}), flush=True)  # noqa: T201 - the protocol
        sys.exit(EXIT_FAILED)
    print(json.dumps(asdict(result)), flush=True)  # noqa: T201 - the protocol


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(EXIT_FAILED)


if __name__ == "__main__":
    main()

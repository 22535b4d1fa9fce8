"""Define the plan of a row-by-row fact, which workers read as a JSON file, and the tasks and results of workers."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from warehouse.files import write_atomically
from warehouse.fingerprint import text_sha256
from warehouse.worker import WorkerRefused


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
    duckdb: str = duckdb.__version__

    @property
    def hash(self) -> str:
        """The SHA-256 of the plan, in hex."""
        return text_sha256(_as_json(self))


@dataclass(frozen=True)
class PartTask:
    """The rows of one partition: build `output` from the Parquet files `inputs`, by the plan in the file `plan`."""

    plan: str
    plan_hash: str
    fact: str
    inputs: Sequence[str]
    output: str


@dataclass(frozen=True)
class PartResult:
    """A part of a fact: its file, its rows, the SHA-256 and the size of the file."""

    fact: str
    output: str
    rows: int
    sha256: str
    size: int


def save_plan(plan: RowwisePlan, path: Path) -> None:
    """Write the plan to a file."""
    write_atomically(path, _as_json(plan))


def read_plan(task: PartTask) -> RowwisePlan:
    """The plan of a task. WorkerRefused if it is another plan, or needs another version of DuckDB."""
    try:
        text = Path(task.plan).read_text(encoding="utf-8")
    except (FileNotFoundError, PermissionError) as error:
        raise WorkerRefused(
            f"{platform.node()} cannot read {task.plan} ({error.strerror}); mount the home's tmp/ and the lake at the same path "
            "on every node, readable for the account of its workers"
        ) from None
    plan = RowwisePlan(**json.loads(text))
    if plan.hash != task.plan_hash:
        raise WorkerRefused(f"the plan {task.plan} is not the one of the task; run again")
    if plan.duckdb != duckdb.__version__:
        raise WorkerRefused(
            f"the run uses DuckDB {plan.duckdb}, and this worker {duckdb.__version__}; install the same requirements.lock on both"
        )
    return plan


def _as_json(plan: RowwisePlan) -> str:
    return json.dumps(asdict(plan), sort_keys=True, indent=1)

"""Run a task: a call of a function in another process. As a program, read a task from the input and write the answer as JSON.

An engine (`orchestration.engines`) decides where a task runs. What it calls is a function of this code that takes what JSON can
hold, so that every engine can send it.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb

from warehouse.fingerprint import chunks_sha256
from warehouse.lake_files.object_store import StoreUnusable
from warehouse.processes.preloaded import preload
from warehouse.sql import without_values

EXIT_FAILED = 1
PACKAGES = ("warehouse", "ingest", "orchestration")
# code that tasks run: our packages, and the models and macros of the dbt project
CODE = ("warehouse/**/*.py", "ingest/**/*.py", "expectations/**/*.py", "orchestration/**/*.py", "dbt_project/m*/**/*.sql")

SAME_INSTALLATION = "install the same wheel with the same requirements.lock on every node"


class WorkerRefused(RuntimeError):
    """A worker did not begin a task, because of what it would need; its message contains no cell of the data."""


@dataclass(frozen=True)
class Resources:
    """What a task may use: threads and memory of DuckDB, as DuckDB writes it, and the folder into which it spills."""

    threads: int | None = None
    memory_limit: str | None = None
    spill: str | None = None


@dataclass(frozen=True)
class Installation:
    """What must be equal where a run starts tasks and where they run. `code`: a hash of Levelground's Python and SQL files."""

    python: str
    duckdb: str
    code: str

    def differences(self, other: Installation) -> str:
        """How another installation differs, as people read it; empty if it does not."""
        labels = {"python": "Python", "duckdb": "DuckDB", "code": "the code of Levelground"}
        pairs = ((label, getattr(self, name), getattr(other, name)) for name, label in labels.items())
        return ", ".join(f"{label} {theirs} instead of {ours}" for label, ours, theirs in pairs if ours != theirs)


@cache
def installation() -> Installation:
    """The installation of this process. Patch versions of Python may differ."""
    root = Path(__file__).resolve().parents[2]
    files = sorted(path for pattern in CODE for path in root.glob(pattern))
    code = chunks_sha256(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0" for path in files)
    return Installation(".".join(platform.python_version_tuple()[:2]), duckdb.__version__, code[:12])


WorkerFunction = Callable[[Mapping[str, Any], Resources], Mapping[str, Any]]


@dataclass(frozen=True)
class Task:
    """A call of a `WorkerFunction`. `function`: `package.module:name`. `label`: what it makes, as people read it.

    `preloaded`: modules that a process of this machine imports once for all tasks which name them.
    """

    function: str
    arguments: Mapping[str, Any]
    label: str
    preloaded: Sequence[str] = ()

    @classmethod
    def calling(cls, function: WorkerFunction, arguments: Mapping[str, Any], label: str, preloaded: Sequence[str] = ()) -> Task:
        """A task that calls a function of a module."""
        return cls(f"{function.__module__}:{function.__qualname__}", arguments, label, preloaded)


def call(task: Task, resources: Resources, expected: Installation | None = None) -> dict[str, Any]:
    """The answer of a task in this process: `result`, or `error` with the reason, without cells of the data.

    A result has the `seconds` that the task took, and the `cpu_seconds` of this process and of its children.
    `expected`: the installation of the run, which workers of other machines compare with their own.
    """
    if expected is not None and (different := expected.differences(installation())):
        return {"error": f"WorkerRefused: {platform.node()} has {different}; {SAME_INSTALLATION}"}
    module, _, name = task.function.partition(":")
    if module.partition(".")[0] not in PACKAGES:
        return {"error": f"{task.function} is no function of this code"}
    function: WorkerFunction = getattr(importlib.import_module(module), name)
    began, cpu = time.monotonic(), _cpu_seconds()
    try:
        result = dict(function(task.arguments, resources))
        return {"result": result, "seconds": time.monotonic() - began, "cpu_seconds": _cpu_seconds() - cpu}
    except (WorkerRefused, StoreUnusable) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    except (duckdb.Error, OSError) as error:
        # a message of DuckDB can quote a cell
        return {"error": f"{type(error).__name__}: {without_values(error)}"}


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


def main() -> None:
    """Answer the request of the first line of the input; end at once if the process that started this one ends.

    With modules as arguments, import them once and answer the request of each line.
    """
    modules = sys.argv[1:]
    if modules:
        preload(modules)
    requests: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    while True:
        request: dict[str, Any] = json.loads(requests.get())
        answer = call(Task(**request["task"]), Resources(**request["resources"]))
        print(json.dumps(answer), flush=True)  # noqa: T201 - the protocol
        if not modules:
            sys.exit(EXIT_FAILED if "error" in answer else 0)


def _read(requests: SimpleQueue[str]) -> None:
    # without the lock that `sys.stdin` has while it reads: a forked process could not close it
    with open(0, "rb", buffering=0, closefd=False) as lines:
        while line := lines.readline():
            requests.put(line.decode())
    os._exit(EXIT_FAILED)


if __name__ == "__main__":
    main()

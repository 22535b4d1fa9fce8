"""Define what an engine does, and how it talks to the processes that it starts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestration.runs.errors import StepError
from warehouse.connection import in_memory
from warehouse.processes.worker import Task


@dataclass(frozen=True)
class TaskResult:
    """What a task answered, or why it failed in every attempt. `number`: its place among the tasks.

    `attempts`: one, and one more per failure. `worker`: the machine that answered. `seconds`, `cpu_seconds`: of the last attempt.
    """

    number: int
    task: Task
    attempts: int
    worker: str
    result: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0


class EngineFailed(StepError):
    """A task failed in every attempt; the message contains the last reason, without cells of the data."""

    def __init__(self, task: Task, attempts: int, reason: str) -> None:
        super().__init__(
            f"{task.label} could not be built in {attempts} attempts ({reason}). The last release stays public; "
            "see the log of the engine, and run again"
        )


class EngineUnavailable(StepError):
    """An engine cannot start tasks; `what` is the reason, and `remedy` what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what, self.remedy = what, remedy


@dataclass(frozen=True)
class EngineNode:
    """A machine that runs tasks. `problem`: why it refuses them, such as another version of DuckDB; empty if it does not."""

    name: str
    cpus: int
    problem: str = ""


class Engine(Protocol):
    """An engine runs tasks in other processes, in any order, and repeats a task that fails or whose process is killed."""

    def run(self, tasks: Sequence[Task]) -> Generator[TaskResult]:
        """Each result as it is ready. A failed task stops no other one; closing the generator ends those that still run."""
        ...

    def nodes(self) -> list[EngineNode]:
        """The machines that would run tasks, for `levelground doctor`. EngineUnavailable if there are none."""
        ...


def answers(process: subprocess.Popen[str], request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Send a request to a process that answers in lines of JSON.

    Its input stays open: the process ends when it is closed, so that it does not outlive this one.
    """
    assert process.stdin is not None and process.stdout is not None
    # a process that has ended already reads no input; its exit code is the reason
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
    yield from map(json.loads, process.stdout)


def share_of_memory(limit: str, shares: int) -> str:
    """An equal share of a memory limit as DuckDB displays it, such as `12.5 GiB`."""
    with in_memory() as con:
        ((size,),) = con.execute("select parse_formatted_bytes(?)", [limit]).fetchall()
    return f"{max(size // shares // 1000, 1)}kB"

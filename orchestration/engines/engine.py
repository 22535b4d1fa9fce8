"""Define what an engine does, and the error of a task that failed too often."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from orchestration.runs.errors import StepError
from warehouse.worker import Task


@dataclass(frozen=True)
class TaskResult:
    """What a task answered. `attempts`: one, and one more per failure. `worker`: the machine that answered.

    `seconds` and `cpu_seconds`: of the last attempt.
    """

    task: Task
    result: Mapping[str, Any]
    attempts: int
    worker: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0


OnResult = Callable[[TaskResult], None]


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

    def run(self, tasks: Sequence[Task], on_result: OnResult) -> list[TaskResult]:
        """The results in the order of the tasks; `on_result` is called as each is ready. EngineFailed ends the other tasks."""
        ...

    def nodes(self) -> list[EngineNode]:
        """The machines that would run tasks, for `levelground doctor`. EngineUnavailable if there are none."""
        ...


def share_of_memory(limit: str, shares: int) -> str:
    """An equal share of a memory limit as DuckDB displays it, such as `12.5 GiB`."""
    found = re.fullmatch(r"([\d.]+) ?([KMGT]?i?B|bytes)", limit.strip())
    if found is None:
        raise ValueError(f"{limit!r} is not a memory limit of DuckDB")
    units = {"bytes": 1, "B": 1} | {
        f"{letter}{i}B": (1024 if i else 1000) ** power for power, letter in enumerate("KMGT", 1) for i in ("i", "")
    }
    return f"{max(int(float(found[1]) * units[found[2]]) // shares // 1000, 1)}kB"

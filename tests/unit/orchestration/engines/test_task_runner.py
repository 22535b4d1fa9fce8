"""The record of a run counts all its tasks, names their machines and lists those that were repeated; the log has a line each."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from orchestration.defs.metadata import engine_metadata
from orchestration.engines import EngineFailed, TaskResult, run_tasks
from warehouse.processes.worker import Task

PART, FILE = Task("warehouse.x:run", {}, "a part of fct_calls"), Task("warehouse.x:run", {}, "calls.csv")


@pytest.fixture
def failure(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let an engine answer with the first text of this list as the failure of each task, the first after two attempts."""
    texts = [""]

    def results(_engine: object, tasks: Sequence[Task]) -> Generator[TaskResult]:
        for number, task in enumerate(tasks):
            yield TaskResult(number, task, 1 if number else 2, f"node {number % 2}", {}, texts[0], 2.0, 1.5)

    engine = type("Engine", (), {"run": results})
    monkeypatch.setattr("orchestration.engines.task_runner.start_engine", lambda *_arguments, **_options: engine())
    return texts


def test_the_tasks_of_a_run_are_counted_and_logged_until_one_fails(failure: list[str], tmp_path: Path) -> None:
    lines: list[str] = []
    run: Any = SimpleNamespace(
        settings=SimpleNamespace(engine="ray"), record=SimpleNamespace(engine=None), con=duckdb.connect(), log=lines.append
    )
    assert engine_metadata(run.record) == {}
    run_tasks(run, [FILE], tmp_path)
    run_tasks(run, [PART, PART], tmp_path)
    assert 4 <= run.record.engine.seconds < 6  # two tasks at once take as long as one
    assert run.record.engine.model_dump(exclude={"seconds"}) == {
        "name": "ray",
        "tasks": 3,
        "attempts": 5,
        "workers": ("node 0", "node 1"),
        "repeated": (
            {"label": "calls.csv", "attempts": 2, "worker": "node 0"},
            {"label": "a part of fct_calls", "attempts": 2, "worker": "node 0"},
        ),
        "task_seconds": 6.0,
        "task_cpu_seconds": 4.5,
    }
    assert lines[2:] == [
        "ray runs 2 tasks",
        "task 1 of 2: a part of fct_calls by node 0 in 2 attempts",
        "task 2 of 2: a part of fct_calls by node 1",
    ]
    assert engine_metadata(run.record) == {"tasks": 3, "task_attempts": 5, "machines": 2}
    failure[0] = "the worker was ended by SIGKILL"
    with pytest.raises(
        EngineFailed, match=r"fct_calls could not be built in 2 attempts \(the worker was ended by SIGKILL"
    ) as failed:
        run_tasks(run, [PART, FILE], tmp_path)
    assert "The last release stays public" in str(failed.value)
    assert run.record.engine.tasks == 3

"""An engine without processes, and the report of a run, for tests of many cities."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence

from orchestration.engines import TaskResult
from warehouse.processes.worker import Resources, Task, call

REPORT = {
    "outcome": "released",
    "release_id": "20251201T000000Z-00000000",
    "message": None,
    "sources": [{"source": "s", "rows_staged": 3, "verdict": "fresh"}, {"source": "t", "rows_staged": None, "verdict": "stale"}],
}


class InThisProcess:
    """An engine that runs tasks one after the other, and repeats one that answers with an error."""

    def __init__(self, attempts: int, resources: Resources) -> None:
        self.attempts, self.resources = attempts, resources

    def run(self, tasks: Sequence[Task]) -> Generator[TaskResult]:
        for number, task in enumerate(tasks):
            sent = Task(task.function, json.loads(json.dumps(task.arguments)), task.label)
            answer, attempt = call(sent, self.resources), 1
            while "error" in answer and attempt < self.attempts:
                answer, attempt = call(sent, self.resources), attempt + 1
            yield TaskResult(number, task, attempt, "process 1", answer.get("result", {}), answer.get("error", ""))

"""An engine without processes, and the report of a run, for tests of many cities."""

from __future__ import annotations

import json
from collections.abc import Sequence

from orchestration.engines import EngineFailed, OnResult, TaskResult
from warehouse.worker import Resources, Task, call

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

    def run(self, tasks: Sequence[Task], on_result: OnResult) -> list[TaskResult]:
        results = [self._result(json.loads(json.dumps(task.arguments)), task) for task in tasks]
        for result in results:
            on_result(result)
        return results

    def _result(self, arguments: dict[str, object], task: Task) -> TaskResult:
        for attempt in range(1, self.attempts + 1):
            answer = call(Task(task.function, arguments, task.label), self.resources)
            if "result" in answer:
                return TaskResult(task, answer["result"], attempt, "process 1")
        raise EngineFailed(task, self.attempts, answer["error"])

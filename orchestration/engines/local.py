"""Run tasks in processes of this machine, at most a given number at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from orchestration.engines.engine import EngineFailed, EngineNode, OnResult, TaskResult
from warehouse.worker import Resources, Task

# -P: the current folder is not searched for modules
WORKER = (sys.executable, "-P", "-m", "warehouse.worker")

THIS_MACHINE = "this machine"


class LocalEngine:
    """Processes of this machine. A task whose process fails or is killed runs again, up to `attempts` times in all.

    `resources`: of one worker.
    """

    def __init__(
        self,
        *,
        workers: int,
        attempts: int,
        resources: Resources,
        command: Sequence[str] = WORKER,
    ) -> None:
        self._workers, self._attempts, self._command = max(workers, 1), attempts, tuple(command)
        self._resources = resources
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._is_ending = False

    def run(self, tasks: Sequence[Task], on_result: OnResult) -> list[TaskResult]:
        """See `Engine.run`."""
        with ThreadPoolExecutor(min(self._workers, len(tasks)) or 1) as pool:
            futures = [pool.submit(self._attempt, task) for task in tasks]
            try:
                for future in as_completed(futures):
                    on_result(future.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._end_workers()
                raise
            return [future.result() for future in futures]

    def nodes(self) -> list[EngineNode]:
        """See `Engine.nodes`."""
        return [EngineNode(THIS_MACHINE, self._workers)]

    def _attempt(self, task: Task) -> TaskResult:
        reason = "the run ends"
        for attempt in range(1, self._attempts + 1):
            answer = self._start(task)
            if self._is_ending:
                break
            if "error" not in answer:
                return TaskResult(task, attempts=attempt, worker=THIS_MACHINE, **answer)
            reason = answer["error"]
        raise EngineFailed(task, self._attempts, reason)

    def _start(self, task: Task) -> dict[str, Any]:
        """The answer of a new worker, with `error` if it failed or was killed."""
        request = {"task": asdict(task), "resources": asdict(self._resources)}
        with self._lock:
            if self._is_ending:
                return {"error": "the run ends"}
            process = subprocess.Popen(  # noqa: S603 - our own module
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            self._processes.add(process)
        try:
            assert process.stdin is not None and process.stdout is not None
            # a worker that has ended already reads no input; its exit code is the reason
            with suppress(BrokenPipeError):
                # the input stays open: a worker ends when it is closed, so that it does not outlive this process
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            answer = process.stdout.readline()
            with suppress(BrokenPipeError):
                process.stdin.close()
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            with self._lock:
                self._processes.discard(process)
        if answer:
            found: dict[str, Any] = json.loads(answer)
            return found
        reason = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return {"error": f"the worker {reason}"}

    def _end_workers(self) -> None:
        with self._lock:
            self._is_ending = True
            for process in self._processes:
                process.kill()

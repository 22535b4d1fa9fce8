"""Run tasks in processes of this machine, at most a given number at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from orchestration.engines.engine import EngineNode, TaskResult, answers
from warehouse.processes.worker import Resources, Task

# -P: the current folder is not searched for modules
WORKER = (sys.executable, "-P", "-m", "warehouse.processes.worker")

THIS_MACHINE = "this machine"


class LocalEngine:
    """Processes of this machine. A task whose process fails or is killed runs again, up to `attempts` times in all.

    `resources`: of one worker. A worker serves one task, or several tasks with `preloaded` modules, which name the same ones.
    """

    def __init__(self, *, workers: int, attempts: int, resources: Resources, command: Sequence[str] = WORKER) -> None:
        self._workers, self._attempts, self._command = max(workers, 1), attempts, tuple(command)
        self._resources = resources
        self._idle: list[subprocess.Popen[str]] = []
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._is_ending = False

    def run(self, tasks: Sequence[Task]) -> Generator[TaskResult]:
        """See `Engine.run`."""
        with ThreadPoolExecutor(min(self._workers, len(tasks)) or 1) as pool:
            futures = [pool.submit(self._attempt, number, task) for number, task in enumerate(tasks)]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                self._end_workers()

    def nodes(self) -> list[EngineNode]:
        """See `Engine.nodes`."""
        return [EngineNode(THIS_MACHINE, self._workers)]

    def _attempt(self, number: int, task: Task) -> TaskResult:
        answer, attempt = self._start(task), 1
        while "error" in answer and attempt < self._attempts and not self._is_ending:
            answer, attempt = self._start(task), attempt + 1
        return TaskResult(number, task, attempt, THIS_MACHINE, failure=answer.pop("error", ""), **answer)

    def _start(self, task: Task) -> dict[str, Any]:
        """The answer of a worker, with `error` if it failed or was killed."""
        with self._lock:
            if self._is_ending:
                return {"error": "the run ends"}
            process = self._idle.pop() if self._idle else self._new_worker(task.preloaded)
        answer = None
        try:
            answer = next(answers(process, {"task": asdict(task), "resources": asdict(self._resources)}), None)
        finally:
            if answer is not None and task.preloaded:
                self._idle.append(process)
            else:
                code = self._end(process)
        if answer is None:
            reason = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
            return {"error": f"the worker {reason}"}
        return answer

    def _new_worker(self, modules: Sequence[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 - our own module
            (*self._command, *modules), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._processes.add(process)
        return process

    def _end(self, process: subprocess.Popen[str]) -> int:
        """Close the input of a worker, at which it ends; its exit code."""
        try:
            with suppress(BrokenPipeError):
                process.stdin.close()  # type: ignore[union-attr]
            return process.wait()
        finally:
            process.kill()
            process.wait()
            with self._lock:
                self._processes.discard(process)

    def _end_workers(self) -> None:
        with self._lock:
            self._is_ending = True
            for process in self._processes:
                process.kill()
        for process in self._idle:
            self._end(process)

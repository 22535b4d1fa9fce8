"""Run tasks on an engine whose library runs in a process of its own, the driver.

Such a library prints to the output, replaces signal handlers, and leaves threads or processes behind. The driver reads a request
from its input, and writes a line of JSON for each task that ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, ClassVar

from orchestration.engines.engine import EngineFailed, EngineNode, EngineUnavailable, OnResult, TaskResult
from warehouse.worker import Resources, Task, installation

SECONDS_TO_END = 10.0
SECONDS_TO_REACH = 5.0
# what a request contains besides tasks, and the environment of the driver besides that of this process
Preparation = tuple[Mapping[str, Any], Mapping[str, str]]


class DrivenEngine(ABC):
    """Tasks on a cluster, or on workers of this machine that are started for them and stopped after them.

    `address`: None for this machine, with `workers` and the `resources` of each. A cluster has its own number of workers, and
    their memory is a share of their node's. `folder`: for the files of the engine on this machine.
    """

    # as people read it; its package; the file of the driver; the process of a cluster that clients connect to
    name: ClassVar[str]
    package: ClassVar[str]
    program: ClassVar[str]
    head: ClassVar[str]
    seconds_to_start: ClassVar[float]
    seconds_for_check: ClassVar[float]

    def __init__(self, *, address: str | None, workers: int, attempts: int, resources: Resources, folder: Path) -> None:
        self._address, self._workers, self._attempts = address, workers, attempts
        self._resources, self._folder = resources, folder

    @abstractmethod
    def _prepared(self) -> AbstractContextManager[Preparation]:
        """What is needed for a driver. EngineUnavailable if something is missing."""

    def run(self, tasks: Sequence[Task], on_result: OnResult) -> list[TaskResult]:
        """See `Engine.run`."""
        results: dict[int, TaskResult] = {}
        request = {"attempts": self._attempts, "tasks": [asdict(task) for task in tasks]}
        with self._driver(request, self.seconds_to_start) as answers:
            for answer in answers:
                task = tasks[answer["task"]]
                if "failed" in answer:
                    raise EngineFailed(task, self._attempts, answer["failed"])
                result = TaskResult(task, **{name: value for name, value in answer.items() if name != "task"})
                results[answer["task"]] = result
                on_result(result)
        return [results[number] for number in range(len(tasks))]

    def nodes(self) -> list[EngineNode]:
        """See `Engine.nodes`."""
        with self._driver({"attempts": 1, "tasks": None}, self.seconds_for_check) as answers:
            return [EngineNode(**answer["node"]) for answer in answers]

    @contextmanager
    def _driver(self, request: Mapping[str, Any], seconds: float) -> Iterator[Iterator[dict[str, Any]]]:
        """The answers of a new driver, which ends with this block. EngineUnavailable if the engine cannot be used."""
        # not by importlib.util, which finds no package that this process must not import (`expectations.engine`)
        if PathFinder.find_spec(self.package) is None:
            extra = self.name.lower()
            raise EngineUnavailable(
                f"LEVELGROUND_ENGINE is {extra}, and the package {self.package} is not installed",
                f"install the extra `{extra}` here and on every node: `uv pip install -e '.[{extra}]'` in a checkout, or "
                f"the wheel as `WHEEL[{extra}]`",
            )
        # by its path, so that the engine sends what it calls with each task, and workers import `warehouse` alone
        # -P: the current folder is not searched for modules
        command = (sys.executable, "-P", str(Path(__file__).with_name(self.program)))
        with self._prepared() as (further, environment):
            full = {**request, "address": self._address, "workers": self._workers, "expected": asdict(installation()), **further}
            with subprocess.Popen(  # noqa: S603 - our own module
                command,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C reaches this process alone, which ends the driver and its group
            ) as process:
                try:
                    yield self._answers(process, full, seconds)
                finally:
                    # processes of the engine are in the group of the driver; workers end with these
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    with suppress(BrokenPipeError):
                        process.stdin.close()  # type: ignore[union-attr]

    def _answers(self, process: subprocess.Popen[str], request: Mapping[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
        assert process.stdin is not None and process.stdout is not None
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            # the input stays open: the driver ends when it is closed, so that it does not outlive this process
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            for line in process.stdout:
                timer.cancel()
                answer: dict[str, Any] = json.loads(line)
                if "unavailable" in answer:
                    raise EngineUnavailable(answer["unavailable"], answer["remedy"])
                if "ended" in answer:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(SECONDS_TO_END)
                    return
                if "started" not in answer:
                    yield answer
        finally:
            timer.cancel()
        where = f"{self.name} {self._address or 'on this machine'}"
        what = f"{where} did not answer in {seconds:.0f} s" if process.wait() < 0 else f"{where} ended unexpectedly"
        raise EngineUnavailable(what, self._check_address)

    @contextmanager
    def _files(self) -> Iterator[str]:
        """A new folder for the files of the engine on this machine."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{self.package}-", dir=self._folder, ignore_cleanup_errors=True) as folder:
            yield folder

    @property
    def _check_address(self) -> str:
        return f"check LEVELGROUND_ENGINE_ADDRESS, and that {self.head} runs; `levelground doctor` tries it"

    def _reach(self, addresses: str) -> None:
        """Try to connect to one of the addresses, each as `host:port`. EngineUnavailable if none answers."""
        reason = ""
        for address in filter(None, addresses.split(",")):
            host, _, port = address.partition(":")
            if not port:
                return
            try:
                socket.create_connection((host, int(port)), SECONDS_TO_REACH).close()
            except OSError as error:
                reason = error.strerror or type(error).__name__
            else:
                return
        if reason:
            raise EngineUnavailable(f"{self.name} {self._address} cannot be reached ({reason})", self._check_address)

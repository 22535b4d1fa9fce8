"""Run tasks on Ray: on a cluster, or on a Ray of this machine that is started for them and stopped after them.

Ray prints to the output, replaces signal handlers, and leaves threads behind, so it runs in a process of its own, the driver
`engines.ray_driver`. It reads a request from its input and writes a line of JSON for each task that ends. The driver runs a task
again if its worker fails, is killed or loses its machine.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration.engines.engine import EngineNode, EngineUnavailable, TaskResult, answers
from warehouse.processes.worker import Resources, Task, installation
from warehouse.temporary import reader_folder

DRIVER = Path(__file__).with_name("ray_driver.py")
SECONDS_TO_START = 180.0  # a Ray of this machine starts in 5 to 20 s
SECONDS_FOR_CHECK = 60.0
SECONDS_TO_END = 10.0
SECONDS_TO_REACH = 5.0  # Ray itself tries for minutes
CHECK_ADDRESS = "check LEVELGROUND_ENGINE_ADDRESS, and that the head node runs; `levelground doctor` tries it"
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0"}
# A Ray of this machine: on 127.0.0.1 alone, with a token that no other process has, without a monitor that ends tasks because of
# the memory of other programs, and without shared memory, which containers limit.
LOCAL_ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",
}


class RayEngine:
    """Tasks on a cluster, or on workers of this machine that are started for them and stopped after them.

    `address`: None for this machine, with `workers` and the `resources` of each. A cluster has its own number of workers, and
    their memory is a share of their node's. `folder`: for the files of a Ray of this machine.
    """

    def __init__(self, *, address: str | None, workers: int, attempts: int, resources: Resources, folder: Path) -> None:
        self._address, self._workers, self._attempts = address, workers, attempts
        self._resources, self._folder = resources, folder

    def run(self, tasks: Sequence[Task]) -> Generator[TaskResult]:
        """See `Engine.run`."""
        request = {"attempts": self._attempts, "tasks": [asdict(task) for task in tasks]}
        with closing(self._answers(request, SECONDS_TO_START)) as found:
            for answer in found:
                yield TaskResult(task=tasks[answer["number"]], **answer)

    def nodes(self) -> list[EngineNode]:
        """See `Engine.nodes`."""
        return [EngineNode(**answer["node"]) for answer in self._answers({"attempts": 1, "tasks": None}, SECONDS_FOR_CHECK)]

    def _answers(self, request: Mapping[str, Any], seconds: float) -> Generator[dict[str, Any]]:
        """The answers of a new driver, which ends with this generator. EngineUnavailable if the engine cannot be used."""
        if find_spec("ray") is None:
            raise EngineUnavailable(
                "LEVELGROUND_ENGINE is ray, and the package ray is not installed",
                "install the extra `ray` here and on every node: `uv pip install -e '.[ray]'` in a checkout, or "
                "the wheel as `WHEEL[ray]`",
            )
        # by its path, so that Ray sends what it calls with each task, and workers import `warehouse` alone
        # -P: the current folder is not searched for modules
        command = (sys.executable, "-P", str(DRIVER))
        with (
            self._prepared() as (further, environment),
            subprocess.Popen(  # noqa: S603 - our own module
                command,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C reaches this process alone, which ends the driver and its group
            ) as process,
        ):
            full = {**request, "address": self._address, "workers": self._workers, "expected": asdict(installation()), **further}
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            try:
                for answer in answers(process, full):
                    timer.cancel()
                    if "unavailable" in answer:
                        raise EngineUnavailable(answer["unavailable"], answer["remedy"])
                    if "ended" in answer:
                        with suppress(subprocess.TimeoutExpired):
                            process.wait(SECONDS_TO_END)
                        return
                    if "started" not in answer:
                        yield answer
                where = f"Ray {self._address or 'on this machine'}"
                what = f"{where} did not answer in {seconds:.0f} s" if process.wait() < 0 else f"{where} ended unexpectedly"
                raise EngineUnavailable(what, CHECK_ADDRESS)
            finally:
                timer.cancel()
                # processes of Ray are in the group of the driver; workers end with these
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                with suppress(BrokenPipeError):
                    process.stdin.close()  # type: ignore[union-attr]

    @contextmanager
    def _prepared(self) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
        """What a request contains besides tasks, and the environment of the driver besides that of this process."""
        if self._address is not None:
            self._reach(self._address)
            yield {}, ENVIRONMENT
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # the paths of sockets have at most 107 characters
        with (
            reader_folder(Path("/tmp")) as short,  # noqa: S108 - a private folder in it
            tempfile.TemporaryDirectory(prefix="ray-", dir=self._folder, ignore_cleanup_errors=True) as folder,
        ):
            (short / "r").symlink_to(folder)
            request = {"resources": asdict(self._resources), "folder": str(short / "r")}
            yield request, ENVIRONMENT | LOCAL_ENVIRONMENT | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}

    @staticmethod
    def _reach(address: str) -> None:
        """Try to connect to the head node. EngineUnavailable if it does not answer; `auto` has no address to try."""
        host, _, port = address.removeprefix("ray://").partition(":")
        if not port:
            return
        try:
            socket.create_connection((host, int(port)), SECONDS_TO_REACH).close()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise EngineUnavailable(f"Ray {address} cannot be reached ({reason})", CHECK_ADDRESS) from None

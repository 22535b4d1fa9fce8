"""Run tasks on Ray: on a cluster, or on a Ray of this machine that is started for them and stopped after them.

Ray runs a task again if its worker fails, is killed or loses its machine. `engines.ray_driver` is the process that imports Ray.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from orchestration.engines.driver import DrivenEngine, Preparation
from warehouse.temporary import reader_folder

ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0"}
# A Ray of this machine: on 127.0.0.1 alone, with a token that no other process has, without a monitor that ends tasks because of
# the memory of other programs, and without shared memory, which containers limit.
LOCAL_ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",
}


class RayEngine(DrivenEngine):
    """Tasks on Ray. `folder`: for the files of a Ray of this machine."""

    name, package, program, head = "Ray", "ray", "ray_driver.py", "the head node"
    # a Ray of this machine starts in 5 to 20 s
    seconds_to_start, seconds_for_check = 180.0, 60.0

    @contextmanager
    def _prepared(self) -> Iterator[Preparation]:
        # Ray itself tries for minutes
        self._reach((self._address or "").removeprefix("ray://"))
        if self._address is not None:
            yield {}, ENVIRONMENT
            return
        # the paths of sockets have at most 107 characters
        with reader_folder(Path("/tmp")) as short, self._files() as folder:  # noqa: S108 - a private folder in it
            (short / "r").symlink_to(folder)
            request = {"resources": asdict(self._resources), "folder": str(short / "r")}
            yield request, ENVIRONMENT | LOCAL_ENVIRONMENT | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}

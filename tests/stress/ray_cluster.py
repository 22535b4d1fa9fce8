"""A Ray cluster on this machine: a head without CPUs, and nodes with a CPU each."""

from __future__ import annotations

import importlib
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import free_port

# of the cluster, and of everything that connects to it
ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # addresses of this machine are 127.0.0.1
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
}
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}


class RayCluster:
    """A running cluster. `settings`: the environment of a run on it. `client_address`: of its server for drivers elsewhere."""

    def __init__(self, cluster: Any, client_port: int) -> None:
        self._cluster = cluster
        self.client_address = f"ray://127.0.0.1:{client_port}"
        self._nodes = [cluster.add_node(**NODE) for _ in range(2)]
        self.settings = {**ENVIRONMENT, "LEVELGROUND_ENGINE": "ray", "LEVELGROUND_ENGINE_ADDRESS": str(cluster.address)}

    def begun(self, home: Path) -> psutil.Process:
        """The next worker that reads or writes a part of a home, suspended: a task can take milliseconds."""
        ends = time.monotonic() + 600
        while time.monotonic() < ends:
            for process in psutil.Process().children(recursive=True):
                try:
                    is_worker = process.name().startswith("ray::attempt")
                    if is_worker and _uses(process, home):
                        process.suspend()
                        if _uses(process, home):
                            return process
                        process.resume()
                except psutil.Error:
                    continue
            time.sleep(0.005)
        raise AssertionError("no worker has begun a task")

    def lose_node(self, worker: psutil.Process) -> None:
        """Kill the node of a worker, without notice, and add another one."""
        raylet = worker.parent()
        assert raylet is not None
        (lost,) = [node for node in self._nodes if raylet.pid in {each.process.pid for each in _processes(node)}]
        self._cluster.remove_node(lost, allow_graceful=False)
        self._nodes.remove(lost)
        self._nodes.append(self._cluster.add_node(**NODE))


def _uses(process: psutil.Process, home: Path) -> bool:
    return any(Path(file.path).is_relative_to(home) for file in process.open_files())


def _processes(node: Any) -> list[Any]:
    return [each for group in node.all_processes.values() for each in group]


@contextmanager
def ray_cluster() -> Iterator[RayCluster]:
    """A cluster until the block ends."""
    # a short path: those of sockets have at most 107 characters
    short = tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True)
    with pytest.MonkeyPatch.context() as environment, short as folder:
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        # Ray reads the environment when it is imported
        utils = importlib.import_module("ray.cluster_utils")
        port = free_port()
        head = {
            "num_cpus": 0,
            "include_dashboard": False,
            "object_store_memory": 80 << 20,
            "ray_client_server_port": port,
            "temp_dir": folder,
        }
        cluster = utils.Cluster(initialize_head=True, connect=False, head_node_args=head)
        try:
            yield RayCluster(cluster, port)
        finally:
            cluster.shutdown()

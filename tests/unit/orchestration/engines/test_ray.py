"""What the engine of Ray decides by itself; `tests/stress/test_ray_workers.py` and `tests/stress/test_ray.py` start Ray."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from orchestration.engines import ray_driver

GIB = 1 << 30


def node(**resources: float) -> dict[str, Any]:
    return {"Resources": resources}


def test_a_worker_has_the_memory_that_each_node_has_per_cpu() -> None:
    nodes = [node(CPU=4, memory=16 * GIB), node(CPU=2, memory=6 * GIB), node(memory=GIB)]
    assert ray_driver.worker_share(nodes) == 3 * GIB


def test_a_cluster_without_cpus_is_refused() -> None:
    with pytest.raises(ray_driver.Unavailable, match="no node of the cluster has a CPU"):
        ray_driver.worker_share([node(memory=GIB)])


def test_the_reason_is_ours_or_the_kind_of_the_error() -> None:
    """The message of another error could quote a cell."""
    kinds = {name: type(name, (Exception,), {}) for name in ("NodeDiedError", "RaySystemError")}
    assert ray_driver.reason(kinds["NodeDiedError"]()) == "its node was lost"
    assert ray_driver.reason(kinds["RaySystemError"]("a cell")) == "RaySystemError"
    raised: Any = SimpleNamespace(cause=RuntimeError("OutOfMemoryException: …"))
    assert ray_driver.reason(raised) == "OutOfMemoryException: …"
    raised.cause = ValueError("a cell")
    assert ray_driver.reason(raised) == "ValueError"


def test_a_cluster_that_cannot_be_reached_is_explained() -> None:
    class Ray:
        @staticmethod
        def init(**options: Any) -> None:
            raise RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 2.59.0")

    with pytest.raises(ray_driver.Unavailable) as refused:
        ray_driver.connect(Ray, {"address": "10.0.0.7:6379"})
    what, remedy = refused.value.args
    assert what == "Ray at 10.0.0.7:6379 cannot be reached: Version mismatch: The cluster was started with: Ray: 2.59.0"
    assert remedy == ray_driver.SAME_RAY


def test_a_client_server_that_started_too_slowly_is_asked_again() -> None:
    class Ray:
        calls: ClassVar[list[str]] = []

        @classmethod
        def init(cls, **options: Any) -> None:
            cls.calls.append(f"init {options['address']}")
            if len(cls.calls) == 1:
                raise ConnectionAbortedError("Initialization failure from server")

        @classmethod
        def shutdown(cls) -> None:
            cls.calls.append("shutdown")

        @staticmethod
        def nodes() -> list[dict[str, Any]]:
            return [{"Alive": True}, {"Alive": False}]

    assert ray_driver.connect(Ray, {"address": "ray://10.0.0.7:10001"}) == [{"Alive": True}]
    assert Ray.calls == ["init ray://10.0.0.7:10001", "shutdown", "init ray://10.0.0.7:10001"]

"""The doctor tries the engine of the settings: its package, its nodes, and what each has installed."""

from __future__ import annotations

import importlib.metadata
import socket
import subprocess
from collections.abc import Callable

import pytest

from orchestration.doctor import Verdict
from orchestration.engines import EngineNode
from orchestration.engines.local import LocalEngine
from tests.conftest import free_port
from tests.unit.orchestration.doctor.conftest import Examined
from tests.unit.orchestration.doctor.test_home import only


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the engine have these nodes."""
    return lambda *found: monkeypatch.setattr(LocalEngine, "nodes", lambda _engine: list(found))


def test_without_an_engine_nothing_is_started(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.engines.start_engine", None)
    (found,) = examined("engine")
    assert (found.verdict, found.where) == (Verdict.OK, "LEVELGROUND_ENGINE")


def test_processes_of_this_machine_have_what_this_process_has(examined: Examined) -> None:
    examined.environment |= {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_THREADS": "3"}
    (found,) = examined("engine")
    assert (found.verdict, found.what) == (Verdict.OK, "1 node(s) with 3 CPUs, installed as here")


def test_a_node_with_another_duckdb_is_an_error(examined: Examined, nodes: Callable[..., None]) -> None:
    examined.environment |= {"LEVELGROUND_ENGINE": "local"}
    nodes(EngineNode("a (1)", 4), EngineNode("b (2)", 4, "has DuckDB 1.4.0 instead of 1.5.5"))
    found = only(examined.bad("engine"))
    assert (found.where, found.what) == ("local on this machine, node b (2)", "has DuckDB 1.4.0 instead of 1.5.5")
    assert "requirements.lock on every node" in found.remedy


def test_a_missing_package_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.engines.ray.find_spec", lambda _name: None)
    examined.environment |= {"LEVELGROUND_ENGINE": "ray"}
    found = only(examined.bad("engine"))
    assert "the package ray is not installed" in found.what
    assert "'.[ray]'" in found.remedy


def test_another_version_than_tested_is_an_error(
    examined: Examined, nodes: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.61.0" if name == "ray" else version(name))
    monkeypatch.setattr("orchestration.engines.ray.RayEngine.nodes", lambda _engine: [EngineNode("a (1)", 4)])
    examined.environment |= {"LEVELGROUND_ENGINE": "ray"}
    assert only(examined.bad("engine")).what == "ray 2.61.0, tested with ==2.60.0"


def test_an_engine_that_ends_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(subprocess.Popen[str]):
        def __init__(self, _command: object, **options: object) -> None:
            super().__init__(["false"], **options)  # type: ignore[call-overload]

    monkeypatch.setattr("orchestration.engines.ray.subprocess.Popen", Ended)
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"
        examined.environment |= {"LEVELGROUND_ENGINE": "ray", "LEVELGROUND_ENGINE_ADDRESS": address}
        found = only(examined.bad("engine"))
    assert (found.where, found.what) == (f"ray {address}", f"Ray {address} ended unexpectedly")


def test_a_cluster_without_a_head_is_an_error_at_once(examined: Examined) -> None:
    address = f"127.0.0.1:{free_port()}"
    examined.environment |= {"LEVELGROUND_ENGINE": "ray", "LEVELGROUND_ENGINE_ADDRESS": f"ray://{address}"}
    assert only(examined.bad("engine")).what == f"Ray ray://{address} cannot be reached (Connection refused)"

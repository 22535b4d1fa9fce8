"""Runs on a Ray cluster give the release of a run in one process, also when workers are killed and nodes are lost."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from orchestration.engines import EngineUnavailable
from orchestration.engines.ray import RayEngine
from tests.conftest import ROOT
from tests.e2e.conftest import Place
from tests.stress.ray_cluster import RayCluster, ray_cluster
from tests.support.outdated_facts import newest_run, outdate_facts
from warehouse.processes.worker import Resources, Task

ENDLESS = """
import sys
from pathlib import Path
from orchestration.engines.ray import RayEngine
from warehouse.processes.worker import Resources, Task
pipe, folder = sys.argv[1:]
engine = RayEngine(address=None, workers=1, attempts=4, resources=Resources(spill=folder), folder=Path(folder))
arguments = {"plan": pipe, "inputs": [], "output": folder + "/part"}
list(engine.run([Task("warehouse.rowwise:build_part", arguments, "a part of fct_calls")]))
"""


def test_a_killed_worker_and_a_lost_node_cost_an_attempt_each(place: Place, ray: RayCluster) -> None:
    before = place.published()
    for end in (psutil.Process.kill, ray.lose_node):
        outdate_facts(place.home)
        with _run(place, ray, attempts=4) as run:
            end(ray.begun(place.home))
            assert run.stderr is not None
            message = run.stderr.read()
        assert run.returncode == 0, message
        engine = json.loads(newest_run(place.home).read_text())["engine"]
        assert engine["attempts"] == engine["tasks"] + 1
        assert [task["attempts"] for task in engine["repeated"]] == [2]
        assert 1 <= len(engine["workers"]) <= 3
        assert place.published() == before
        assert not list((place.home / "tmp").glob("parts-*"))
        assert [line for line in _logged(place.home) if line.endswith(" in 2 attempts")], "Dagster shows which task was repeated"


def test_a_task_that_is_killed_in_every_attempt_fails_the_run(place: Place, ray: RayCluster, tmp_path: Path) -> None:
    """No manifest lists a part of that run."""
    before = place.published()
    outdate_facts(place.home)
    has_ended = threading.Event()

    def kill() -> None:
        while not has_ended.is_set():
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.name().startswith("ray::attempt"):
                        process.kill()
                except psutil.Error:
                    continue

    killer = threading.Thread(target=kill)
    with _run(place, ray, attempts=4, lake=tmp_path / "lake") as run:
        killer.start()
        assert run.stderr is not None
        message = run.stderr.read()
    has_ended.set()
    killer.join()
    assert run.returncode == 1
    assert "could not be built in 4 attempts (its worker was killed or crashed)" in message
    assert place.published() == before
    assert not list((place.home / "tmp").glob("parts-*"))
    manifests = [json.loads(path.read_text()) for path in (place.home / "releases").glob("*/manifest.json")]
    assert manifests
    assert not [manifest["parts"] for manifest in manifests if manifest.get("parts")]


def test_no_process_of_ray_outlives_a_killed_run(tmp_path: Path) -> None:
    """A task waits for a writer of its plan meanwhile."""
    pipe = tmp_path / "plan.json"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(pipe), str(tmp_path)], cwd=ROOT) as run:
        writer = os.open(pipe, os.O_WRONLY)
        processes = psutil.Process(run.pid).children(recursive=True)
        assert any(process.name().startswith("ray::attempt") for process in processes)
        run.kill()
    _, alive = psutil.wait_procs(processes, timeout=30)
    os.close(writer)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_lost_head_ends_the_tasks(tmp_path: Path) -> None:
    pipe = tmp_path / "plan.json"
    os.mkfifo(pipe)

    def lose_head(port: int) -> None:
        os.open(pipe, os.O_WRONLY)
        heads = [each for each in psutil.Process().children(recursive=True) if each.name().startswith("gcs_server")]
        (head,) = [each for each in heads if port in {connection.laddr.port for connection in each.net_connections()}]
        head.kill()

    with ray_cluster() as cluster, pytest.MonkeyPatch.context() as environment:
        for name, value in cluster.settings.items():
            environment.setenv(name, value)
        address = cluster.settings["LEVELGROUND_ENGINE_ADDRESS"]
        engine = RayEngine(address=address, workers=2, attempts=4, resources=Resources(), folder=tmp_path)
        threading.Thread(target=lose_head, args=(int(address.rpartition(":")[2]),), daemon=True).start()
        arguments = {"plan": str(pipe), "inputs": [], "output": str(tmp_path / "part")}
        with pytest.raises(EngineUnavailable, match="ended unexpectedly"):
            next(engine.run([Task("warehouse.rowwise:build_part", arguments, "a part of fct_calls")]))


@pytest.mark.parametrize("by", ["address", "client server"])
def test_a_cluster_refuses_a_run_without_its_token(
    ray: RayCluster, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ray.client_address if by == "client server" else ray.settings["LEVELGROUND_ENGINE_ADDRESS"]
    engine = RayEngine(address=address, workers=2, attempts=1, resources=Resources(), folder=tmp_path)
    for name, value in ray.settings.items():
        monkeypatch.setenv(name, value)
    assert [(node.cpus, node.problem) for node in engine.nodes()] == [(1, ""), (1, "")]
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    with pytest.raises(EngineUnavailable):
        engine.nodes()


def _logged(home: Path) -> list[str]:
    """What the steps of all runs have logged."""
    lines = []
    for path in (home / "dagster" / "history" / "runs").glob("*.db"):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            lines += [json.loads(event)["user_message"] for (event,) in database.execute("select event from event_logs")]
    return lines


@contextmanager
def _run(place: Place, ray: RayCluster, attempts: int, lake: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [str(Path(sys.executable).parent / "levelground"), "run", "--deliveries", str(place.deliveries)]
    settings = {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_SCORECARD": "none", "PATH": "", **ray.settings}
    settings |= {"LEVELGROUND_PART_ROWS": "300", "LEVELGROUND_TASK_ATTEMPTS": str(attempts)}
    settings |= {"LEVELGROUND_LAKE": str(lake)} if lake else {}
    with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT) as run:
        yield run

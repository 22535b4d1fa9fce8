"""Runs whose tasks run on Spark give the release of a run in one process, also when executors are killed. They need Java 17."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from orchestration.engines.spark import java_problem
from tests.conftest import ROOT, free_port
from tests.e2e.conftest import Place
from tests.support.outdated_facts import newest_run, outdate_facts

# rows of the largest source of the sample city of tests
ROWS = 1_800
CLUSTER = {"LEVELGROUND_ENGINE_ADDRESS": "local-cluster[2,1,1024]"}
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
LEFT_BY_HIVE = ("spark-warehouse", "metastore_db", "derby.log")


@pytest.fixture
def executors() -> Iterator[Path]:
    """The folder in which Spark keeps files and logs of the executors of a local cluster."""
    problem = java_problem(os.environ)
    assert problem is None, f"Spark needs Java 17: {problem}; apt-get install openjdk-17-jre-headless"
    found = importlib.util.find_spec("pyspark")
    assert found is not None and found.origin is not None, "make .venv/stress.stamp"
    folder = Path(found.origin).with_name("work")
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Standalone:
    """A standalone cluster of two workers with a core each, on this machine."""

    address: str
    workers: list[subprocess.Popen[bytes]]

    def lose_node(self, _process: psutil.Process) -> bool:
        """Kill a worker, and its executor, while that runs a task."""
        for worker in self.workers:
            for executor in psutil.Process(worker.pid).children():
                if EXECUTOR in _command(executor) and _runs_task(executor):
                    worker.kill()
                    executor.kill()
                    return True
        return False


@pytest.fixture
def standalone(executors: Path, tmp_path: Path) -> Iterator[Standalone]:
    port, home = free_port(), executors.parent
    address = f"spark://127.0.0.1:{port}"
    # a folder in which nothing else is: settings of this machine do not count
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(tmp_path)}

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]
        command += ["--host", "127.0.0.1", "--webui-port", "0", *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    processes = [start("master.Master", "--port", str(port))]
    for number in range(2):
        options = ("-c", "1", "-m", "1g", "-d", str(tmp_path / f"worker-{number}"), address)
        processes.append(start("worker.Worker", *options))
    ends = time.monotonic() + 300
    while time.monotonic() < ends:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.2)
    yield Standalone(address, processes[1:])
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("parts", [1, 4, 8, 37])
def test_any_number_of_parts_gives_the_same_release(place: Place, executors: Path, parts: int) -> None:
    outdate_facts(place.home)
    result = _run(place, parts, CLUSTER)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["outcome"] == "unchanged"  # the content hash is that of the release
    engine = _engine(place)
    assert engine["name"] == "spark"
    assert engine["tasks"] == engine["attempts"] >= max(parts, 4)
    assert len(list(executors.glob("app-*/*/stderr"))) == 2
    assert not [name for name in LEFT_BY_HIVE if (ROOT / name).exists() or (place.home / name).exists()]
    assert not list((place.home / "tmp").glob("parts-*"))


def test_a_killed_executor_costs_an_attempt(place: Place, executors: Path) -> None:
    before = place.published()
    outdate_facts(place.home)
    listening: set[str] = set()

    def kill_executor(process: psutil.Process) -> bool:
        if EXECUTOR not in _command(process) or not _runs_task(process):
            return False
        listening.update(_listening())
        process.kill()
        return True

    result = _run(place, 37, CLUSTER, when=kill_executor)
    assert result.returncode == 0, result.stderr
    engine = _engine(place)
    assert engine["attempts"] > engine["tasks"]
    assert place.published() == before
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert listening


def test_a_lost_machine_costs_an_attempt(place: Place, standalone: Standalone) -> None:
    before = place.published()
    outdate_facts(place.home)
    result = _run(place, 37, {"LEVELGROUND_ENGINE_ADDRESS": standalone.address}, when=standalone.lose_node)
    assert result.returncode == 0, result.stderr
    engine = _engine(place)
    assert engine["attempts"] > engine["tasks"]
    assert place.published() == before


def test_a_killed_worker_of_a_spark_of_this_machine_costs_an_attempt(place: Place, executors: Path) -> None:
    before = place.published()
    outdate_facts(place.home)

    def kill_worker(process: psutil.Process) -> bool:
        if "pyspark.daemon" not in _command(process) or "pyspark.daemon" not in _command(process.parent()):
            return False
        process.kill()
        return True

    result = _run(place, 37, {}, when=kill_worker)
    assert result.returncode == 0, result.stderr
    engine = _engine(place)
    assert engine["attempts"] > engine["tasks"]
    assert place.published() == before
    assert not executors.exists()
    assert not [process for process in psutil.process_iter() if str(place.home) in _command(process)]


def test_a_task_that_fails_in_each_attempt_leaves_the_last_release(place: Place, executors: Path, tmp_path: Path) -> None:
    before = place.published()
    outdate_facts(place.home)
    manifests = _manifests(place)

    def damage_rows(process: psutil.Process) -> bool:
        """Damage the rows of a task after the run has written them, and before Spark has started."""
        if not any("spark_driver.py" in word for word in process.cmdline()):
            return False
        rows = min((place.home / "tmp").glob("parts-*/*-rows/**/*.parquet"))
        rows.write_bytes(b"damaged")
        return True

    result = _run(place, 8, CLUSTER | {"LEVELGROUND_LAKE": str(tmp_path / "lake")}, when=damage_rows)
    assert result.returncode == 1
    assert re.search(r"a part of fct_\w+ could not be built in 4 attempts \(InvalidInputException", result.stderr)
    logs = "".join(path.read_text() for path in executors.glob("app-*/*/stderr"))
    failed = re.findall(r"Exception in task (\d+)\.(\d+) in stage", logs)
    assert {number for number, _ in failed} == {failed[0][0]}
    assert sorted(attempt for _, attempt in failed) == ["0", "1", "2", "3"]
    assert (place.published(), _manifests(place)) == (before, manifests)


def _run(
    place: Place, parts: int, env: dict[str, str], when: Callable[[psutil.Process], bool] | None = None
) -> subprocess.CompletedProcess[str]:
    """A run on Spark. `when`: called with its descendants until it returns true."""
    settings = {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_SCORECARD": "none", "LEVELGROUND_ENGINE": "spark"}
    settings |= {"LEVELGROUND_PART_ROWS": str(-(-ROWS // parts)), **env}
    command = [str(Path(sys.executable).parent / "levelground"), "run", "--deliveries", str(place.deliveries), "--json"]
    is_done = when is None
    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, env=os.environ | settings, stdout=output, stderr=log, text=True, cwd=ROOT) as run,
    ):
        while run.poll() is None:
            for process in [] if is_done else psutil.Process(run.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    is_done = is_done or (when is not None and when(process))
            time.sleep(0.05)
        for file in (output, log):
            file.seek(0)
        result = subprocess.CompletedProcess(command, run.returncode, output.read(), log.read())
    assert is_done, f"the run started no such process\n{result.stderr}"
    return result


def _runs_task(executor: psutil.Process) -> bool:
    """Whether the Python daemon of an executor has started a worker."""
    return any(daemon.children() for daemon in executor.children())


def _command(process: psutil.Process | None) -> str:
    try:
        return " ".join(process.cmdline()) if process else ""
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""


def _listening() -> set[str]:
    """The addresses on which processes of Spark listen."""
    java = [process for process in psutil.Process().children(recursive=True) if "org.apache.spark" in _command(process)]
    return {each.laddr.ip for process in java for each in process.net_connections() if each.status == psutil.CONN_LISTEN}


def _engine(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(newest_run(place.home).read_text())["engine"]
    return found


def _manifests(place: Place) -> dict[str, str]:
    return {str(path): path.read_text() for path in (place.home / "releases").glob("*/manifest.json")}

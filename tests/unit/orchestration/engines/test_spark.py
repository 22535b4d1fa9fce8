"""What the engine of Spark decides by itself; `tests/stress/test_engines.py` starts Spark."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestration.engines import EngineUnavailable, spark, spark_driver
from orchestration.engines.spark import SparkEngine, java_problem
from orchestration.engines.spark_driver import configuration, failure, memory_of_task
from warehouse.worker import Resources

REQUEST = {"address": None, "workers": 3, "attempts": 4, "folder": "/home/tmp/spark"}
STAGE = "Job aborted due to stage failure: Task 2 in stage 0.0 failed 4 times, most recent failure: Lost task 2.3 in stage 0.0 "


def test_a_spark_of_this_machine_repeats_tasks_and_listens_here_alone() -> None:
    settings = configuration(REQUEST)
    assert settings["spark.master"] == "local[3,4]"
    assert {settings["spark.driver.host"], settings["spark.driver.bindAddress"]} == {"127.0.0.1"}
    assert settings["spark.local.dir"] == "/home/tmp/spark"
    assert {settings["spark.ui.enabled"], settings["spark.eventLog.enabled"], settings["spark.speculation"]} == {"false"}


def test_a_cluster_has_its_own_addresses_and_folders() -> None:
    settings = configuration(REQUEST | {"address": "k8s://https://kubernetes.default.svc"})
    assert (settings["spark.master"], settings["spark.task.maxFailures"]) == ("k8s://https://kubernetes.default.svc", "4")
    assert not {"spark.driver.host", "spark.driver.bindAddress", "spark.local.dir"} & settings.keys()


@pytest.mark.parametrize(
    ("overhead", "cores", "cpus", "memory"),
    [
        ("8g", "2", None, "3145728KiB"),
        ("8192", "2", "2", "6291456KiB"),
        ("900m", "1", None, "691200KiB"),
        (None, "2", None, None),
        ("8g", None, None, None),
    ],
)
def test_tasks_share_the_memory_outside_java(
    overhead: str | None, cores: str | None, cpus: str | None, memory: str | None
) -> None:
    settings = {"spark.executor.memoryOverhead": overhead, "spark.executor.cores": cores, "spark.task.cpus": cpus}
    assert memory_of_task(settings.get) == memory


@pytest.mark.parametrize(
    ("message", "number", "reason"),
    [
        ("File …\n__main__.TaskFailed: task 7: OSError: the disk is full\n SQLSTATE: 38000\n", 7, "OSError: the disk is full"),
        (
            STAGE + "ExecutorLostFailure (executor 1 exited): Command exited with code 137",
            2,
            "its executor ended with exit code 137",
        ),
        (STAGE + "ExecutorLostFailure (executor 1 exited unrelated to the running tasks)", 2, "its executor was lost"),
        (STAGE + "SparkException: Python worker exited unexpectedly (crashed)", 2, "its worker was killed or crashed"),
        (STAGE + "\nModuleNotFoundError: No module named 'duckdb'", 2, "has no Python module duckdb"),
        (STAGE + "[PYTHON_VERSION_MISMATCH] 3.10 and 3.12", 2, "another version of Python"),
        (STAGE + "\nValueError: a cell\n", 2, "ValueError"),
        ("Job 0 cancelled because SparkContext was shut down", None, "it stopped, as when its master does not answer"),
        ("a cell", None, "the reason is in the log of Spark"),
    ],
)
def test_the_reason_is_ours_or_the_kind_of_the_error(message: str, number: int | None, reason: str) -> None:
    """The message of another error could quote a cell."""
    found = failure(message)
    assert found[0] == number
    assert reason in found[1]
    assert "cell" not in found[1]


@pytest.mark.parametrize(
    ("printed", "problem"),
    [
        ('openjdk version "17.0.21" 2026-10-20', None),
        ('openjdk version "21" 2023-09-19', None),
        ('java version "1.8.0_402"', "is Java 8"),
        ('openjdk version "11.0.2"', "is Java 11"),
        ("no program", "has no version"),
    ],
)
def test_the_version_of_java_is_read(tmp_path: Path, printed: str, problem: str | None) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{printed}' >&2\n")
    program.chmod(0o755)
    found = java_problem({"JAVA_HOME": str(tmp_path)})
    assert found == (problem and f"{program} {problem}")


def test_without_java_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark is found in a process that must not import it, as that of a run."""
    (tmp_path / "pyspark.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = SparkEngine(address=None, workers=1, attempts=1, resources=Resources(), folder=tmp_path / "spark")
    with pytest.raises(EngineUnavailable, match="Spark needs Java 17 or later, and no Java is on the PATH") as refused:
        engine.nodes()
    assert refused.value.remedy == spark.REMEDY
    assert not (tmp_path / "spark").exists()


def test_answers_are_added_to_the_queue_of_the_driver() -> None:
    """As Spark does: in a worker from the value that `zero` gives, in the driver to what the accumulator holds."""
    kinds = spark_driver._Answers()
    received = spark_driver.queue.SimpleQueue()
    of_worker = kinds.addInPlace(kinds.zero(None), ["answer"])
    kinds.addInPlace(spark_driver._Received(received), of_worker)
    assert received.get_nowait() == "answer"

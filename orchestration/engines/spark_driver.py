"""Start tasks on Spark and write a line of JSON for each that ends. `engines.spark` starts this file as a program.

It is the only module that imports pyspark. Spark sends the functions of a program to its workers, so a worker needs no more of
Levelground than `warehouse.worker` and what tasks call. Spark carries JSON only: tasks, and their answers.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
# until the first executor registers; Kubernetes may have to start a machine for it
SECONDS_FOR_EXECUTORS = 280.0
SECONDS_TO_END = 20.0
# of an executor's memory outside Java; the rest is Python's, and what DuckDB uses beyond its limit
DUCKDB_SHARE = 0.75
KILLED = "137"  # the exit code of a process that SIGKILL has ended
IF_KILLED = ", as when its machine has no memory left: see spark.executor.memoryOverhead in docs/scale.md"
SAME_SPARK = "check LEVELGROUND_ENGINE_ADDRESS, and that the cluster has the same version of Spark and Python as this machine"

Answer = dict[str, Any]


class Unavailable(Exception):
    """Spark cannot run tasks: the reason, and what to do."""


class TaskFailed(Exception):
    """A task answered an error. Spark runs it again, and writes the message, which contains no cell, to its log."""


def attempt(number: int, task: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    """Run a task in a worker: its answer as JSON. Spark repeats it if this raises."""
    where = f"node {platform.node()}"
    try:
        from warehouse.temporary import reader_folder  # noqa: PLC0415 - a node may have no Levelground
        from warehouse.worker import Installation, Resources, Task, call  # noqa: PLC0415
    except ImportError:
        raise TaskFailed(f"task {number}: {where} cannot import Levelground; install the same wheel on every node") from None
    # a Spark of this machine has a folder; elsewhere Spark gives each executor folders of its node
    folder = os.environ.get("SPARK_LOCAL_DIRS", "").partition(",")[0]
    own = nullcontext() if request["resources"]["spill"] else reader_folder(Path(folder) if folder else None)
    with own as spill:
        resources = Resources(**{**request["resources"], "spill": request["resources"]["spill"] or str(spill)})
        try:
            answer = call(Task(**task), resources, Installation(**request["expected"]))
        except Exception as error:  # noqa: BLE001 - its message could quote a cell
            answer = {"error": type(error).__name__}
    if "error" in answer:
        raise TaskFailed(f"task {number}: {' '.join(str(answer['error']).split())}")
    context = importlib.import_module("pyspark").TaskContext.get()
    # Spark counts failures only towards its limit, but numbers every attempt
    return json.dumps({"task": number, **answer, "attempts": context.attemptNumber() + 1, "worker": where})


def examine(expected: Mapping[str, str]) -> tuple[str, str]:
    """In a worker: its machine, and why it would refuse the tasks of a run; empty if it would not."""
    try:
        from warehouse.worker import Installation, installation  # noqa: PLC0415
    except ImportError:
        return platform.node(), "cannot import Levelground"
    different = Installation(**expected).differences(installation())
    return platform.node(), f"has {different}" if different else ""


def is_local(address: str | None) -> bool:
    """Whether all processes of Spark are on this machine."""
    return address is None or address.startswith("local")


def configuration(request: Mapping[str, Any]) -> dict[str, str]:
    """The settings of Spark that tasks need; all others are those of its `spark-defaults.conf`."""
    address, attempts = request["address"], str(request["attempts"])
    settings = {
        # the second number of local[N,F] is that of attempts: local[N] would not repeat a task
        "spark.master": address or f"local[{request['workers']},{attempts}]",
        "spark.app.name": "levelground",
        "spark.task.maxFailures": attempts,
        "spark.speculation": "false",  # attempts of a task next to each other
        "spark.python.worker.reuse": "false",  # a process per task, which returns its memory
        "spark.executorEnv.PYTHONSAFEPATH": "1",  # Python does not search the current folder for modules
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.eventLog.enabled": "false",
    }
    if is_local(address):
        settings |= {
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.local.dir": request["folder"],
        }
    if address is None:
        settings["spark.authenticate"] = "true"
    return settings


def memory_of_task(setting: Callable[[str], str | None]) -> str | None:
    """The memory of DuckDB in a task: an executor's memory outside Java, shared by its tasks; None if Spark does not limit it."""
    found = re.fullmatch(r"(\d+)([kmgt]?)b?", (setting("spark.executor.memoryOverhead") or "").strip().lower())
    cores = setting("spark.executor.cores")
    if found is None or cores is None:
        return None
    kibibytes = int(found[1]) * 1024 ** "kmgt".index(found[2] or "m")
    return f"{int(kibibytes * DUCKDB_SHARE) // max(int(cores) // int(setting('spark.task.cpus') or 1), 1)}KiB"


def failure(message: str) -> tuple[int | None, str]:
    """The number of the task that ended a stage, if Spark names it, and the reason of its last attempt, without cells."""
    if reasons := re.findall(r"TaskFailed: task (\d+): (.+)", message):
        return int(reasons[-1][0]), reasons[-1][1].strip()
    found = re.search(r"Task (\d+) in stage \S+ failed", message)
    return int(found[1]) if found else None, _reason(message)


def _reason(message: str) -> str:
    if code := re.search(r"exited with code (\d+)", message):
        return f"its executor ended with exit code {code[1]}{IF_KILLED if code[1] == KILLED else ''}"
    if "ExecutorLostFailure" in message:
        return "its executor was lost"
    if "Python worker exited unexpectedly" in message:
        return f"its worker was killed or crashed{IF_KILLED}"
    if module := re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", message):
        return f"its worker has no Python module {module[1]}; install the same wheel on every node"
    if "SparkContext was shut down" in message or "stopped SparkContext" in message:
        return "it stopped, as when its master does not answer"
    if "PYTHON_VERSION_MISMATCH" in message:
        return "its worker has another version of Python; install the same on every node"
    kinds = re.findall(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception))\b", message, re.MULTILINE)
    return kinds[-1] if kinds else "the reason is in the log of Spark"


@contextmanager
def connected(request: Mapping[str, Any]) -> Iterator[Any]:
    """A `SparkContext` of the cluster of the request, or of a Spark of this machine; its process of Java ends with the block."""
    pyspark, errors = importlib.import_module("pyspark"), importlib.import_module("pyspark.errors")
    py4j, java = importlib.import_module("py4j.protocol"), importlib.import_module("pyspark.java_gateway")
    # Spark reads these from the environment only
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if is_local(request["address"]):
        os.environ["SPARK_LOCAL_IP"] = LOOPBACK
    where = request["address"] or "this machine"
    conf = pyspark.SparkConf(loadDefaults=False).setAll(list(configuration(request).items()))
    try:
        gateway = java.launch_gateway(conf)
        context = pyspark.SparkContext(conf=conf, gateway=gateway)
    except errors.PySparkException as error:
        raise Unavailable(f"Spark did not start ({error.getCondition()})", "check JAVA_HOME and spark-defaults.conf") from None
    except py4j.Py4JError as error:
        text = " ".join(str(getattr(error, "java_exception", error)).split())
        raise Unavailable(f"Spark at {where} cannot be reached: {text[:300]}", SAME_SPARK) from None
    try:
        yield context
    finally:
        with suppress(Exception):
            context.stop()
        # Java ends, and removes its files, when its input is closed
        gateway.proc.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            gateway.proc.wait(SECONDS_TO_END)


def wait_for_executor(context: Any, job: Future[Any], where: str) -> None:
    """Wait until a task has begun or the job has ended, as it does if the master does not answer."""
    ends, tracker = time.monotonic() + SECONDS_FOR_EXECUTORS, context.statusTracker()
    while not job.done():
        stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
        if any(stage and stage.numActiveTasks + stage.numCompletedTasks + stage.numFailedTasks for stage in stages):
            return
        if time.monotonic() > ends:
            context.stop()
            raise Unavailable(
                f"Spark at {where} started no executor in {SECONDS_FOR_EXECUTORS:.0f} s",
                "check that the cluster has free cores and memory, and the log of its master",
            )
        time.sleep(0.2)


class _Answers:
    """An `AccumulatorParam`. Answers are a list in a worker; with the task, Spark adds them to the queue of the driver."""

    def zero(self, _value: object) -> list[str]:
        return []

    def addInPlace(self, value1: Any, value2: Any) -> Any:  # noqa: N802 - Spark's name
        value1 += value2
        return value1


class _Received:
    """What an accumulator of answers contains in the driver."""

    def __init__(self, answers: queue.SimpleQueue[str | None]) -> None:
        self._answers = answers

    def __iadd__(self, answers: Sequence[str]) -> _Received:
        for answer in answers:
            self._answers.put(answer)
        return self


def message_of(job: Future[Any]) -> str | None:
    """The error of a job with the stack of Java, which Java itself writes; it names the task."""
    error = job.exception()
    return None if error is None else str(error)


def run(request: Mapping[str, Any]) -> Iterator[Answer]:
    """The answers to the tasks of a request as they end; the last one if a task fails in every attempt."""
    where = request["address"] or "this machine"
    tasks = list(enumerate(request["tasks"]))
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    with connected(request) as context, ThreadPoolExecutor(1) as pool:
        every = {name: value for name, value in request.items() if name != "tasks"}
        memory = memory_of_task(context.getConf().get)
        every = {"resources": {"threads": 1, "memory_limit": memory, "spill": None}, **every}
        received = context.accumulator(_Received(answers), _Answers())
        stage = context.parallelize(tasks, len(tasks))
        job = pool.submit(stage.foreach, lambda task: received.add([attempt(task[0], task[1], every)]))
        job.add_done_callback(lambda _job: answers.put(None))
        wait_for_executor(context, job, where)
        yield {"started": True}
        while (answer := answers.get()) is not None:
            yield json.loads(answer)
        message = message_of(job)
    if message is not None:
        number, why = failure(message)
        if number is None:
            raise Unavailable(f"Spark at {where} ended the tasks: {why}", SAME_SPARK)
        yield {"task": number, "failed": why}


def examine_nodes(request: Mapping[str, Any]) -> Iterator[Answer]:
    """The nodes that run tasks, each with what it would refuse."""
    where, expected = request["address"] or "this machine", request["expected"]
    with connected(request) as context, ThreadPoolExecutor(1) as pool:
        workers = context.defaultParallelism
        job = pool.submit(context.parallelize(range(workers), workers).map(lambda _number: examine(expected)).collect)
        wait_for_executor(context, job, where)
        message = message_of(job)
    if message is not None:
        raise Unavailable(f"Spark at {where} runs no task: {failure(message)[1]}", SAME_SPARK)
    found = job.result()
    for name, problem in sorted(set(found)):
        yield {"node": {"name": name, "cpus": found.count((name, problem)), "problem": problem}}


def main() -> None:
    """Answer the request of the first line of the input; end at once if the process that started this one ends."""
    request = json.loads(sys.stdin.readline())
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Java prints to the output
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        for answer in run(request) if request["tasks"] is not None else examine_nodes(request):
            print(json.dumps(answer), file=output, flush=True)
    except Unavailable as refused:
        what, remedy = refused.args
        print(json.dumps({"unavailable": what, "remedy": remedy}), file=output, flush=True)
    else:
        print(json.dumps({"ended": True}), file=output, flush=True)


def _end_with_parent() -> None:
    with suppress(ValueError, OSError):
        sys.stdin.read()
    os.killpg(0, signal.SIGKILL)  # this process and that of Java


if __name__ == "__main__":
    main()

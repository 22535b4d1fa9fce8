"""Start tasks on Ray and write a line of JSON for each that ends. `engines.ray` starts this file as a program.

It is the only module that imports Ray. Ray sends the functions of a program to its workers, so a worker needs no more of
Levelground than `warehouse.processes.worker` and what tasks call.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from typing import Any

# smallest object store that Ray accepts with room to spare: results are a few lines of JSON
OBJECT_STORE_BYTES = 80 << 20
# of a worker's share of its node's memory; the rest is Python's, and what DuckDB uses beyond its limit
DUCKDB_SHARE = 0.8
SECONDS_FOR_NODES = 30.0
START_WORKERS = "start worker nodes with at least a CPU each"
SAME_RAY = "install the same versions of Ray and Python on the cluster as here"

Answer = dict[str, Any]


class Unavailable(Exception):
    """Ray cannot run tasks: the reason, and what to do."""


def attempt(task: Mapping[str, Any], request: Mapping[str, Any]) -> Answer:
    """Run a task on a worker; `run` repeats it if this raises. Ray logs the messages, so none contains a cell of the data."""
    ray = importlib.import_module("ray")
    where = f"{platform.node()} ({ray.get_runtime_context().get_node_id()[:8]})"
    try:
        from warehouse.processes.worker import Installation, Resources, Task, call  # noqa: PLC0415
        from warehouse.temporary import reader_folder  # noqa: PLC0415 - a node may have no Levelground
    except ImportError:
        raise RuntimeError(f"node {where} cannot import Levelground; install the same wheel on every node") from None
    # a Ray of this machine has a folder; those of killed workers are removed by the next one
    own = nullcontext() if request["resources"]["spill"] else reader_folder()
    with own as spill:
        resources = Resources(**{**request["resources"], "spill": request["resources"]["spill"] or str(spill)})
        try:
            answer = call(Task(**task), resources, Installation(**request["expected"]))
        except Exception as error:  # noqa: BLE001 - its message could quote a cell
            raise RuntimeError(type(error).__name__) from None
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return {**answer, "worker": f"node {where}"}


def examine(expected: Mapping[str, str]) -> str:
    """On a worker: why it would refuse the tasks of a run; empty if it would not."""
    try:
        from warehouse.processes.worker import Installation, installation  # noqa: PLC0415
    except ImportError:
        return "cannot import Levelground"
    different = Installation(**expected).differences(installation())
    return f"has {different}" if different else ""


def reason(error: BaseException) -> str:
    """Why a task failed in its last attempt. Messages of `attempt` are ours; of another error only the kind is given."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, RuntimeError):
        return str(cause)
    if isinstance(cause, BaseException):
        return type(cause).__name__
    return {
        "WorkerCrashedError": "its worker was killed or crashed",
        "NodeDiedError": "its node was lost",
        "OutOfMemoryError": "Ray ended its worker, because its node had too little memory",
    }.get(type(error).__name__, type(error).__name__)


def worker_share(nodes: list[Mapping[str, Any]]) -> int:
    """The bytes of a worker such that each node has room for as many as it has CPUs."""
    shares = [node["Resources"]["memory"] / node["Resources"]["CPU"] for node in nodes if node["Resources"].get("CPU", 0) >= 1]
    if not shares:
        raise Unavailable("no node of the cluster has a CPU", START_WORKERS)
    return int(min(shares))


def connect(ray: Any, request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Connect to the cluster of the request, or start a Ray of this machine; its nodes."""
    options: dict[str, Any] = {"address": request["address"], "log_to_driver": False}
    if request["address"] is None:
        options |= {
            "address": "local",
            "num_cpus": request["workers"],
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
            "_temp_dir": request["folder"],
        }
    try:
        try:
            ray.init(**options)
        except ConnectionAbortedError:  # Ray's client server starts a process for each client, and waits 30 s for it
            ray.shutdown()
            ray.init(**options)
    except (RuntimeError, ConnectionError, ValueError, OSError, AssertionError) as error:
        remedy = SAME_RAY if "ersion mismatch" in str(error) else "check LEVELGROUND_ENGINE_ADDRESS, and that the head node runs"
        text = " ".join(str(error).split()) or type(error).__name__
        text = text[-300:] if "Traceback" in text else text[:300]  # a traceback of the client server ends with the reason
        raise Unavailable(f"Ray at {request['address'] or 'this machine'} cannot be reached: {text}", remedy) from None
    return [node for node in ray.nodes() if node["Alive"]]


def run(ray: Any, request: Mapping[str, Any]) -> Iterator[Answer]:
    """The answers to the tasks of a request as they end, with `failure` if one failed in every attempt."""
    nodes = connect(ray, request)
    yield {"started": True}
    # Ray does not say how often it has repeated a task, so this process repeats it
    options: dict[str, Any] = {"num_cpus": 1, "max_retries": 0}
    if request["address"] is not None:
        memory = worker_share(nodes)
        options["memory"] = memory
        limit = f"{int(memory * DUCKDB_SHARE) // 1000}kB"
        request = {**request, "resources": {"threads": 1, "memory_limit": limit, "spill": None}}
    every = {name: value for name, value in request.items() if name != "tasks"}
    remote = ray.remote(**options)(attempt)
    attempts = [1] * len(request["tasks"])
    pending = {remote.remote(task, every): number for number, task in enumerate(request["tasks"])}
    while pending:
        ready, _ = ray.wait(list(pending), num_returns=1, timeout=5.0)
        for each in ready:
            number = pending.pop(each)
            try:
                answer = ray.get(each)
            except ray.exceptions.RayError as error:
                if attempts[number] < request["attempts"]:
                    attempts[number] += 1
                    pending[remote.remote(request["tasks"][number], every)] = number
                    continue
                answer = {"failure": reason(error), "worker": "Ray"}
            yield {"number": number, "attempts": attempts[number], **answer}


def examine_nodes(ray: Any, request: Mapping[str, Any]) -> Iterator[Answer]:
    """The nodes that run tasks, each with what it would refuse."""
    nodes = [node for node in connect(ray, request) if node["Resources"].get("CPU", 0) >= 1]
    if not nodes:
        raise Unavailable("no node of the cluster has a CPU", START_WORKERS)
    asked = {
        ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=on_node(node["NodeID"]))(examine).remote(
            request["expected"]
        ): node
        for node in nodes
    }
    answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=SECONDS_FOR_NODES)
    for each, node in asked.items():
        problem = f"did not answer in {SECONDS_FOR_NODES:.0f} s"
        if each in answered:
            try:
                problem = ray.get(each)
            except ray.exceptions.RayError as error:
                problem = reason(error)
        name = f"{node['NodeManagerHostname']} ({node['NodeID'][:8]})"
        yield {"node": {"name": name, "cpus": int(node["Resources"]["CPU"]), "problem": problem}}


def on_node(node: str) -> Any:
    """A scheduling strategy of Ray: on this node."""
    strategies = importlib.import_module("ray.util.scheduling_strategies")
    return strategies.NodeAffinitySchedulingStrategy(node, soft=False)


def main() -> None:
    """Answer the request of the first line of the input; end at once if the process that started this one ends."""
    request = json.loads(sys.stdin.readline())
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Ray prints to the output
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    ray = importlib.import_module("ray")
    try:
        for answer in run(ray, request) if request["tasks"] is not None else examine_nodes(ray, request):
            print(json.dumps(answer), file=output, flush=True)
    except Unavailable as refused:
        what, remedy = refused.args
        print(json.dumps({"unavailable": what, "remedy": remedy}), file=output, flush=True)
    else:
        print(json.dumps({"ended": True}), file=output, flush=True)
    with suppress(Exception):
        ray.shutdown()


def _end_with_parent() -> None:
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)  # this process and those of its Ray


if __name__ == "__main__":
    main()

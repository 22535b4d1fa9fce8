"""Tasks run on a Ray of this machine: a killed worker costs an attempt, and nothing of Ray is left afterwards."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import duckdb
import psutil

from orchestration.engines.ray import RayEngine
from warehouse.processes.worker import Resources
from warehouse.rowwise import PartTask, RowwisePlan, save_plan

LANDED = '"warehouse"."landing"."calls"'
PLAN = RowwisePlan("fct_calls", LANDED, (), f"select n * 2 as n from {LANDED}", {})


def test_a_killed_worker_costs_one_attempt_and_nothing_of_ray_is_left(tmp_path: Path) -> None:
    plan, pipe, secret = tmp_path / "plan.json", tmp_path / "plan-of-one-task", tmp_path / "secret"
    secret.write_text("00" * 32)
    save_plan(PLAN, plan)
    os.mkfifo(pipe)  # who reads it waits for a writer
    tasks = []
    for number in range(3):
        rows = tmp_path / f"rows-{number}.parquet"
        duckdb.sql(f"select {number} * 10 + range as n from range(10)").write_parquet(str(rows))
        part = PartTask(str(pipe if number == 1 else plan), str(secret), [str(rows)], str(tmp_path / f"{number}.parquet"))
        tasks.append(part.as_task("fct_calls"))
    engine = RayEngine(
        address=None,
        workers=2,
        attempts=4,
        resources=Resources(threads=1, memory_limit="100MB", spill=str(tmp_path / "spill")),
        folder=tmp_path / "home" / "tmp" / "a-folder-whose-path-is-too-long-for-a-socket",
    )
    seen: dict[psutil.Process, set[str]] = {}
    others = set(psutil.Process().children(recursive=True))
    killer = threading.Thread(target=_kill_first_reader, args=(pipe, plan.read_text(), seen, others), daemon=True)
    killer.start()
    results = sorted(engine.run(tasks), key=lambda result: result.number)
    killer.join(timeout=10)
    assert [result.result["rows"] for result in results] == [10, 10, 10]
    assert [result.attempts for result in results] == [1, 2, 1]
    assert sorted(duckdb.read_parquet(str(tmp_path / "?.parquet")).fetchall()) == [(2 * n,) for n in range(30)]
    addresses = set().union(*seen.values())
    assert addresses
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert list((tmp_path / "home" / "tmp" / "a-folder-whose-path-is-too-long-for-a-socket").iterdir()) == []
    psutil.wait_procs(seen, timeout=10)
    assert [process for process in seen if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []


def _kill_first_reader(pipe: Path, text: str, seen: dict[psutil.Process, set[str]], others: set[psutil.Process]) -> None:
    """Kill the worker that reads the pipe, and write the text for the next one.

    `seen`: the processes of Ray, and the addresses on which each listens. `others`: processes that earlier tests started.
    """
    writer = os.open(pipe, os.O_WRONLY)
    for process in set(psutil.Process().children(recursive=True)) - others:
        seen[process] = {each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN}
    for process in seen:
        if any(os.path.realpath(file) == str(pipe) for file in Path(f"/proc/{process.pid}/fd").iterdir()):
            process.kill()
            process.wait(timeout=10)
            break  # the next reader may be one of these processes
    pipe.write_text(text)  # waits for the next reader; the pipe has a writer until then, so that who is early sees no end
    os.close(writer)

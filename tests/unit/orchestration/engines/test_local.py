"""The local engine repeats a task whose process fails or is killed, and ends all of them with the run."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.engines import TaskResult
from orchestration.engines.engine import share_of_memory
from orchestration.engines.local import LocalEngine
from warehouse.processes.worker import Resources, Task

ANSWER = json.dumps({"result": {"rows": 3}, "seconds": 2.5, "cpu_seconds": 1.5})


def tasks(count: int) -> list[Task]:
    return [Task("warehouse.x:run", {"output": f"part-{number}"}, "a part of fct_calls") for number in range(count)]


def engine(tmp_path: Path, script: str, workers: int = 2, attempts: int = 4) -> LocalEngine:
    """Workers that run a shell script; `$request` is the request, `$folder` a folder that all share."""
    command = ["sh", "-c", f"folder={tmp_path}; read -r request; {script}"]
    return LocalEngine(workers=workers, attempts=attempts, resources=Resources(), command=command)


def run(engine: LocalEngine, wanted: list[Task]) -> list[TaskResult]:
    """The results in the order of the tasks."""
    return sorted(engine.run(wanted), key=lambda result: result.number)


def test_every_task_has_a_result(tmp_path: Path) -> None:
    results = run(engine(tmp_path, f"echo '{ANSWER}'"), tasks(5))
    assert [(part.result["rows"], part.attempts, part.seconds, part.cpu_seconds) for part in results] == [(3, 1, 2.5, 1.5)] * 5
    assert [part.number for part in results] == [0, 1, 2, 3, 4]


def test_a_killed_worker_costs_one_attempt_more(tmp_path: Path) -> None:
    killed_once = f"if mkdir $folder/killed 2>/dev/null; then kill -KILL $$; fi; echo '{ANSWER}'"
    results = run(engine(tmp_path, killed_once), tasks(4))
    assert sorted(part.attempts for part in results) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -KILL $$", "ended by SIGKILL"),
        ("exit 3", "ended with 3"),
        ("""echo '{"error": "OutOfMemoryException: too little"}'""", "too little"),
    ],
)
def test_a_task_that_fails_in_every_attempt_stops_no_other(tmp_path: Path, script: str, reason: str) -> None:
    script = f"""case "$request" in *part-0*) mktemp $folder/attempt-XXXXXX >/dev/null; {script};; *) echo '{ANSWER}';; esac"""
    failed, done = run(engine(tmp_path, script), tasks(2))
    assert (failed.attempts, reason in failed.failure, failed.result) == (4, True, {})
    assert (done.attempts, done.failure, done.result) == (1, "", {"rows": 3})
    assert len(list(tmp_path.glob("attempt-*"))) == 4


@pytest.mark.parametrize("inputs", [1, 20_000])
def test_a_worker_that_ends_before_it_reads_its_task_is_an_attempt(monkeypatch: pytest.MonkeyPatch, inputs: int) -> None:
    """Also where the request is larger than the buffer of a pipe."""

    class Ended(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.wait()

    monkeypatch.setattr("orchestration.engines.local.subprocess.Popen", Ended)
    request = Task("warehouse.x:run", {"inputs": ["rows.parquet"] * inputs}, "a part of fct_calls")
    (failed,) = LocalEngine(workers=1, attempts=2, resources=Resources(), command=["sh", "-c", "exit 3"]).run([request])
    assert (failed.attempts, failed.failure) == (2, "the worker ended with 3")


def test_workers_that_have_imported_modules_serve_several_tasks(tmp_path: Path) -> None:
    once = 'case "$request" in *part-3*) if mkdir $folder/killed 2>/dev/null; then kill -KILL $$; fi;; esac'
    script = f"folder={tmp_path}; echo \"$@\" >> $folder/started; while read -r request; do {once}; echo '{ANSWER}'; done"
    command = ["sh", "-c", script, "sh"]
    kept = LocalEngine(workers=1, attempts=2, resources=Resources(), command=command)
    results = run(kept, [replace(task, preloaded=("json", "decimal")) for task in tasks(9)])
    assert [part.attempts for part in results] == [1, 1, 1, 2, 1, 1, 1, 1, 1]
    started = (tmp_path / "started").read_text().splitlines()
    assert started == ["json decimal"] * 2, "one, and one in place of the killed one"
    assert all(process.returncode is not None for process in kept._processes | {*kept._idle})


def test_workers_end_with_the_generator(tmp_path: Path) -> None:
    script = 'case "$request" in *part-0*) exit 1;; esac; echo $$ > $folder/pid; exec sleep 60'
    started = time.monotonic()
    wait = f'while [ ! -e $folder/pid ] && [ -z "${{request##*part-0*}}" ]; do sleep 0.01; done; {script}'
    with closing(engine(tmp_path, wait).run(tasks(2))) as results:
        assert next(results).failure
    assert time.monotonic() - started < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(("limit", "share"), [("12.0 GiB", "3221225kB"), ("4GB", "1000000kB"), ("1000 bytes", "1kB")])
def test_workers_share_the_memory(limit: str, share: str) -> None:
    assert share_of_memory(limit, 4) == share

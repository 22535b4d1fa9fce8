"""Runs whose facts an engine builds give the release of a run in one process, also when workers are killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Place
from tests.support.outdated_facts import newest_run, outdate_facts

# rows of the largest source of the sample city of tests
ROWS = 1_800


@pytest.mark.parametrize("engine", ["local", "ray", "a Ray of this machine"])
@pytest.mark.parametrize("parts", [1, 4, 8, 37])
def test_any_number_of_parts_gives_the_same_release(
    place: Place, engine: str, parts: int, request: pytest.FixtureRequest
) -> None:
    settings = {"LEVELGROUND_ENGINE": "local" if engine == "local" else "ray"}
    if engine == "ray":
        settings = request.getfixturevalue("ray").settings
    outdate_facts(place.home)
    report = place.run(env={**settings, "LEVELGROUND_PART_ROWS": str(-(-ROWS // parts))})
    assert report["outcome"] == "unchanged"  # the content hash is that of the release
    used = json.loads(newest_run(place.home).read_text())["engine"]
    assert used["tasks"] == used["attempts"] >= max(parts, 4)
    assert not used["repeated"]
    assert len(used["workers"]) <= (2 if engine == "ray" else 1)


def test_a_killed_worker_costs_one_attempt_and_four_fail_the_run(place: Place) -> None:
    before = place.published()
    outdate_facts(place.home)
    with _engine_run(place, attempts=1) as run:
        _kill_worker(run)
        assert run.stderr is not None
        message = run.stderr.read()
    assert run.returncode == 1
    assert "could not be built in 1 attempts (the worker was ended by SIGKILL)" in message
    assert place.published() == before
    with _engine_run(place, attempts=4) as run:
        _kill_worker(run)
        assert run.stderr is not None
        run.stderr.read()
    assert run.returncode == 0
    engine = json.loads(newest_run(place.home).read_text())["engine"]
    assert engine["attempts"] == engine["tasks"] + 1
    assert place.published() == before
    assert not list((place.home / "tmp").glob("parts-*"))


def test_a_night_builds_only_the_parts_of_its_months(place: Place, tmp_path: Path) -> None:
    """Payments from 2024 on are delivered again, with one more line: those of 2023 keep their parts.

    A rebuild without engine and lake gives the same release.
    """
    lake = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(tmp_path / "lake"), "LEVELGROUND_PART_ROWS": "100"}
    _deliver_since_2024(place)
    outdate_facts(place.home)
    report = place.run(env=lake)
    assert report["outcome"] == "released"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "lake").glob("*/*.parquet")}
    _deliver_since_2024(place)
    report = place.run(env=lake)
    assert report["outcome"] == "released"
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "lake").glob("*/*.parquet")}
    assert before.items() < after.items()
    built = after.keys() - before
    assert {path.parent.name for path in built} == {"fct_payments"}
    assert json.loads(newest_run(place.home).read_text())["engine"]["tasks"] == len(built)
    manifest = json.loads((place.home / "releases" / report["release_id"] / "manifest.json").read_text())
    payments = {Path(part["file"]) for part in manifest["parts"]["marts.fct_payments"]}
    assert payments - built, "those of 2023"
    assert payments - built < before.keys()
    # the content hash of tables that one process has built
    assert place.run("--full-refresh")["outcome"] == "unchanged"
    assert place.levelground("lake", "prune").returncode == 0
    assert after.keys() == {*(tmp_path / "lake").glob("*/*.parquet")}, "both releases are kept"


def _deliver_since_2024(place: Place) -> None:
    """Replace the delivery of payments by its lines from 2024 on, with the first one once more."""
    folder = place.deliveries / "comptroller__checkbook"
    files = sorted(folder.glob("*.parquet"))
    lines = duckdb.read_parquet([str(path) for path in files]).filter("date >= '2024-01-01'").to_arrow_table()
    for path in files:
        path.unlink()
    pq.write_table(pa.concat_tables([lines, lines.slice(0, 1)]), folder / "since-2024.parquet")


@contextmanager
def _engine_run(place: Place, attempts: int) -> Iterator[subprocess.Popen[str]]:
    command = [str(Path(sys.executable).parent / "levelground"), "run", "--deliveries", str(place.deliveries)]
    settings = {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_SCORECARD": "none", "PATH": ""}
    settings |= {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_PART_ROWS": "300", "LEVELGROUND_TASK_ATTEMPTS": str(attempts)}
    with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT) as run:
        yield run


def _kill_worker(run: subprocess.Popen[str]) -> None:
    """Kill the first worker that the run starts."""
    ends = time.monotonic() + 600
    while time.monotonic() < ends:
        for child in psutil.Process(run.pid).children():
            if "warehouse.worker" in child.cmdline():
                child.kill()
                return
        time.sleep(0.005)
    raise AssertionError("the run started no worker")

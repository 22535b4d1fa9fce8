"""Runs whose facts an engine builds give the release of a run in one process, also when workers are killed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.bench.city.making import MAKERS, make_nightly
from tests.conftest import ROOT
from tests.e2e.conftest import Place
from tests.support.outdated_facts import FACTS, newest_run, outdate_facts
from tests.support.released_content import released_content
from warehouse.fingerprint import file_sha256

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


def test_tasks_read_the_files_of_a_delivery_also_when_one_is_killed(place: Place, tmp_path: Path) -> None:
    """Payments are delivered in several files; a first run, so that every delivery is read."""
    home = tmp_path / "home"
    with _engine_run(place, attempts=4, home=home, part_rows=50) as run:
        _kill_worker(run)
        assert run.stderr is not None
        progress = run.stderr.read()
    assert run.returncode == 0, progress[-2000:]
    assert "the rows of comptroller__checkbook" in progress
    engine = json.loads(newest_run(home).read_text())["engine"]
    assert engine["attempts"] == engine["tasks"] + 1
    assert released_content(home) == released_content(place.home)
    for source in ("comptroller__checkbook", "ucc__service_requests"):
        (batch,) = (home / "deliveries" / source).glob("*/batch.parquet")
        assert file_sha256(batch) == file_sha256(place.home / batch.relative_to(home))


def test_a_night_of_one_percent_builds_only_the_parts_of_its_months(place: Place, tmp_path: Path) -> None:
    """New and corrected rows of all four sources, and a later end of data: every part without such a row stays as it was.

    A rebuild without engine and lake gives the same release.
    """
    lake = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(tmp_path / "lake"), "LEVELGROUND_PART_ROWS": "100"}
    _deliver_since_2024(place)
    assert place.run(env=lake)["outcome"] == "released"
    before = _hashes(tmp_path / "lake")
    followed = _followed_until(place)
    as_of = make_nightly(place.deliveries, tmp_path / "night").as_of
    night = ("run", "--deliveries", tmp_path / "night", "--as-of", as_of, "--json")
    report = place.levelground.json(*night, env=lake)
    assert report["outcome"] == "released"
    after = _hashes(tmp_path / "lake")
    assert before.items() < after.items()
    built = after.keys() - before
    assert {path.parent.name for path in built} == set(FACTS)
    assert json.loads(newest_run(place.home).read_text())["engine"]["tasks"] == len(built)
    loads = {source["load_id"] for source in report["sources"] if source["source"] in MAKERS}
    for path in built:
        assert loads.intersection(duckdb.read_parquet(str(path)).select("_load_id").fetchnumpy()["_load_id"]), path
    manifest = json.loads((place.home / "releases" / report["release_id"] / "manifest.json").read_text())
    for fact in FACTS:
        kept = {Path(part["file"]) for part in manifest["parts"][f"marts.{fact}"]} - built
        assert kept, fact
        assert kept < before.keys()
    assert _followed_until(place) > followed
    # the content hash of tables that one process has built
    assert place.levelground.json(*night, "--full-refresh")["outcome"] == "unchanged"
    assert place.levelground("lake", "prune").returncode == 0
    assert after.keys() == {*(tmp_path / "lake").glob("*/*.parquet")}, "both releases are kept"


def test_files_of_one_month_each_build_the_parts_of_their_months(place: Place, tmp_path: Path) -> None:
    lake = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(tmp_path / "lake"), "LEVELGROUND_PART_ROWS": "60"}
    files = _deliver_by_month(place)
    assert place.run(env=lake)["outcome"] == "released"
    before = _hashes(tmp_path / "lake")
    # the files from the second year on again, the last one with its first line once more
    for path in files[:12]:
        path.unlink()
    lines = pq.read_table(files[-1])
    pq.write_table(pa.concat_tables([lines, lines.slice(0, 1)]), files[-1])
    report = place.run(env=lake)
    assert report["outcome"] == "released"
    after = _hashes(tmp_path / "lake")
    assert before.items() < after.items()
    built = after.keys() - before
    assert {path.parent.name for path in built} == {"fct_payments"}
    manifest = json.loads((place.home / "releases" / report["release_id"] / "manifest.json").read_text())
    listed = {Path(part["file"]) for part in manifest["parts"]["marts.fct_payments"]}
    years = "year(occurred_on) as year"
    assert duckdb.read_parquet([str(path) for path in listed - built]).select(years).distinct().fetchall() == [(2023,)]
    assert duckdb.read_parquet([str(path) for path in built]).filter("year(occurred_on) = 2023").fetchall() == []
    assert place.run("--full-refresh")["outcome"] == "unchanged"


def _deliver_since_2024(place: Place) -> None:
    """Replace the delivery of payments by its lines from 2024 on, with the first one once more."""
    folder = place.deliveries / "comptroller__checkbook"
    files = sorted(folder.glob("*.parquet"))
    lines = duckdb.read_parquet([str(path) for path in files]).filter("date >= '2024-01-01'").to_arrow_table()
    for path in files:
        path.unlink()
    pq.write_table(pa.concat_tables([lines, lines.slice(0, 1)]), folder / "since-2024.parquet")


def _deliver_by_month(place: Place) -> list[Path]:
    """Replace the delivery of payments by the same lines in a file per month."""
    folder = place.deliveries / "comptroller__checkbook"
    files = sorted(folder.glob("*.parquet"))
    lines = duckdb.read_parquet([str(path) for path in files]).select("*, strftime(\"date\", '%Y-%m') as month")
    for (month,) in lines.select("month").distinct().order("month").fetchall():
        rows = lines.filter(f"month = '{month}'").select("* exclude (month)").to_arrow_table()
        pq.write_table(rows, folder / f"{month}.parquet")
    for path in files:
        path.unlink()
    return sorted(folder.glob("*.parquet"))


def _hashes(lake: Path) -> dict[Path, str]:
    """The SHA-256 of each part."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in lake.glob("*/*.parquet")}


def _followed_until(place: Place) -> str:
    (row,) = place.levelground.ask("select max(followed_until_at) as until from fct_service_requests")
    return str(row["until"])


@contextmanager
def _engine_run(place: Place, attempts: int, home: Path | None = None, part_rows: int = 300) -> Iterator[subprocess.Popen[str]]:
    command = [str(Path(sys.executable).parent / "levelground"), "run", "--deliveries", str(place.deliveries)]
    settings = {"LEVELGROUND_HOME": str(home or place.home), "LEVELGROUND_SCORECARD": "none", "PATH": ""}
    settings |= {
        "LEVELGROUND_ENGINE": "local",
        "LEVELGROUND_PART_ROWS": str(part_rows),
        "LEVELGROUND_TASK_ATTEMPTS": str(attempts),
    }
    with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT) as run:
        yield run


def _kill_worker(run: subprocess.Popen[str]) -> None:
    """Kill the first worker that the run starts."""
    ends = time.monotonic() + 600
    while time.monotonic() < ends:
        for child in psutil.Process(run.pid).children():
            # a child that has just ended has no command line
            with suppress(psutil.NoSuchProcess):
                if "warehouse.processes.worker" in child.cmdline():
                    child.kill()
                    return
        time.sleep(0.005)
    raise AssertionError("the run started no worker")

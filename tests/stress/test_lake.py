"""A lake in use: parts that are deleted by hand or left by failed runs, and readers during a commit."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Place
from tests.support.outdated_facts import newest_run, outdate_facts
from tests.support.small_home import COLUMNS, FIRST, HEADER, LOAD, SmallHome
from tests.support.visits import visits_contract
from warehouse.connection import open_from_disk, run_query
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases import known_releases, prune, read_manifest, remove_unneeded, verify

NIGHTS, READERS = 10, 8
FACTS = "select * from marts.fct_payments order by all"
# prints, for as long as its input is open, the releases that it has met; each must be one of the known states, whole
READER = """
import json, select, sys
from pathlib import Path
from warehouse.connection import open_reader
seen = set()
while True:
    ends = bool(select.select([sys.stdin], [], [], 0)[0])
    with open_reader(Path(sys.argv[1])) as reader:
        digest = "select md5(string_agg(note, ',' order by note)) from fct_visits"
        texts = {reader.execute(digest).fetchone()[0] for _ in range(3)}
        assert len(texts) == 1, "one snapshot per reader"
        seen |= texts
        if len(seen) == 1:
            print("reads", flush=True)
    if ends:
        break
print(json.dumps(sorted(seen)))
"""


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    home = Home(tmp_path / "home")
    home.ensure()
    small = SmallHome(home, visits_contract(columns=COLUMNS, load=LOAD), tmp_path)
    small.take(FIRST)
    small.release(1, in_lake=True)
    return small


def _night(small: SmallHome, number: int) -> None:
    """Correct some of the first 200 records: the parts of the others stay."""
    small.take(HEADER + "".join(f"VISIT-{n:05},2025-05-01,night-{number:02}-{n:05}\n" for n in range(0, 200, 7)))
    small.release(number, in_lake=True)


def _content(home: Home, release_id: str) -> list[Any]:
    with open_from_disk(home.release(release_id) / ANALYST_FILE, "kept") as con:
        return con.execute("select visit_number, note from kept.marts.fct_visits order by all").fetchall()


def test_an_old_release_is_readable_after_ten_nights(small: SmallHome) -> None:
    home = small.home
    (first,) = known_releases(home)
    before = _content(home, first)
    for number in range(2, NIGHTS + 2):
        _night(small, number)
    assert remove_unneeded(home) == []
    assert _content(home, first) == before
    assert all(verify(home, release_id) for release_id in known_releases(home))
    prune(home, keep=2)
    assert remove_unneeded(home)
    assert all(verify(home, release_id) for release_id in known_releases(home)), "a kept release has its parts"


def test_eight_readers_during_commits_see_one_release_each(small: SmallHome) -> None:
    command = [sys.executable, "-c", READER, str(small.home.published_analyst)]
    readers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reads\n"
        for number in range(2, 7):
            _night(small, number)
            time.sleep(0.5)
        answers = [reader.communicate("end\n", timeout=120) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
    assert [reader.returncode for reader in readers] == [0] * READERS, answers
    states = {_digest(small.home, release_id) for release_id in known_releases(small.home)}
    seen = [set(json.loads(output.splitlines()[-1])) for output, _ in answers]
    assert len(states) == 6
    assert all(found <= states and len(found) > 1 for found in seen), "each reader met several releases, none half of one"


def _digest(home: Home, release_id: str) -> str:
    with open_from_disk(home.release(release_id) / ANALYST_FILE, "kept") as con:
        found = con.execute("select md5(string_agg(note, ',' order by note)) from kept.marts.fct_visits").fetchone()
    assert found is not None
    return str(found[0])


def test_runs_with_missing_and_failed_parts_give_the_same_release(place: Place, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    env = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(lake), "LEVELGROUND_PART_ROWS": "100"}
    deliver_payments(place, "2024-01-01")
    outdate_facts(place.home)
    assert place.run(env=env)["outcome"] == "released"
    home = Home(place.home)
    assert place.run("--full-refresh")["outcome"] == "unchanged", "the content hash of tables that one process has built"

    # the parts of a failed run are in no manifest, and a rerun builds them again
    before = place.published()
    deliver_payments(place, "2024-01-01")
    _fail_with_parts(place, env)
    assert place.published() == before
    assert place.run(env=env)["outcome"] == "released"

    # a part that is deleted by hand
    report_id = json.loads((place.home / "published" / "current.json").read_text())["release_id"]
    rows = run_query(home.published_analyst, FACTS, 60).to_pylist()
    lost = Path(read_manifest(home, report_id).parts["marts.fct_payments"][-1].file)
    lost.unlink()
    checked = place.levelground("lake", "verify", env=env)
    assert checked.returncode == 1
    assert f"the part {lost} is missing" in checked.stderr
    found = json.loads(place.levelground("doctor", "--json", env=env).stdout)["findings"]
    assert [result["verdict"] for result in found if result["check"] == "lake"] == ["wrong"]
    report = place.run(env=env)
    assert report["outcome"] == "released"
    assert f"the part {lost} is missing" in str(json.loads(newest_run(place.home).read_text())["notes"])
    assert run_query(home.published_analyst, FACTS, 60).to_pylist() == rows
    assert place.levelground("lake", "verify", env=env).returncode == 0


def _fail_with_parts(place: Place, env: dict[str, str]) -> None:
    """Kill a worker of a run with one attempt when the first part is written: that part stays, in no manifest."""
    lake = Path(env["LEVELGROUND_LAKE"])
    before = {*lake.glob("*/*.parquet")}
    settings = {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_SCORECARD": "none", "PATH": "", "LEVELGROUND_THREADS": "1"}
    command = [str(Path(sys.executable).parent / "levelground"), "run", "--deliveries", str(place.deliveries)]
    with subprocess.Popen(command, env=env | settings | {"LEVELGROUND_TASK_ATTEMPTS": "1"}, cwd=ROOT) as run:
        ends = time.monotonic() + 900
        while run.poll() is None and time.monotonic() < ends:
            if {*lake.glob("*/*.parquet")} - before:
                for worker in psutil.Process(run.pid).children():
                    worker.kill()
            time.sleep(0.005)
    assert run.returncode == 1
    left = {*lake.glob("*/*.parquet")} - before
    assert left, "the run has written a part"
    home = Home(place.home)
    listed = {part.file for release_id in known_releases(home) for part in read_manifest(home, release_id).all_parts}
    assert not listed & {str(path) for path in left}


def deliver_payments(place: Place, since: str) -> None:
    """Replace the delivery of payments by its lines of some months, with the first one once more."""
    folder = place.deliveries / "comptroller__checkbook"
    files = sorted(folder.glob("*.parquet"))
    lines = duckdb.read_parquet([str(path) for path in files]).filter(f"date >= '{since}'").to_arrow_table()
    for path in files:
        path.unlink()
    pq.write_table(pa.concat_tables([lines, lines.slice(0, 1)]), folder / "since.parquet")

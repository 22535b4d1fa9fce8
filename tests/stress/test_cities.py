"""Two cities on an engine give the releases that they give one by one, also if a worker is killed, and are united by city."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import psutil
import pytest

from ingest.sample import write_sample
from tests.conftest import ROOT
from tests.stress.small import write_small_city
from tests.stress.test_kansas_city import survey_of
from tests.support.kansas_city import write_deliveries
from tests.support.released_content import released_content

COMMAND = str(Path(sys.executable).parent / "levelground")
CITIES = ("sampleton", "kansas_city")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries of both cities, a file that lists them and a city that fails, and their homes on the engine."""
    root = tmp_path_factory.mktemp("cities")
    write_small_city(root / "sampleton")
    write_sample(root / "survey", rows=1_000)
    write_deliveries(root / "kansas_city", survey_of(root / "survey"))
    entries = [f"- {{name: {name}, home: homes/{name}, deliveries: {name}}}" for name in CITIES]
    entries.append("- {name: springfield, home: homes/springfield, deliveries: kansas_city}")
    (root / "cities.yml").write_text("cities:\n" + "\n".join(entries))
    return root


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEVELGROUND_")}
    own = {"LEVELGROUND_HOME": str(home), "LEVELGROUND_SCORECARD": "none", "LEVELGROUND_CACHE": "none"}
    return kept | own | settings


def levelground(*arguments: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], env=environment(home, **settings), cwd=ROOT, capture_output=True, text=True, timeout=3_000,
        check=False,
    )  # fmt: skip


def kill_worker_of(command: subprocess.Popen[str], home: Path) -> None:
    """Kill the worker that runs a city, once the run of the city has begun."""
    ends = time.monotonic() + 600
    while time.monotonic() < ends:
        for worker in psutil.Process(command.pid).children():
            if (
                worker.children()
                and worker.children()[0].environ().get("LEVELGROUND_HOME") == str(home)
                and list((home / "runs").glob("*.json"))
            ):
                worker.kill()
                return
        time.sleep(0.05)
    raise AssertionError("no worker runs the city")


def test_cities_on_the_engine_give_the_hashes_that_they_give_one_by_one(root: Path) -> None:
    file = str(root / "cities.yml")
    # homes on the engine begin from a blank home, which one of them makes, and those one by one do not
    settings = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_THREADS": "2", "LEVELGROUND_CACHE": str(root / "cache")}
    with subprocess.Popen(
        [COMMAND, "cities", "run", file, "--json"], env=environment(root / "coalition", **settings), cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        kill_worker_of(command, root / "homes" / "kansas_city")
        states = json.loads(levelground("cities", "status", file, "--json", home=root / "coalition").stdout)
        assert [state["city"] for state in states] == [*CITIES, "springfield"]
        output, errors = command.communicate(timeout=3_000)
    assert command.returncode == 1, errors
    runs = {run["city"]: run for run in json.loads(output)}
    assert {name: (run["outcome"], run["attempts"]) for name, run in runs.items()} == {
        "sampleton": ("released", 1), "kansas_city": ("released", 2), "springfield": ("failed", 1),
    }  # fmt: skip
    assert "they must name one city" in runs["springfield"]["message"]
    assert len([path for path in (root / "cache").iterdir() if path.is_dir()]) == 1, "one blank home, and nothing unfinished"
    for name in CITIES:
        one = levelground("run", "--deliveries", str(root / name), home=root / "one_by_one" / name)
        assert one.returncode in (0, 4), one.stderr
        assert released_content(root / "homes" / name) == released_content(root / "one_by_one" / name), name


def test_public_tables_are_united_by_city(root: Path) -> None:
    out, file = root / "all.duckdb", str(root / "cities.yml")
    united = levelground("cities", "union", file, "--out", str(out), home=root / "coalition")
    assert united.returncode == 4, united.stderr
    assert "without a release: springfield" in united.stderr
    with duckdb.connect(str(out), read_only=True) as connection:
        tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        for city in CITIES:
            path = root / "homes" / city / "published" / "levelground_public.duckdb"
            with duckdb.connect(str(path), read_only=True) as public:
                for table in tables:
                    rows = public.execute(f"select count(*) from published.{table}").fetchone()
                    query = f"select count(*) from published.{table} where city = '{city}'"
                    assert connection.execute(query).fetchone() == rows, (city, table)
        assert connection.execute("select distinct city from published.equity_measures order by 1").fetchall() == [
            ("kansas_city",), ("sampleton",),
        ]  # fmt: skip

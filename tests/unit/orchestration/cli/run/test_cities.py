"""`levelground cities run`, `status` and `union` print a line per city, as JSON too, and end with the code of the worst city."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.cities import batch
from orchestration.engines import EngineFailed
from tests.conftest import CommandLine
from tests.support.cities_engine import REPORT, InThisProcess
from warehouse.processes.worker import Resources, Task

FILE = "cities:\n- {name: one, home: one, deliveries: live}\n- {name: two, home: two, deliveries: live}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cities.yml"
    path.write_text(FILE)
    return path


@pytest.fixture
def levelground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, on which the run of `two` ends with exit 3 and that of `one` with a release and a stale source."""
    monkeypatch.setattr("orchestration.engines.task_runner.start_engine", lambda *_, **__: InThisProcess(2, Resources()))
    script = f"case $LEVELGROUND_HOME in *two) echo 'levelground: a gate blocked' >&2; exit 3;; esac; echo '{json.dumps(REPORT)}'"
    monkeypatch.setattr(batch, "COMMAND", ("sh", "-c", script))
    return CommandLine(tmp_path / "coalition")


def publish(home: Path) -> None:
    (home / "published").mkdir(parents=True)
    with duckdb.connect(home / "published" / "levelground_public.duckdb") as connection:
        connection.execute("create schema published; create table published.equity_measures as select 1 as numerator")
        connection.execute("create table published.release as select '1' as release_id, 'v' as code_version")


def test_run_prints_each_city_and_a_table(levelground: CommandLine, file: Path) -> None:
    ended = levelground("cities", "run", file)
    assert ended.returncode == 1, "a run without a record failed"
    lines = ended.stdout.splitlines()
    assert lines[0].startswith(f"one: released, {REPORT['release_id']}, 0:00, late: t")
    assert lines[1].startswith("two: failed, 0:00, a gate blocked")
    assert [line.split()[:2] for line in lines[3:]] == [["city", "outcome"], ["one", "released"], ["two", "failed"]]
    only = levelground("cities", "run", file, "--only", "one", "--json")
    assert only.returncode == 4
    (run,) = json.loads(only.stdout)
    assert (run["city"], run["outcome"], run["late"]) == ("one", "released", ["t"])


def test_a_city_that_is_not_listed_is_refused(levelground: CommandLine, file: Path) -> None:
    refused = levelground("cities", "run", file, "--only", "tow")
    assert (refused.returncode, "lists no city 'tow'. Did you mean two?" in refused.stderr) == (2, True)
    unnamed = levelground("cities", "status")
    assert (unnamed.returncode, "no file lists the cities" in unnamed.stderr) == (2, True)
    assert levelground("cities", "status", env={"LEVELGROUND_CITIES": str(file)}).returncode == 4


def test_an_engine_that_starts_no_task_ends_with_its_reason(
    levelground: CommandLine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EngineFailed(Task("x:y", {}, "the city one"), 5, "no node is alive")

    monkeypatch.setattr("orchestration.engines.task_runner.start_engine", fail)
    failed = levelground("cities", "run", file)
    assert (failed.returncode, "no node is alive" in failed.stderr) == (1, True)


def test_status_has_a_row_per_city(levelground: CommandLine, file: Path) -> None:
    found = levelground("cities", "status", file)
    assert found.returncode == 4
    assert [line.split()[:5] for line in found.stdout.splitlines()[1:]] == [
        ["one", "-", "-", "no", "home"], ["two", "-", "-", "no", "home"],
    ]  # fmt: skip
    states = json.loads(levelground("cities", "status", file, "--json").stdout)
    assert [(state["city"], state["last_run"]) for state in states] == [("one", "no home"), ("two", "no home")]


def test_union_names_cities_without_a_release(levelground: CommandLine, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.duckdb"
    nothing = levelground("cities", "union", file, "--out", out)
    assert (nothing.returncode, "no city of the file has a release yet" in nothing.stderr) == (2, True)
    publish(tmp_path / "one")
    some = levelground("cities", "union", file, "--out", out)
    assert (some.returncode, "without a release: two" in some.stderr) == (4, True)
    assert "Never add figures of cities up" in some.stdout
    publish(tmp_path / "two")
    (tmp_path / "two" / "home.json").write_text('{"city": "three", "deliveries": "live"}')
    mixed = levelground("cities", "union", file, "--out", out)
    assert (mixed.returncode, "holds three, not two" in mixed.stderr) == (2, True)
    (tmp_path / "two" / "home.json").unlink()
    assert levelground("cities", "union", file, "--out", out).returncode == 0
    with duckdb.connect(out, read_only=True) as connection:
        assert connection.execute("select city from published.equity_measures order by 1").fetchall() == [("one",), ("two",)]


def test_a_site_is_refused_where_it_would_delete_files_or_has_nothing_to_compare(
    levelground: CommandLine, file: Path, tmp_path: Path
) -> None:
    publish(tmp_path / "one")
    union = ("cities", "union", file, "--out", tmp_path / "all.duckdb", "--only", "one", "--site")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.txt").touch()
    refused = levelground(*union, tmp_path / "own")
    assert (refused.returncode, "has files that are no such site" in refused.stderr) == (2, True)
    assert not (tmp_path / "all.duckdb").exists()
    old = levelground(*union, tmp_path / "site")
    assert (old.returncode, "no city of the file has a scorecard" in old.stderr) == (1, True), old.stderr
    assert not (tmp_path / "site").exists()

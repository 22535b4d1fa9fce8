"""`levelground cities start` runs each city of a list once, lists those that failed, and goes on with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.cities import batch
from orchestration.runs.record import RELEASED, RunStore
from tests.conftest import CommandLine
from tests.support.cities_engine import REPORT, InThisProcess
from tests.support.run_records import run_record
from warehouse.paths import Home
from warehouse.processes.worker import Resources

# a run that fails for Saint Paul until a file exists, and leaves the run record and release of a city that is done
SCRIPT = """
case $LEVELGROUND_HOME in */saint_paul/home) [ -e "$FIXED" ] || {{ echo 'levelground: no memory' >&2; exit 1; }};; esac
echo "$LEVELGROUND_HOME $LEVELGROUND_CITY" >> "$RUNS"
cp -r "$DONE/runs" "$DONE/published" "$LEVELGROUND_HOME/"
echo '{report}'
"""


@pytest.fixture
def levelground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, on an engine of this process, with runs that take no time."""
    monkeypatch.setattr("orchestration.engines.task_runner.start_engine", lambda *_, **__: InThisProcess(2, Resources()))
    done = Home(tmp_path / "done")
    done.ensure()
    release = {"release_id": "20251201T000000Z-00000000", "created_at": "2025-12-01T00:00:00Z", "content_hash": "0"}
    done.current_json.write_text(json.dumps(release | {"data_as_of": "2025-11-30T00:00:00"}))
    RunStore(done.runs).save(run_record(outcome=RELEASED, exit_code=0, number=1))
    monkeypatch.setattr(batch, "COMMAND", ("sh", "-c", SCRIPT.format(report=json.dumps(REPORT))))
    monkeypatch.setenv("DONE", str(done.root))
    monkeypatch.setenv("RUNS", str(tmp_path / "runs.txt"))
    monkeypatch.setenv("FIXED", str(tmp_path / "fixed"))
    return CommandLine(tmp_path / "coalition")


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    table = tmp_path / "national" / "urban__employment"
    table.mkdir(parents=True)
    (table / "rows.csv").write_text("year\n2023\n")
    (tmp_path / "list.txt").write_text("Milwaukee\nSaint Paul, Minnesota\nMadison, Wisconsin\n")
    return ["--file", str(tmp_path / "list.txt"), "--data", str(tmp_path / "national"), "--out", str(tmp_path / "cities")]


def test_a_second_start_goes_on_with_the_cities_that_are_not_done(
    levelground: CommandLine, arguments: list[str], tmp_path: Path
) -> None:
    first = levelground("cities", "start", *arguments)
    assert first.returncode == 1, first.stderr
    lines = first.stdout.splitlines()
    assert lines[0] == f"3 cities of {tmp_path}/cities/cities.yml: 0 done, 3 to run"
    assert [line.split(",")[0] for line in lines[1:4]] == [
        "1 of 3: milwaukee: released", "2 of 3: saint_paul: failed", "3 of 3: madison: released",
    ]  # fmt: skip
    assert "not done; the same command runs them again" in first.stdout and "no memory" in first.stdout
    (tmp_path / "fixed").touch()
    second = levelground("cities", "start", *arguments)
    assert second.returncode == 4, "the run that is reported has a late source"
    assert second.stdout.splitlines()[0].endswith(": 2 done, 1 to run")
    third = levelground("cities", "start", *arguments)
    assert (third.returncode, third.stdout.splitlines()[0].endswith(": 3 done, 0 to run")) == (0, True)
    assert f"levelground cities union {tmp_path}/cities/cities.yml" in third.stdout
    homes = [line.split()[0].split("/")[-2] for line in (tmp_path / "runs.txt").read_text().splitlines()]
    assert homes == ["milwaukee", "madison", "saint_paul"], "each city ran once"


def test_runs_are_printed_as_json(levelground: CommandLine, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "fixed").touch()
    ended = levelground("cities", "start", *arguments, "--json")
    assert [run["city"] for run in json.loads(ended.stdout)] == ["milwaukee", "saint_paul", "madison"]


def test_nothing_is_written_if_a_line_names_no_city(levelground: CommandLine, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("Milwaukee\nGotham\n")
    refused = levelground("cities", "start", *arguments)
    assert (refused.returncode, f"{tmp_path}/list.txt:2: no city" in refused.stderr) == (2, True)
    assert not (tmp_path / "cities").exists()

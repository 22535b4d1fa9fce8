"""Each city is a task that runs `levelground run` for its home; a city that fails or is killed does not stop the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from orchestration.cities import CityHome, CityRun, batch, exit_code_of, read_homes, run_cities
from orchestration.settings import Settings
from tests.support.cities_engine import REPORT, InThisProcess
from warehouse.processes.worker import Resources

Run = Callable[..., list[CityRun]]


@pytest.fixture
def cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs cities named `one` and `two` by a shell script, in which $HOMENAME is the name of the home."""
    monkeypatch.setattr(
        "orchestration.engines.task_runner.start_engine",
        lambda settings, *_, **__: InThisProcess(settings.task_attempts, Resources(1, "1 GiB")),
    )
    (tmp_path / "cities.yml").write_text("cities: [{name: one, home: one, deliveries: live}, {name: two, home: two}]")

    def run(script: str, homes: Sequence[CityHome] | None = None, **environment: str) -> list[CityRun]:
        monkeypatch.setattr(batch, "COMMAND", ("sh", "-c", f'name=$(basename "$LEVELGROUND_HOME"); {script}'))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        done: list[CityRun] = []
        runs = run_cities(Settings.from_environment(), homes or read_homes(tmp_path / "cities.yml"), done.append)
        assert done == runs
        return runs

    return run


def test_a_run_is_reported_with_its_release_and_log(cities: Run, tmp_path: Path) -> None:
    first, second = cities(f"echo working >&2; echo '{json.dumps(REPORT)}'; exit 4")
    assert (first.city, first.outcome, first.exit_code, first.release_id) == ("one", "released", 4, REPORT["release_id"])
    assert (first.rows, first.late, first.attempts, first.is_done) == (3, ("t",), 1, True)
    assert first.log is not None
    assert Path(first.log).read_text().startswith("working\n{")
    assert Path(str(second.log)).parent == tmp_path / "two" / "logs"
    assert exit_code_of([first, second]) == 4


def test_a_city_gets_its_own_settings_and_no_engine_lake_or_address(cities: Run, tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "city.yml").write_text("city: two\n")
    text = """
    cities:
    - {name: one, home: one, deliveries: live, hash_key_env: KEY_OF_ONE}
    - name: two
      home: two
      layer: layer
      settings: {LEVELGROUND_ENGINE: local, LEVELGROUND_LAKE: /srv/two, LEVELGROUND_THREADS: 7}
    """
    (tmp_path / "cities.yml").write_text(text)
    cities(
        f"env | grep ^LEVELGROUND_ | sort > {tmp_path}/$name.env", LEVELGROUND_ENGINE="local", LEVELGROUND_LAKE="/srv/lake",
        LEVELGROUND_CITIES="cities.yml", LEVELGROUND_DELIVERIES="sample", LEVELGROUND_HASH_KEY="secret-of-all-000000000000000000",
        LEVELGROUND_DPT_TOKEN="token", LEVELGROUND_KEEP_RELEASES="3", LEVELGROUND_SCORECARD_URL="https://all.example",
        LEVELGROUND_SOURCES="contracts", KEY_OF_ONE="secret-of-one",
    )  # fmt: skip
    one, two = (dict(line.split("=", 1) for line in (tmp_path / f"{n}.env").read_text().splitlines()) for n in ("one", "two"))
    common = {
        "LEVELGROUND_DPT_TOKEN": "token",
        "LEVELGROUND_KEEP_RELEASES": "3",
        "LEVELGROUND_MEMORY_LIMIT": "1 GiB",
        "LEVELGROUND_SOURCES": str(Path.cwd() / "contracts"),
    }
    assert {name: one.get(name) for name in common} == common
    assert (one["LEVELGROUND_HOME"], one["LEVELGROUND_CITY"]) == (str(tmp_path / "one"), "one")
    of_the_command = {"LEVELGROUND_ENGINE", "LEVELGROUND_LAKE", "LEVELGROUND_CITIES", "LEVELGROUND_SCORECARD_URL"}
    assert not of_the_command & one.keys()
    assert (one["LEVELGROUND_DELIVERIES"], one["LEVELGROUND_HASH_KEY"], one["LEVELGROUND_THREADS"]) == (
        "live",
        "secret-of-one",
        "1",
    )
    assert (two["LEVELGROUND_CITY"], two["LEVELGROUND_LAKE"]) == (str(tmp_path / "layer"), "/srv/two")
    assert (two["LEVELGROUND_ENGINE"], two["LEVELGROUND_THREADS"]) == ("local", "7")
    assert two["LEVELGROUND_HASH_KEY"].startswith("secret-of-all")
    assert "LEVELGROUND_DELIVERIES" not in two


def test_without_an_engine_a_city_has_the_whole_machine(cities: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEVELGROUND_ENGINE", raising=False)
    cities(f"env > {tmp_path}/$name.env", LEVELGROUND_MEMORY_LIMIT="3GB", LEVELGROUND_THREADS="5")
    found = (tmp_path / "one.env").read_text()
    assert "LEVELGROUND_MEMORY_LIMIT=3GB" in found
    assert "LEVELGROUND_THREADS=5" in found


def test_a_city_that_fails_does_not_stop_the_others(cities: Run) -> None:
    blocked, released = cities(
        f"if [ $name = one ]; then echo 'levelground: a gate blocked' >&2; exit 3; fi; echo '{json.dumps(REPORT)}'"
    )
    assert (blocked.outcome, blocked.exit_code, blocked.message) == ("failed", 3, "a gate blocked")
    assert released.is_done


@pytest.mark.parametrize(
    ("script", "outcome", "code"),
    [
        ("exit 5", "busy", 5),
        ("exit 143", "interrupted", 1),
        ('echo \'{"outcome": "blocked"}\'; exit 3', "blocked", 3),
        ('echo \'{"outcome": "unchanged"}\'', "unchanged", 0),
        ("echo 'levelground: no such city' >&2; exit 2", "failed", 1),
    ],
)
def test_outcomes_and_the_exit_code_of_all(cities: Run, script: str, outcome: str, code: int) -> None:
    runs = cities(script)
    assert {run.outcome for run in runs} == {outcome}
    assert exit_code_of(runs) == code


def test_a_killed_process_is_repeated_and_waits_for_the_one_before(cities: Run, tmp_path: Path) -> None:
    script = (
        f'if [ $name = one ] && mkdir {tmp_path}/killed 2>/dev/null; then kill -KILL $$; fi; echo "$*" > {tmp_path}/$name.args'
    )
    first, second = cities(f"{script}; echo '{json.dumps(REPORT)}'")
    assert (first.attempts, second.attempts, first.outcome) == (2, 1, "released")
    assert len(list((tmp_path / "one" / "logs").glob("city-*.log"))) == 2
    assert (tmp_path / "one.args").read_text().split() == ["60.0"]
    assert (tmp_path / "two.args").read_text().split() == ["0"]


def test_a_city_that_is_killed_in_each_attempt_fails_alone(cities: Run) -> None:
    script = f"if [ $name = one ]; then kill -KILL $$; fi; echo '{json.dumps(REPORT)}'"
    killed, released = cities(script, LEVELGROUND_TASK_ATTEMPTS="2")
    assert (killed.outcome, killed.attempts) == ("failed", 2)
    assert "killed in each of 2 attempts" in killed.message
    assert released.is_done
    assert exit_code_of([killed, released]) == 1


def test_a_home_that_cannot_be_written_is_a_city_that_failed(cities: Run, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("a file")
    failed, released = cities(f"echo '{json.dumps(REPORT)}'")
    assert (failed.outcome, failed.exit_code) == ("failed", 2)
    assert "cannot write to" in failed.message
    assert released.is_done


@pytest.mark.parametrize(("new", "expected"), [(2, ""), (3, "--from-blank")])
def test_three_first_runs_make_a_blank_home_that_the_cache_lacks(cities: Run, tmp_path: Path, new: int, expected: str) -> None:
    names = ["one", "two", "three", "four"]
    for name in names[new:]:
        home = tmp_path / name
        home.mkdir()
        (home / "warehouse.duckdb").touch()
    entries = "".join(f"- {{name: {name}, home: {name}, deliveries: live}}\n" for name in names)
    (tmp_path / "cities.yml").write_text(f"cities:\n{entries}")
    cities(f"echo \"$0 $@\" > {tmp_path}/$name.options; echo '{json.dumps(REPORT)}'")
    for name in names:
        assert (tmp_path / f"{name}.options").read_text().split()[:-2] == expected.split()

"""A full refresh builds the same release as runs of single sources, also after one that was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.e2e.conftest import Place


def test_a_full_refresh_after_a_killed_one_gives_what_the_run_of_one_source_gave(place: Place) -> None:
    """The killed run is reported, and commands answer while the next one works."""
    place.rewrite("fpc__police_stops", lambda text: text + text.splitlines()[-1].replace("25-", "99-", 1) + "\n")
    assert place.run("--source", "fpc__police_stops")["outcome"] == "released"
    before = place.published()
    hashes = {r["content_hash"] for r in place.levelground.json("releases", "list", "--json")}
    with _full_refresh(place) as run:
        _read_until(run, "built fct_")
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert list((place.home / "releases").glob(".candidate-*"))
    with _full_refresh(place) as run:
        _read_until(run, "building")
        assert run.poll() is None
        started = time.monotonic()
        assert place.levelground("status").returncode == 4  # the killed run failed
        assert place.levelground("query", "select count(*) from marts.fct_payments").returncode == 0
        assert place.levelground("run", "--deliveries", place.deliveries).returncode == 5
        assert time.monotonic() - started < 60
        assert run.stderr is not None
        run.stderr.read()
    assert run.returncode == 0
    assert place.levelground.json("status", "--json")["outcome"] == "unchanged"
    assert place.published() == before
    assert not list((place.home / "releases").glob(".candidate-*"))
    assert {r["content_hash"] for r in place.levelground.json("releases", "list", "--json")} == hashes
    code = (
        "import dagster as dg\nwith dg.DagsterInstance.get() as instance:\n"
        "    print(sorted(run.status.value for run in instance.get_runs()))"
    )
    states = subprocess.run(
        [sys.executable, "-c", code],
        env={"DAGSTER_HOME": str(place.home / "dagster"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "STARTED" not in states.stdout
    assert "FAILURE" in states.stdout


def _full_refresh(place: Place) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "levelground"), "run", "--deliveries", str(place.deliveries), "--full-refresh"]
    environment = {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_SCORECARD": "none", "PATH": ""}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def _read_until(run: subprocess.Popen[str], word: str) -> None:
    assert run.stderr is not None
    for line in run.stderr:
        if line.startswith(word):
            return

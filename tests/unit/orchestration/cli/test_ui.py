"""The UI only accepts connections from this machine, and a home has one daemon."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from orchestration.cli import ui
from orchestration.instance import orphaned_runs
from orchestration.instance.server import lock_daemon
from tests.conftest import CommandLine
from warehouse.paths import Home


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ((), ["dagster", "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3001"]),
        (("--only", "webserver"), ["dagster-webserver", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3001"]),
        (("--only", "daemon"), ["dagster-daemon", "run", "-m", "orchestration.definitions"]),
    ],
)
def test_the_ui_listens_on_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: tuple[str, ...], expected: list[str]
) -> None:
    started: list[list[str]] = []
    cleared: list[bool] = []
    monkeypatch.setattr(ui, "resolve_delivery_location", lambda _settings: None)
    monkeypatch.setattr(orphaned_runs, "fail_orphaned_runs_at_startup", lambda: cleared.append(True))
    monkeypatch.setattr(os, "execv", lambda _program, command: started.append(command))
    monkeypatch.setattr(ui, "run_until_exit", lambda command, _claimed: started.append(command) or 0)
    monkeypatch.setattr("tests.conftest.OWN_PROCESS", ())
    done = CommandLine(tmp_path / "home")("ui", "--port", "3001", *only)
    assert done.returncode == 0, done.stderr
    assert started == [[str(Path(sys.executable).parent / expected[0]), *expected[1:]]]
    assert bool(cleared) == (only != ("--only", "webserver")), "each command that starts a daemon clears its queue once"


@pytest.mark.parametrize("only", [(), ("--only", "daemon")])
def test_a_second_daemon_on_a_home_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: tuple[str, ...]) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    claimed = lock_daemon(home, "http://localhost:3000")
    monkeypatch.setattr(ui, "resolve_delivery_location", lambda _settings: None)
    monkeypatch.setattr("tests.conftest.OWN_PROCESS", ())
    done = CommandLine(home.root)("ui", *only)
    os.close(claimed)
    assert done.returncode == 5
    assert f"a daemon already runs on {home.root} (pid {os.getpid()}" in done.stderr
    assert "http://localhost:3000" in done.stderr

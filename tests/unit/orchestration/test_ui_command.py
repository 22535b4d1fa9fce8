"""The UI listens on this machine alone, whatever of it is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from orchestration import killed
from orchestration.cli import ui
from tests.conftest import CommandLine


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ((), ["dagster", "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3001"]),
        (("--only", "webserver"), ["dagster_webserver", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3001"]),
        (("--only", "daemon"), ["dagster._daemon", "run", "-m", "orchestration.definitions"]),
    ],
)
def test_what_is_started_listens_here_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: tuple[str, ...], expected: list[str]
) -> None:
    started: list[list[str]] = []
    cleared: list[bool] = []
    monkeypatch.setattr(ui, "settle", lambda _settings: None)
    monkeypatch.setattr(killed, "clear_the_queue", lambda: cleared.append(True))
    monkeypatch.setattr(os, "execv", lambda program, command: started.append([program, *command]))
    monkeypatch.setattr("tests.conftest.OWN_PROCESS", ())
    done = CommandLine(tmp_path / "home")("ui", "--port", "3001", *only)
    assert done.returncode == 0, done.stderr
    assert started == [[sys.executable, sys.executable, "-m", *expected]]
    assert bool(cleared) == (only != ("--only", "webserver")), "the daemon's queue is cleared once, by whoever starts a daemon"

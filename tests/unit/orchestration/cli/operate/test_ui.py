"""The UI only accepts connections from this machine, and a home has one daemon."""

from __future__ import annotations

import os
import re
import socket
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.cli.operate import ui
from orchestration.instance import dagster_runs
from orchestration.instance.processes import lock_daemon
from orchestration.instance.web.ui_token import read_token
from orchestration.instance.web.webserver import guarded
from orchestration.settings import ConfigurationError, Settings
from tests.conftest import CommandLine
from warehouse.paths import Home

BIN = Path(sys.executable).parent
GUARDED = (sys.executable, "-m", "orchestration.instance.web.webserver")


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ((), [*GUARDED, "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3001"]),
        (("--only", "webserver"), [*GUARDED, "serve", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3001"]),
        (("--only", "daemon"), [str(BIN / "dagster-daemon"), "run", "-m", "orchestration.definitions"]),
    ],
)
def test_the_ui_listens_on_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: tuple[str, ...], expected: list[str]
) -> None:
    started: list[list[str]] = []
    cleared: list[bool] = []
    monkeypatch.setattr(ui, "resolve_delivery_location", lambda _settings: None)
    monkeypatch.setattr(dagster_runs, "fail_orphaned_runs_at_startup", lambda: cleared.append(True))
    monkeypatch.setattr(os, "execv", lambda _program, command: started.append(command))
    monkeypatch.setattr(ui, "run_until_exit", lambda command, _claimed: started.append(command) or 0)
    monkeypatch.setattr("tests.conftest.OWN_PROCESS", ())
    result = CommandLine(tmp_path / "home")("ui", "--port", "3001", *only)
    assert result.returncode == 0, result.stderr
    assert started == [expected]
    assert bool(cleared) == (only != ("--only", "webserver")), "each command that starts a daemon clears its queue once"


def test_dagster_dev_starts_our_web_server() -> None:
    assert guarded(["python", "-m", "dagster_webserver", "--port", "1"]) == ["python", "-m", GUARDED[2], "serve", "--port", "1"]
    assert guarded(["python", "-m", "dagster._daemon", "run"]) == ["python", "-m", "dagster._daemon", "run"]
    with pytest.raises(RuntimeError, match="does not know this command"):
        guarded(["dagster-webserver", "--port", "1"])


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What `levelground ui` prints, without starting anything."""
    monkeypatch.setattr(ui, "resolve_delivery_location", lambda _settings: None)
    monkeypatch.setattr(os, "execv", lambda *_: None)
    monkeypatch.setattr("tests.conftest.OWN_PROCESS", ())

    def start(**environment: str) -> str:
        result = CommandLine(tmp_path / "home")("ui", "--only", "webserver", env=environment)
        assert result.returncode == 0, result.stderr
        return result.stderr

    return start


def test_each_start_prints_a_new_token_that_only_the_owner_reads(printed: Callable[..., str], tmp_path: Path) -> None:
    tokens = []
    for _ in range(2):
        found = re.search(r"http://localhost:3000/\?token=(\S{40,})", printed())
        assert found
        tokens.append(found[1])
    file = tmp_path / "home" / "dagster" / "ui_token"
    assert tokens[0] != tokens[1] == file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_token(Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})) == tokens[1]


def test_a_token_from_the_settings_is_neither_printed_nor_stored(printed: Callable[..., str], tmp_path: Path) -> None:
    printed()
    assert "from-settings" not in printed(LEVELGROUND_UI_TOKEN="from-settings")
    assert not (tmp_path / "home" / "dagster" / "ui_token").exists()
    environment = {"LEVELGROUND_HOME": str(tmp_path / "home")}
    assert read_token(Settings.from_environment(environment | {"LEVELGROUND_UI_TOKEN": "from-settings"})) == "from-settings"
    with pytest.raises(ConfigurationError, match="start the web server by `levelground ui`"):
        read_token(Settings.from_environment(environment))


@pytest.mark.parametrize("only", [(), ("--only", "daemon")])
def test_a_second_daemon_on_a_home_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: tuple[str, ...]) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    claimed = lock_daemon(home, "http://localhost:3000")
    monkeypatch.setattr(ui, "resolve_delivery_location", lambda _settings: None)
    monkeypatch.setattr("tests.conftest.OWN_PROCESS", ())
    result = CommandLine(home.root)("ui", *only)
    os.close(claimed)
    assert result.returncode == 5
    assert f"a daemon already runs on {home.root} (pid {os.getpid()}" in result.stderr
    assert "http://localhost:3000" in result.stderr


def test_the_address_is_printed_once_the_web_server_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that opens the address earlier finds nothing, and the lines of Dagster would push it off the screen."""
    lines: list[str] = []
    monkeypatch.setattr(ui.err, "print", lines.append)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    waiting = threading.Thread(target=ui._print_when_it_answers, args=(port, "http://localhost/?token=t"), daemon=True)
    waiting.start()
    waiting.join(0.8)
    assert not lines, "nothing answers yet"
    with socket.create_server(("127.0.0.1", port)):
        waiting.join(5)
    assert lines and lines[0].startswith("\nhttp://localhost/?token=t\nOpen this address")

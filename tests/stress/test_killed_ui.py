"""`levelground ui` as it is: whichever of its processes is killed, none is left, and the home can be served again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, free_port
from tests.stress.small import BIN, SmallHome

SECONDS = 300  # the code server parses the dbt project first


def descendants(pid: int) -> dict[int, str]:
    """The processes below a process, with their commands."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found[int(child)] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
        found |= descendants(int(child))
    return found


def is_running(pid: int) -> bool:
    """Whether it runs; a dead process that is not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.fixture
def home(small_city: Path, tmp_path: Path) -> SmallHome:
    """Nothing has run in it."""
    small = SmallHome(tmp_path / "home", small_city)
    small.home.mkdir()
    return small


def environment(home: SmallHome) -> dict[str, str]:
    return home.environment(LEVELGROUND_DELIVERIES=str(home.deliveries))


@pytest.fixture
def ui(home: SmallHome) -> Iterator[subprocess.Popen[bytes]]:
    command = [BIN / "levelground", "ui", "--port", str(free_port())]
    with (home.home / "ui.log").open("w") as log:
        process = subprocess.Popen(command, env=environment(home), stdout=log, stderr=log, cwd=ROOT)
    began = [process.pid]
    try:
        for part in ("dagster._daemon", "webserver serve"):
            wait(lambda part=part: part in str(descendants(process.pid).values()))
        began += descendants(process.pid)
        yield process
    finally:
        for pid in filter(is_running, began):
            os.kill(pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("killed", ["levelground ui", "orchestration.instance.web.webserver dev", "dagster._daemon"])
def test_nothing_is_left_of_a_killed_ui(ui: subprocess.Popen[bytes], home: SmallHome, killed: str) -> None:
    processes = descendants(ui.pid)
    processes[ui.pid] = "levelground ui"
    victim = next(pid for pid, command in processes.items() if killed in command.replace("-m ", ""))
    os.kill(victim, signal.SIGKILL)
    wait(lambda: not any(is_running(pid) for pid in processes))


def test_a_second_ui_on_the_same_home_ends_at_once(ui: subprocess.Popen[bytes], home: SmallHome) -> None:
    second = subprocess.run(
        [BIN / "levelground", "ui", "--port", str(free_port())],
        env=environment(home),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert second.returncode == 5, second.stderr
    assert f"pid {ui.pid}, " in second.stderr
    assert "--only webserver" in second.stderr

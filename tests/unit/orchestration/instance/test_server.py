"""A home has one daemon, and no process of the UI outlives the command that started it, whichever of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from orchestration.instance.processes import DaemonAlreadyRunning, is_running, lock_daemon
from tests.conftest import ROOT
from warehouse.paths import Home

SERVING = """
import sys
from orchestration.instance.processes import run_until_exit
sys.exit(run_until_exit([sys.executable, '-c', *sys.argv[1:]], 0))
"""
# Like `dagster dev`: it ends its child when it is interrupted, but not when it is killed.
DEV = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
try:
    print(os.getpid(), child.pid, flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    child.terminate()
    child.wait()
    sys.exit(7)
"""


@pytest.fixture
def serving() -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """The server process, its command and the command's child; in the background, where a shell ignores SIGINT."""
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", SERVING, DEV]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        dev, child = map(int, server.stdout.readline().split())
        yield server, dev, child
        for pid in (server.pid, dev, child):
            if is_running(str(pid)):
                os.kill(pid, signal.SIGKILL)


def have_ended(*pids: int) -> bool:
    end = time.monotonic() + 20
    while any(is_running(str(pid)) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_a_home_has_one_daemon(home: Home) -> None:
    claimed = lock_daemon(home, "http://localhost:3000")
    with pytest.raises(
        DaemonAlreadyRunning, match=rf"pid {os.getpid()}, since 20.*, http://localhost:3000\).*stop it.*LEVELGROUND_HOME"
    ):
        lock_daemon(home, "http://localhost:3001")
    os.close(claimed)
    os.close(lock_daemon(home, "http://localhost:3001"))


def test_the_lock_is_held_until_its_last_holder_ends(home: Home) -> None:
    claimed = lock_daemon(home, "here")
    with subprocess.Popen(["sleep", "600"], pass_fds=[claimed]) as daemon:
        os.close(claimed)
        try:
            with pytest.raises(DaemonAlreadyRunning):
                lock_daemon(home, "there")
        finally:
            daemon.kill()
    os.close(lock_daemon(home, "there"))


def test_a_signal_is_passed_on_to_the_command(serving: tuple[subprocess.Popen[str], int, int]) -> None:
    server, dev, child = serving
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 7
    assert have_ended(dev, child)


def test_killing_the_command_leaves_no_process(serving: tuple[subprocess.Popen[str], int, int]) -> None:
    server, dev, child = serving
    os.kill(dev, signal.SIGKILL)
    assert server.wait(20) == 128 + signal.SIGKILL
    assert have_ended(dev, child)


def test_killing_the_server_leaves_no_process(serving: tuple[subprocess.Popen[str], int, int]) -> None:
    server, dev, child = serving
    server.kill()
    server.wait()
    assert have_ended(dev, child)

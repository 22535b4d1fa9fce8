"""A process is running if its id and its start time match."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from orchestration.instance.processes import current_process, is_running


def ended_process() -> str:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return str(process.pid)


def test_this_process_is_running_with_and_without_its_start_time() -> None:
    assert is_running(current_process())
    assert is_running(str(os.getpid()))


def test_another_process_with_the_same_id_is_not_running() -> None:
    """After a restart of the machine, ids are used again."""
    assert not is_running(f"{os.getpid()} 1")


@pytest.mark.parametrize("process", [None, "", "nonsense"])
def test_what_names_no_process_is_not_running(process: str | None) -> None:
    assert not is_running(process)


def test_an_ended_process_is_not_running() -> None:
    assert not is_running(ended_process())


def test_a_process_of_another_user_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert is_running(current_process())


def test_a_start_time_is_in_clock_ticks_since_boot() -> None:
    started = int(current_process().partition(" ")[2]) / os.sysconf("SC_CLK_TCK")
    assert psutil.boot_time() + started == pytest.approx(psutil.Process().create_time(), abs=2)

"""One run at a time, named to the second one, and never blocked by a dead one."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from warehouse.lock import LockHeld, RunLock, holder, is_held
from warehouse.paths import Home

HOLD = """
import sys, time
from pathlib import Path
from warehouse.lock import RunLock
from warehouse.paths import Home
with RunLock(Home(Path(sys.argv[1])), "schedule"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_elsewhere(home: Home) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_gets_the_holder_of_the_lock(home: Home) -> None:
    with held_elsewhere(home) as other:
        with pytest.raises(LockHeld, match=rf"pid {other.pid}, started 20\d\d-.*by schedule") as caught:
            RunLock(home, "cli").acquire()
        assert caught.value.holder is not None
        assert caught.value.holder.pid == other.pid
        assert caught.value.holder.started_at is not None


def test_waiting_gets_the_lock_when_the_other_is_done(home: Home) -> None:
    with held_elsewhere(home) as other:
        threading.Timer(0.3, lambda: print(file=other.stdin, flush=True)).start()
        started = time.monotonic()
        lock = RunLock(home, "cli")
        lock.acquire(wait_seconds=30)
        assert 0.2 < time.monotonic() - started < 20
        assert holder(home) is not None
        assert holder(home).pid == os.getpid()  # type: ignore[union-attr]
        lock.release()


def test_a_killed_holder_blocks_no_process(home: Home) -> None:
    with held_elsewhere(home) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        stale = holder(home)
        assert stale is not None
        assert stale.pid == other.pid
        with RunLock(home, "cli"):
            now = holder(home)
            assert now is not None
            assert (now.pid, now.trigger) == (os.getpid(), "cli")


def test_a_leftover_holder_file_of_this_pid_is_written_anew(home: Home) -> None:
    home.run_lock_holder.write_text(f'{{"pid": {os.getpid()}, "started_at": "1999-01-01T00:00:00+00:00", "trigger": "ui"}}')
    with RunLock(home, "cli"):
        now = holder(home)
        assert now is not None
        assert not now.started_at.startswith("1999")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_an_unreadable_holder_file_counts_as_none(home: Home, content: str) -> None:
    home.run_lock_holder.write_text(content)
    assert holder(home) is None
    with held_elsewhere(home):
        home.run_lock_holder.write_text(content)
        with pytest.raises(LockHeld, match="its process is unknown") as caught:
            RunLock(home, "cli").acquire()
        assert caught.value.holder is None


def test_it_is_re_entrant_across_instances_and_threads_and_free_after_the_last_release(home: Home) -> None:
    outer = RunLock(home, "cli")
    outer.acquire()
    failures: list[BaseException] = []

    def inner() -> None:
        try:
            with RunLock(home, "ui"):
                pass
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=inner)
    thread.start()
    thread.join()
    assert failures == []
    still = holder(home)
    assert still is not None
    assert still.trigger == "cli"
    refused = subprocess.run([sys.executable, "-c", HOLD, str(home.root)], capture_output=True, text=True, input="", check=False)
    assert "LockHeld" in refused.stderr
    outer.release()
    assert holder(home) is None
    granted = subprocess.run([sys.executable, "-c", HOLD, str(home.root)], capture_output=True, text=True, input="", check=False)
    assert granted.stdout == "held\n"


@pytest.mark.parametrize("left_by_an_earlier_version", [False, True])
def test_only_the_owner_can_open_the_lock(home: Home, left_by_an_earlier_version: bool) -> None:
    """Another account that may open the file could hold the lock, and no run would start."""
    if left_by_an_earlier_version:
        home.run_lock.touch(0o644)
        home.run_lock.chmod(0o644)
    with RunLock(home, "cli"):
        assert stat.S_IMODE(home.run_lock.stat().st_mode) == 0o600
        assert is_held(home)
    assert not is_held(home)
    assert stat.S_IMODE(home.run_lock.stat().st_mode) == 0o600

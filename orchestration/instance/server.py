"""The processes of the UI: one daemon a home, and none that outlives the command that started it.

Here: the claim on a home's daemon, and starting `dagster dev` so that all of its processes end with it, however it ends. Not
here: which commands those are (`orchestration.cli.ui`), what runs in them.

`dagster dev` starts a web server, a daemon and a code server. When it is killed the daemon lives on, without a UI, and after the
next start there are two.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from warehouse.paths import Home

CLAIM = "daemon.lock"  # in dagster/
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# What is left gets so many seconds to end, a run under way its step; then it is killed.
_GRACE = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))


class AlreadyServed(Exception):
    """A daemon works on this home."""

    def __init__(self, home: Home, who: str) -> None:
        super().__init__(
            f"a daemon works on {home.root} already ({who}), and two may start a night's run twice. Use that one, or stop it. "
            "A web server beside it: `levelground ui --only webserver --port PORT`; another home: LEVELGROUND_HOME"
        )


def claim(home: Home, where: str) -> int:
    """Claim the home's daemon for this process and those that get the descriptor it returns; AlreadyServed if somebody has.

    `where` is told to whoever comes second. The operating system takes the claim back when the last of them ends.
    """
    descriptor = os.open(home.dagster / CLAIM, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = _claimant(descriptor)
        os.close(descriptor)
        raise AlreadyServed(home, who) from None
    told = {"pid": os.getpid(), "started_at": datetime.now(UTC).isoformat(timespec="seconds"), "where": where}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(told).encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor


def _claimant(descriptor: int) -> str:
    try:
        told = json.loads(os.pread(descriptor, 1000, 0))
        return f"pid {told['pid']}, since {told['started_at']}, {told['where']}"
    except (ValueError, KeyError, TypeError):
        return "it has not said which"


def serve(command: Sequence[str], claimed: int) -> int:
    """Run the command until it ends; its exit code. Whatever it started ends with it, and all of it with this process."""
    # A group of its own, to end what it leaves behind. A terminal's Ctrl-C reaches this process alone then, which hands it on.
    prepare = _end_with_parent()
    process = subprocess.Popen(  # noqa: S603 - nothing from outside is in the command
        command,
        pass_fds=[claimed],
        process_group=0,
        preexec_fn=prepare,  # noqa: PLW1509 - two calls of the system, which no lock can hold up
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, lambda *_: process.send_signal(signal.SIGINT))
    code = process.wait()
    _end_group(process.pid)
    return code if code >= 0 else 128 - code


def _end_with_parent() -> Callable[[], None]:
    """For a child, before it becomes another program: can be interrupted, and is when this process ends. That Linux alone can."""
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts what runs in the background deaf to it
        if sys.platform == "linux":
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != parent:
                os._exit(1)  # it ended before it was asked

    return prepare


def _end_group(group: int) -> None:
    """End what is left of a process group."""
    for number, seconds in _GRACE:
        end = time.monotonic() + seconds
        sent: int = number
        while time.monotonic() < end:
            with contextlib.suppress(ChildProcessError):  # as the first process of a container, orphans are ours to bury
                while os.waitpid(-group, os.WNOHANG)[0]:
                    pass
            try:
                os.killpg(group, sent)
            except ProcessLookupError:
                return
            sent = 0  # only look
            time.sleep(0.1)

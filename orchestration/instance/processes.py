"""Identify processes by id and start time, end those that a killed run left, and start the UI's so that a home has one daemon.

`dagster dev` starts a web server, a daemon and a code server. When it is killed, its daemon keeps running without a UI, and the
next start adds a second daemon. See `orchestration.cli.operate.ui` for which commands are started.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from warehouse.paths import Home
from warehouse.processes.child_process import ends_with_this_process


def current_process() -> str:
    """Return this process's id and start time. After a restart of the machine, ids are used again."""
    return f"{os.getpid()} {_start_time(os.getpid())}"


def is_running(process: str | None) -> bool:
    """Return whether the process with this id, and this start time if one is given, is running."""
    pid, _, started = (process or "").partition(" ")
    if not pid.isdigit() or (started and _start_time(int(pid)) != started):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_log_copies(run_id: str) -> None:
    """End the processes that copy a run's log files to its output. Dagster's own watcher needs seconds, and may be killed too."""
    for folder in Path("/proc").glob("[0-9]*"):  # elsewhere than on Linux there is none
        with suppress(OSError, ValueError):
            program, *arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if Path(os.fsdecode(program)).name == "tail" and any(f"/{run_id}/".encode() in argument for argument in arguments):
                os.kill(int(folder.name), signal.SIGTERM)


def _start_time(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; empty where the system does not report it."""
    try:
        # the process name in parentheses may itself contain blanks and parentheses
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


DAEMON_LOCK = "daemon.lock"  # in dagster/
# Remaining processes get this many seconds to end, a run its current step; then they are killed.
_GRACE = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))


class DaemonAlreadyRunning(Exception):
    """Another process runs this home's daemon."""

    def __init__(self, home: Home, owner: str) -> None:
        super().__init__(
            f"a daemon already runs on {home.root} ({owner}); two daemons could start the nightly run twice. "
            "Use that one, or stop it. To start only a web server: `levelground ui --only webserver --port PORT`; "
            "for another home: set LEVELGROUND_HOME"
        )


def lock_daemon(home: Home, where: str) -> int:
    """Lock the home's daemon for this process and for those that inherit the descriptor it returns.

    Raise `DaemonAlreadyRunning`, with the other's `where`, if another process holds the lock. The operating system releases the
    lock when the last holder ends.
    """
    descriptor = os.open(home.dagster / DAEMON_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _owner(descriptor)
        os.close(descriptor)
        raise DaemonAlreadyRunning(home, owner) from None
    record = {"pid": os.getpid(), "started_at": datetime.now(UTC).isoformat(timespec="seconds"), "where": where}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(record).encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor


def _owner(descriptor: int) -> str:
    try:
        record = json.loads(os.pread(descriptor, 1000, 0))
        return f"pid {record['pid']}, since {record['started_at']}, {record['where']}"
    except (ValueError, KeyError, TypeError):
        return "its process is not recorded yet"


def run_until_exit(command: Sequence[str], lock: int) -> int:
    """Run the command until it ends and return its exit code. Its children end with it, and all of them with this process."""
    # A process group of its own, so that leftovers can be ended. Ctrl-C then reaches only this process, which passes it on.
    prepare = ends_with_this_process(signal.SIGINT)
    process = subprocess.Popen(  # noqa: S603 - nothing from outside is in the command
        command,
        pass_fds=[lock],
        process_group=0,
        preexec_fn=prepare,  # noqa: PLW1509 - two system calls, which no lock can block
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(number, lambda *_: process.send_signal(signal.SIGINT))
    code = process.wait()
    _end_group(process.pid)
    return code if code >= 0 else 128 - code


def _end_group(group: int) -> None:
    """End the remaining processes of a group."""
    for number, seconds in _GRACE:
        end = time.monotonic() + seconds
        sent: int = number
        while time.monotonic() < end:
            with suppress(ChildProcessError):  # as a container's first process, this one must reap orphans
                while os.waitpid(-group, os.WNOHANG)[0]:
                    pass
            try:
                os.killpg(group, sent)
            except ProcessLookupError:
                return
            sent = 0  # from now on only check that the group exists
            time.sleep(0.1)

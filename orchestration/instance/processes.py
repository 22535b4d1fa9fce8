"""Identify processes by id and start time, check whether they are running, and end those that a killed run left."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


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

"""Identify processes by id and start time, and check whether they are running."""

from __future__ import annotations

import os
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


def _start_time(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; empty where the system does not report it."""
    try:
        # the process name in parentheses may itself contain blanks and parentheses
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""

"""One run at a time per home: the lock that CLI, UI and schedule take before they open the working warehouse.

Belongs here: taking the lock and saying who holds it. Does not: what to do about runs that a kill left behind.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from warehouse.files import write_atomically
from warehouse.paths import Home

# Holder files that this process has written. The lock is re-entrant across threads, so who writes must be settled among them.
_announced: set[Path] = set()
_announcing = threading.Lock()


@dataclass(frozen=True)
class Holder:
    """Who holds the run lock: `started_at` in ISO format, UTC; `trigger` one of cli, ui, schedule, sensor."""

    pid: int
    started_at: str
    trigger: str


class LockHeld(Exception):
    """Another process holds the run lock; `pid` and `started_at` are None if it has not said so yet."""

    def __init__(self, holder: Holder | None) -> None:
        who = f"pid {holder.pid}, started {holder.started_at} by {holder.trigger}" if holder else "it has not said which"
        super().__init__(f"another run holds the lock of this home ({who}). Wait for it, or use --wait SECONDS")
        self.holder = holder

    @property
    def pid(self) -> int | None:
        """The process that holds it."""
        return self.holder.pid if self.holder else None

    @property
    def started_at(self) -> str | None:
        """Since when, in ISO format, UTC."""
        return self.holder.started_at if self.holder else None


def holder(home: Home) -> Holder | None:
    """Who last said to hold the lock. Stale after a kill: only a refused `acquire` proves that a run is going on."""
    try:
        return Holder(**json.loads(home.run_lock_holder.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_held(home: Home) -> bool:
    """Whether a process holds the run lock now.

    Looking takes the lock for an instant, in which a run that begins would be refused: ask only where `holder` names somebody.
    """
    if not home.run_lock.is_file():
        return False
    look = FileLock(home.run_lock)
    try:
        look.acquire(timeout=0)
    except Timeout:
        return True
    look.release()
    return False


class RunLock:
    """The run lock of a home. The operating system frees it when its process ends, however it ends.

    Re-entrant within the process, across instances and threads: the CLI takes it, the Dagster resource takes it again.
    """

    def __init__(self, home: Home, trigger: str) -> None:
        self._home = home
        self._trigger = trigger
        self._lock = FileLock(home.run_lock, thread_local=False, is_singleton=True)

    def acquire(self, wait_seconds: float = 0) -> None:
        """Take the lock, waiting up to `wait_seconds` for another process; LockHeld if it is still held then."""
        try:
            self._lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise LockHeld(holder(self._home)) from None
        with _announcing:
            if self._home.run_lock_holder not in _announced:
                mine = Holder(os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"), self._trigger)
                try:
                    write_atomically(self._home.run_lock_holder, json.dumps(asdict(mine)))
                except BaseException:
                    self._lock.release()
                    raise
                _announced.add(self._home.run_lock_holder)

    def release(self) -> None:
        """Give back one `acquire`; the last one frees the lock."""
        with _announcing:
            if self._lock.lock_counter == 1:
                self._home.run_lock_holder.unlink(missing_ok=True)
                _announced.discard(self._home.run_lock_holder)
            self._lock.release()

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

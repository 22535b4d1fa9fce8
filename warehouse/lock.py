"""Lock a home for one run at a time: the command line, the UI and the schedule acquire the lock before they open the warehouse.

See `orchestration.instance.dagster_runs` for runs that a kill left unfinished.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout
from pydantic import BaseModel

from warehouse.files import write_atomically
from warehouse.metadata.home_version import check_version
from warehouse.paths import Home

_MODE = 0o600
# Holder files that this process has written. The lock is re-entrant across threads, so the first thread writes the file.
_announced: set[Path] = set()
_announcing = threading.Lock()


class Holder(BaseModel, frozen=True):
    """The process that holds the run lock. `started_at`: ISO format, UTC. `trigger`: cli, ui, schedule or sensor.

    `stage`: what a run has come to; None before its first stage, and for other commands.
    """

    pid: int
    started_at: str
    trigger: str
    stage: str | None = None


class LockHeld(Exception):
    """Another process holds the run lock; `holder` is None until it has written its holder file."""

    def __init__(self, holder: Holder | None, what: str = "another run holds the lock of this home") -> None:
        who = f"pid {holder.pid}, started {holder.started_at} by {holder.trigger}" if holder else "its process is unknown"
        super().__init__(f"{what} ({who}). Wait for it, or use --wait SECONDS")
        self.holder = holder


def private_lock(path: Path, *, thread_local: bool = True, is_singleton: bool = False) -> FileLock:
    """A lock of the operating system on a file that only its owner can open. Another account could hold the lock for ever."""
    with suppress(OSError):  # does not exist yet, or belongs to another account
        path.chmod(_MODE)
    return FileLock(path, mode=_MODE, thread_local=thread_local, is_singleton=is_singleton)


def holder(home: Home) -> Holder | None:
    """The last written holder. It is stale after a kill: only a refused `acquire` proves that a run is active."""
    try:
        return Holder.model_validate_json(home.run_lock_holder.read_bytes())
    except (OSError, ValueError):
        return None


def is_held(home: Home) -> bool:
    """Whether a process holds the run lock now.

    The check acquires the lock for an instant, in which a starting run would be refused: call it only where `holder` is not None.
    """
    if not home.run_lock.is_file():
        return False
    with suppress(Timeout), private_lock(home.run_lock).acquire(timeout=0):
        return False
    return True


def announce_stage(home: Home, stage: str) -> None:
    """Write the stage of this process's run next to the lock, for `status`. Without the lock nothing is written."""
    with _announcing:
        known = holder(home) if home.run_lock_holder in _announced else None
        if known is not None and known.stage != stage:
            write_atomically(home.run_lock_holder, known.model_copy(update={"stage": stage}).model_dump_json())


def active_run(home: Home) -> Holder | None:
    """The process that holds the run lock now; None if there is none."""
    known = holder(home)
    return known if known is not None and is_held(home) else None


class RunLock:
    """The run lock of a home. The operating system frees it when the process ends, in whatever way.

    It is re-entrant within the process, across instances and threads: the CLI acquires it, then the Dagster resource does.
    """

    def __init__(self, home: Home, trigger: str) -> None:
        self._home = home
        self._trigger = trigger
        self._lock = private_lock(home.run_lock, thread_local=False, is_singleton=True)

    def acquire(self, wait_seconds: float = 0) -> None:
        """Acquire the lock, waiting up to `wait_seconds` for another process; LockHeld if it is still held then.

        HomeOfNewerVersion if a newer version has worked on the home: whatever this one would do, it does not.
        """
        try:
            self._lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise LockHeld(holder(self._home)) from None
        with ExitStack() as undo, _announcing:
            undo.callback(self._lock.release)
            check_version(self._home)
            if self._home.run_lock_holder not in _announced:
                started_at = datetime.now(UTC).isoformat(timespec="seconds")
                mine = Holder(pid=os.getpid(), started_at=started_at, trigger=self._trigger)
                write_atomically(self._home.run_lock_holder, mine.model_dump_json())
                _announced.add(self._home.run_lock_holder)
            undo.pop_all()

    def release(self) -> None:
        """Undo one `acquire`; the last release frees the lock."""
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

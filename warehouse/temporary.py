"""Temporary folders of a home, and of readers who may not write to one: the next command removes those of killed processes.

Each folder of a home has a lock file next to it, which the operating system frees when the process ends, in whatever way; a
reader's folder is locked itself.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from warehouse.paths import Home

LOCK = ".lock"
# DuckDB's own names, from versions of Levelground without lock files.
SPILLED = "duckdb_temp_*"
READERS = "levelground-query-"
SECONDS_TO_LOCK = 60  # a folder that is younger may not be locked yet
# The folder into which DuckDB spills, per process and folder of temporary folders.
_spilling: dict[tuple[int, Path], Path] = {}


@contextmanager
def temporary_folder(home: Home, prefix: str) -> Iterator[Path]:
    """A private folder in the home's folder for temporary files; it is removed afterwards."""
    folder, lock = _create(home.temporary, prefix)
    try:
        yield folder
    finally:
        _remove(folder, lock)


@contextmanager
def scratch_folder(home: Home, prefix: str) -> Iterator[Path]:
    """A private folder for a command that leaves no trace: in the home if there is one, else in the system's folder."""
    with temporary_folder(home, prefix) if home.root.is_dir() else reader_folder() as folder:
        yield folder


@contextmanager
def reader_folder(parent: Path | None = None) -> Iterator[Path]:
    """A private folder in the system's folder for temporary files; it is removed afterwards, and those of killed readers now.

    `parent`: another folder in place of the system's.
    """
    _remove_readers_leftovers(parent or Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=READERS, dir=parent) as name:
        lock = _lock_folder(Path(name))
        try:
            yield Path(name)
        finally:
            if lock is not None:
                os.close(lock)


def _remove_readers_leftovers(parent: Path) -> None:
    for path in parent.glob(f"{READERS}*"):
        with suppress(OSError):
            status = path.lstat()
            is_old = status.st_uid == os.getuid() and time.time() - status.st_mtime > SECONDS_TO_LOCK
            lock = _lock_folder(path) if is_old else None
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _lock_folder(path: Path) -> int | None:
    """The lock of a folder, which ends with this process; None if another process has it."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def spill_folder(home: Home) -> Path:
    """The folder into which DuckDB spills in this process; it is removed when the process ends."""
    key = (os.getpid(), home.temporary)
    if key not in _spilling or not _spilling[key].is_dir():
        folder, lock = _create(home.temporary, "spill-")
        _spilling[key] = folder

        def remove() -> None:
            if os.getpid() == key[0]:  # a forked process inherits the call, and not the folder
                _remove(folder, lock)

        atexit.register(remove)
    return _spilling[key]


def remove_leftovers(home: Home) -> None:
    """Remove the temporary folders of processes that have ended. What cannot be removed stays."""
    if not home.temporary.is_dir():
        return
    for path in home.temporary.iterdir():
        # a folder is created after its lock file, and removed before it
        lock = path if path.suffix == LOCK else path.with_name(path.name + LOCK)
        if path.suffix != LOCK and (lock.exists() or not path.is_dir()):
            continue
        with suppress(OSError):
            if lock.exists():
                _remove_unused(lock)
            else:
                shutil.rmtree(path)


def remove_spilled(home: Home) -> None:
    """Remove what DuckDB spilled next to the temporary folders; only the holder of the run lock may do so."""
    for path in home.temporary.glob(SPILLED):
        with suppress(OSError):
            path.unlink()


def _create(parent: Path, prefix: str) -> tuple[Path, int]:
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        path = parent / f"{prefix}{secrets.token_hex(6)}"
        name = path.with_name(path.name + LOCK)
        lock = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if name.exists():  # else another command has removed it before it was locked
                path.mkdir(mode=0o700)
                return path, lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _remove(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        folder.with_name(folder.name + LOCK).unlink(missing_ok=True)
    os.close(lock)


def _remove_unused(path: Path) -> None:
    lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)  # its process is alive
        return
    _remove(path.with_suffix(""), lock)

"""Errors that end a run, with messages that contain no cell of the data, and what errors of the machine mean.

Dagster stores what a step raises, and its UI shows it. An error of disk, memory, locks or damaged files becomes one sentence with
what happened, where, and what to do. Its own text is searched for the words of the operating system, DuckDB, SQLite (Dagster's
storage) and Arrow. It is never passed on, because it may quote a cell. Errors of deliveries (`DeliveryError`), contracts and
settings explain themselves.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.settings import IS_CHECKOUT, PROJECT
from warehouse.lake_files.object_store import StoreUnusable
from warehouse.paths import Home
from warehouse.releases import ReleaseCorrupt
from warehouse.sql import without_values


class StepError(RuntimeError):
    """A stage of a run failed. The message is ours, or DuckDB's without the cells that it quoted."""


class DbtError(RuntimeError):
    """dbt could not parse or build: one of our models is broken, not a delivery."""


@contextmanager
def without_cells() -> Iterator[None]:
    """Replace a DuckDB error by a `StepError` whose message quotes no cell."""
    try:
        yield
    except duckdb.Error as error:
        raise StepError(f"{type(error).__name__}: {without_values(error)}") from None


def public_message(error: Exception) -> str:
    """The part of an error that may be shown: our own messages and the system's. Other messages may quote a cell."""
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror}"
    return str(error) if isinstance(error, StepError | DbtError) else type(error).__name__


FULL_BELOW = 1_000_000  # bytes; a file system keeps some that no file can use
STAYS = "The last release stays public"
FULL, READ_ONLY, MEMORY, LOCKED, STORAGE, DAMAGED, FAILED = range(1, 8)
# DuckDB limits what it spills to the free space of the disk, and then reports too little memory.
_SPILL_LIMIT = "max_temp_directory_size"
_CANNOT_CREATE = "unable to open database file"
# The first match decides. Only Dagster's storage uses SQLite.
_PATTERNS = {
    FULL: rf"{_SPILL_LIMIT}|No space left on device|database or disk is full|Disk quota exceeded|File too large|"
    r"[Ee]rrno (28|122|27)\b",
    READ_ONLY: rf"Read-only file system|readonly database|Permission denied|[Ee]rrno (30|13|1)\b|{_CANNOT_CREATE}",
    MEMORY: r"Out of Memory|OutOfMemory|MemoryError|Cannot allocate memory|could not allocate block|failed to (pin|allocate)|"
    r"[Ee]rrno 12\b",
    LOCKED: r"database is locked",
    STORAGE: r"database disk image is malformed|file is not a database",
    FAILED: r"disk I/O error|Input/output error|[Ee]rrno 5\b",
    DAMAGED: r"Corrupt database file|Could not read enough bytes|not a valid DuckDB|has been invalidated|SerializationException",
}


def explain(error: BaseException, home: Home) -> str | None:
    """What the error, or one that caused it, means and what to do; None if it is not an error of the machine."""
    chain = list(_chain(error))
    if (unusable := next((link for link in chain if isinstance(link, StoreUnusable)), None)) is not None:
        return f"{unusable}. {STAYS}; run again"
    if any(isinstance(link, ReleaseCorrupt) for link in chain):
        return None  # its own message names the release and the file
    for link in chain:
        missing = _missing_file(link)
        if missing:
            return missing
        kind = _kind(link)
        if kind:
            return _sentence(kind, home, link)
    return None


def explain_full_disk(home: Home, error: BaseException | None = None) -> str | None:
    """The message of a full disk, if the error reports one, or if the disk is full now and no error is given."""
    is_reported = error is not None and any(_kind(link) == FULL for link in _chain(error))
    return _sentence(FULL, home, error or OSError()) if is_reported or (error is None and _is_full(home)) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    visited: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in visited:
        visited.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _kind(error: BaseException) -> int | None:
    text = str(error)
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException) and _SPILL_LIMIT not in text:
        return MEMORY
    kind = next((kind for kind, pattern in _PATTERNS.items() if re.search(pattern, text)), None)
    return DAMAGED if kind is None and isinstance(error, duckdb.FatalException | duckdb.InternalException) else kind


def _missing_file(error: BaseException) -> str | None:
    """The message for a missing file of the installation, such as a seed."""
    if not isinstance(error, FileNotFoundError) or not error.filename:
        return None
    path = Path(str(error.filename))
    if PROJECT not in path.parents:
        return None
    remedy = "restore the file (git checkout)" if IS_CHECKOUT else "install Levelground again"
    return f"{path.relative_to(PROJECT)} is missing from the installation. {STAYS}; {remedy} and run again"


def _sentence(kind: int, home: Home, error: BaseException) -> str:
    where = str(getattr(error, "filename", None) or home.root)
    # SQLite names no cause, and what could not be written to the end does not read back
    if (kind in (FAILED, STORAGE, DAMAGED) or _CANNOT_CREATE in str(error)) and _is_full(home):
        kind = FULL
    is_first = home.root.is_dir() and not home.current_json.exists()
    stays = "Nothing is published yet" if is_first else STAYS
    less = "keep less (LEVELGROUND_KEEP_RELEASES, LEVELGROUND_KEEP_DELIVERIES, LEVELGROUND_KEEP_RUNS)"
    if is_first:
        less = "set LEVELGROUND_HOME to a folder on a larger disk"
    return {
        FULL: f"the disk of {home.root} is full ({_free(home)}). {stays}; make room, or {less}, and run again",
        FAILED: f"the disk of {home.root} failed ({_free(home)}). {stays}; check that there is room, that files may grow (ulimit "
        "-f) and that the disk has no errors, and run again",
        READ_ONLY: f"{where} cannot be written to (read-only disk, or its permissions). {stays}; mount it for writing, or make "
        "the user that runs Levelground its owner, and run again",
        MEMORY: f"the memory that the run may use is not enough. {stays}; raise LEVELGROUND_MEMORY_LIMIT, lower "
        "LEVELGROUND_THREADS, or free memory on the machine, and run again",
        LOCKED: f"another process holds Dagster's storage in {home.dagster}. {stays}; run again; if the error comes back, "
        "end the Levelground process that hangs",
        STORAGE: f"Dagster's storage in {home.dagster} is damaged. {stays}; move history/, schedules/ and storage/ out of that "
        "folder (only the list of past runs in the UI is lost) and run again",
        DAMAGED: f"a database file of {home.root} does not read back as it was written. {stays}; run again: the next run finds "
        "the damaged file, moves it aside and builds it again. If the error comes back, check the disk",
    }[kind]


def _is_full(home: Home) -> bool:
    try:
        return shutil.disk_usage(home.root).free < FULL_BELOW
    except OSError:
        return False


def _free(home: Home) -> str:
    try:
        return f"{shutil.disk_usage(home.root).free / 1e6:,.0f} MB free"
    except OSError:
        return "free space unknown"

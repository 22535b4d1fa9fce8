"""What an error of the machine means, and what to do: disk, memory, locks, damaged files.

Here: recognising such an error wherever it came up, in one sentence with source, cause and remedy. Not here: errors of deliveries
(`DeliveryError`), of contracts and settings, which say themselves what to do.

Of an error's own text nothing is passed on: it may quote a cell. What is looked for in it are the words of the operating system,
of DuckDB, of SQLite (Dagster's storage) and of Arrow.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT
from warehouse.paths import Home
from warehouse.releases import ReleaseCorrupt

STAYS = "The last release stays as it is"
FULL, READ_ONLY, MEMORY, LOCKED, STORAGE, DAMAGED, FAILED = (
    "full",
    "read_only",
    "memory",
    "locked",
    "storage",
    "damaged",
    "failed",
)
# The first that fits decides. SQLite here is Dagster's storage, and nothing else.
_PATTERNS = {
    FULL: r"No space left on device|database or disk is full|Disk quota exceeded|File too large|[Ee]rrno (28|122|27)\b",
    READ_ONLY: r"Read-only file system|readonly database|Permission denied|[Ee]rrno (30|13|1)\b|unable to open database file",
    MEMORY: r"Out of Memory|OutOfMemory|MemoryError|Cannot allocate memory|could not allocate block|failed to (pin|allocate)",
    LOCKED: r"database is locked",
    STORAGE: r"database disk image is malformed|file is not a database",
    FAILED: r"disk I/O error|Input/output error|[Ee]rrno 5\b",
    DAMAGED: r"Corrupt database file|Could not read enough bytes|not a valid DuckDB|has been invalidated|SerializationException",
}
_ERRNO = {
    errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EROFS: READ_ONLY, errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY, errno.ENOMEM: MEMORY, errno.EIO: FAILED,
}  # fmt: skip


def explain(error: BaseException, home: Home) -> str | None:
    """What the error, or one that led to it, means and what to do; None if it is no trouble of the machine's."""
    chain = list(_chain(error))
    if any(isinstance(link, ReleaseCorrupt) for link in chain):
        return None  # says so itself, and which
    for link in chain:
        missing = _missing_file(link)
        if missing:
            return missing
        kind = _kind(link)
        if kind:
            return _sentence(kind, home, link)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _kind(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return _ERRNO[error.errno]
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return MEMORY
    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
        kind = next((kind for kind, words in _PATTERNS.items() if re.search(words, str(error))), None)
        return kind or DAMAGED
    return next((kind for kind, words in _PATTERNS.items() if re.search(words, str(error))), None)


def _missing_file(error: BaseException) -> str | None:
    """A file of the installation that is gone, such as a seed."""
    if not isinstance(error, FileNotFoundError) or not error.filename:
        return None
    path = Path(str(error.filename))
    if PROJECT not in path.parents:
        return None
    return f"{path.relative_to(PROJECT)} is missing from the installation. {STAYS}; restore the file (git checkout) and run again"


def _sentence(kind: str, home: Home, error: BaseException) -> str:
    where = str(getattr(error, "filename", None) or home.root)
    return {
        FULL: f"the disk of {home.root} is full ({_free(home)}). {STAYS}; make room, or keep less (LEVELGROUND_KEEP_RELEASES, "
        "LEVELGROUND_KEEP_DELIVERIES, LEVELGROUND_KEEP_RUNS), and run again",
        FAILED: f"the disk of {home.root} failed ({_free(home)}). {STAYS}; see that there is room, that files may grow (ulimit "
        "-f) and that the disk is sound, and run again",
        READ_ONLY: f"{where} cannot be written to (read-only disk, or its permissions). {STAYS}; mount it for writing, or give "
        "it to the user that runs Levelground, and run again",
        MEMORY: f"the memory that the run may use is not enough. {STAYS}; raise LEVELGROUND_MEMORY_LIMIT, lower "
        "LEVELGROUND_THREADS, or free memory on the machine, and run again",
        LOCKED: f"another process holds Dagster's storage in {home.dagster}. {STAYS}; run again, and if it comes again look for "
        "a hanging process of Levelground",
        STORAGE: f"Dagster's storage in {home.dagster} is damaged. {STAYS}; move history/, schedules/ and storage/ out of that "
        "folder (only the list of past runs in the UI is lost) and run again",
        DAMAGED: f"a database file of {home.root} does not read back as it was written. {STAYS}; run again: the next run looks "
        "for the damage, moves the damaged file aside and makes it again. If it comes again, have the disk checked",
    }[kind]


def _free(home: Home) -> str:
    try:
        return f"{shutil.disk_usage(home.root).free / 1e6:,.0f} MB free"
    except OSError:
        return "free space unknown"

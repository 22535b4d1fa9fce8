"""Keep the log of questions: who queried which tables of the release, and when. A private file of the home.

A query writes a file of its own into the folder, in which readers create files and list none. The account that owns the file is
the one that asked: the operating system says so, not the query. `collect` moves these files into the log, which only the owner of
the home reads. See `orchestration.cli.query.process` for what a record contains.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.files import sync
from warehouse.paths import Home

LOG = "asked.jsonl"
FIELDS = {"at": str, "file": str, "release_id": str, "tables": list, "rows": int, "outcome": str, "statement": str}
MOST_BYTES = 64 << 10  # of one record
_RECORD_MODE, _LOG_MODE = 0o640, 0o600  # the folder passes on its group, through which the owner of the home reads a record


def record(home: Home, question: Mapping[str, Any]) -> None:
    """Write one question; OSError if this account cannot write to the folder."""
    row = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **question}
    home.make_questions()
    target = home.questions / f"{time.time_ns()}-{secrets.token_hex(8)}.json"
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _RECORD_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, _RECORD_MODE)  # whatever the umask of the account
        file.write(json.dumps(row)[:MOST_BYTES])


def questions(home: Home) -> list[dict[str, Any]]:
    """All questions, the oldest first; PermissionError for an account that may not read them."""
    log = home.questions / LOG
    kept = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return sorted([*map(json.loads, kept), *(row for _, row in _uncollected(home) if row)], key=lambda row: str(row["at"]))


def collect(home: Home) -> None:
    """Append the files of queries to the log and delete them. Call it under the run lock."""
    found = list(_uncollected(home))
    rows = [json.dumps(row) for _, row in found if row]
    if rows:
        descriptor = os.open(home.questions / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, _LOG_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as log:
            log.write("".join(f"{row}\n" for row in rows))
        sync(home.questions / LOG)
    for path, _ in found:
        with suppress(OSError):
            path.unlink()


def select(
    rows: Iterable[Mapping[str, Any]], person: str | None = None, day: str | None = None, table: str | None = None
) -> list[Mapping[str, Any]]:
    """The questions of an account, of a day (UTC), and of a table, with or without its schema."""
    return [
        row
        for row in rows
        if person in (None, row["asked_by"])
        and (day is None or str(row["at"]).startswith(day))
        and (table is None or any(table in (name, name.rpartition(".")[2]) for name in row["tables"]))
    ]


def _uncollected(home: Home) -> Iterator[tuple[Path, dict[str, Any] | None]]:
    """The files of queries in the folder; None for one that is no record: other accounts write there."""
    paths = list(home.questions.iterdir()) if home.questions.exists() else []  # `glob` would hide that it is not readable
    for path in sorted(path for path in paths if path.suffix == ".json"):
        yield path, _read(path)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            return None
        try:
            row = json.load(file)
            values = {name: row[name] for name in FIELDS}
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
    if not all(isinstance(values[name], kind) for name, kind in FIELDS.items() if values[name] is not None):
        return None
    if not isinstance(values["at"], str) or not all(isinstance(name, str) for name in values["tables"] or ()):
        return None
    return values | {"asked_by": _account(found.st_uid), "tables": values["tables"] or []}


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

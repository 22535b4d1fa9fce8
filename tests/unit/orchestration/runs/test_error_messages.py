"""Trouble of the machine's is told in one sentence that says what to do, wherever it comes up; anything else is left alone."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import OperationalError

from expectations.engine.runner import NotEvaluated
from orchestration.runs.error_messages import explain
from orchestration.runs.errors import DbtError
from orchestration.settings import PROJECT
from warehouse.paths import Home
from warehouse.releases import ReleaseCorrupt

HOME = Home(Path("/home/of/levelground"))


def sqlite(text: str) -> OperationalError:
    return OperationalError("insert", {}, sqlite3.OperationalError(text))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x/batch.parquet"), "is full"),
        (OSError(errno.EFBIG, "File too large"), "is full"),
        (OSError("[Errno 28] Error writing bytes to file"), "is full"),
        (duckdb.IOException('Could not write all bytes to file "w.duckdb": No space left on device'), "is full"),
        (duckdb.FatalException("database has been invalidated ... No space left on device"), "is full"),
        (sqlite("database or disk is full"), "is full"),
        (DbtError("dbt could not build model m: IO Error: Could not write: No space left on device"), "make room"),
        (OSError(errno.EROFS, "Read-only file system", "/x/runs"), "/x/runs cannot be written to"),
        (sqlite("attempt to write a readonly database"), "cannot be written to"),
        (MemoryError(), "LEVELGROUND_MEMORY_LIMIT"),
        (duckdb.OutOfMemoryException("failed to allocate data of size 1"), "LEVELGROUND_MEMORY_LIMIT"),
        (NotEvaluated("ucc__service_requests could not be evaluated (OutOfMemoryException)"), "LEVELGROUND_MEMORY_LIMIT"),
        (sqlite("database is locked"), "another process holds"),
        (sqlite("disk I/O error"), "check that there is room"),
        (OSError(errno.EIO, "Input/output error"), "the disk has no errors"),
        (sqlite("database disk image is malformed"), "move history/, schedules/ and storage/"),
        (duckdb.IOException("Corrupt database file: computed checksum 1 does not match stored checksum 2"), "finds the damaged"),
        (duckdb.InternalException("Attempted to dereference unique_ptr that is NULL"), "finds the damaged"),
        (FileNotFoundError(errno.ENOENT, "No such file", str(PROJECT / "ingest/x.yml")), "ingest/x.yml is missing"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_trouble_of_the_machine_is_told_with_its_remedy(error: Exception, words: str) -> None:
    said = explain(error, HOME)
    assert said is not None
    assert words in said
    assert "The last release stays public" in said
    assert "run again" in said


def test_what_led_to_an_error_is_seen_and_nothing_of_its_text_is_passed_on() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise ValueError("Jane Doe, 12 Main St") from None
    except ValueError as error:
        said = explain(error, HOME)
    assert said is not None
    assert "Jane" not in said
    assert "is full" in said


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        duckdb.ConversionException("Could not convert string 'x' to DATE"),
        duckdb.IOException('No files found that match the pattern "x"'),
        DbtError("dbt could not build model m: Binder Error: no column x"),
        FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere/x.csv"),
        ReleaseCorrupt("20250101T000000Z-aa", "levelground.duckdb", "Could not read enough bytes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_speak_for_themselves(error: Exception) -> None:
    assert explain(error, HOME) is None

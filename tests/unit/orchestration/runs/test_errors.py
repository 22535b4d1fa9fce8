"""Errors of the machine are explained in one sentence with a remedy, wherever they occur; other errors are not."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from unittest import mock

import duckdb
import pytest
from sqlalchemy.exc import OperationalError

from expectations.engine.runner import NotEvaluated
from orchestration.cli.errors import report_error
from orchestration.runs.errors import DbtError, explain, explain_full_disk
from orchestration.runs.process.exit_codes import EXIT_UNEXPECTED
from orchestration.settings import PROJECT
from warehouse.connection import WarehouseError
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
        (duckdb.OutOfMemoryException("failed to offload data block ... the 'max_temp_directory_size' setting"), "is full"),
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
def test_an_error_of_the_machine_is_explained_with_its_remedy(error: Exception, words: str) -> None:
    message = explain(error, HOME)
    assert message is not None
    assert words in message
    assert "The last release stays public" in message
    assert "run again" in message


@pytest.mark.parametrize(
    "text", ["unable to open database file", "disk I/O error", "file is not a database", "Could not read enough bytes"]
)
def test_what_does_not_name_its_cause_is_a_full_disk_where_the_disk_is_full(text: str) -> None:
    with mock.patch("orchestration.runs.errors._is_full", return_value=True):
        assert "is full" in (explain(sqlite(text), HOME) or "")
        assert "is full" in (explain_full_disk(HOME) or "")
    assert "is full" not in (explain(sqlite(text), HOME) or "")
    assert explain_full_disk(HOME) is None


def test_a_warehouse_that_does_not_fit_on_the_disk_names_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEVELGROUND_HOME", str(tmp_path))
    error = WarehouseError(tmp_path / "warehouse.duckdb", "Could not write file: No space left on device.")
    assert report_error(error) == EXIT_UNEXPECTED
    assert f"the disk of {tmp_path} is full" in capsys.readouterr().err
    assert report_error(WarehouseError(tmp_path / "x", "Permission denied.")) == EXIT_UNEXPECTED
    assert "cannot open" in capsys.readouterr().err


def test_the_cause_of_an_error_is_explained_without_its_text() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise ValueError("Jane Doe, 12 Main St") from None
    except ValueError as error:
        message = explain(error, HOME)
    assert message is not None
    assert "Jane" not in message
    assert "is full" in message


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
def test_other_errors_are_not_explained(error: Exception) -> None:
    assert explain(error, HOME) is None


def test_the_first_run_has_no_release_to_keep(tmp_path: Path) -> None:
    """And nothing of which less could be kept."""
    message = explain(OSError(errno.ENOSPC, "No space left on device"), Home(tmp_path))
    assert message is not None
    assert message.startswith(f"the disk of {tmp_path} is full (")
    assert message.endswith(
        "Nothing is published yet; make room, or set LEVELGROUND_HOME to a folder on a larger disk, and run again"
    )


@pytest.mark.parametrize(("free", "words"), [(400_000, "is full"), (400_000_000, "failed")])
def test_an_error_of_sqlite_on_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, words: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: mock.Mock(free=free))
    assert f"the disk of {tmp_path} {words} (" in str(explain(sqlite("disk I/O error"), Home(tmp_path)))

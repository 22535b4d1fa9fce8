"""Errors that end a run, with messages that contain no cell of the data.

Dagster stores what a step raises, and its UI shows it. See `runs.error_messages` for errors of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

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

"""A working warehouse for tests that deliver files; tests of release files make their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from warehouse.connection import scratch
from warehouse.metadata import migrate


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        connection.execute("create schema delivery")
        migrate(connection)
        yield connection

"""A working warehouse for tests that deliver files, and a released city with a layer; tests of release files make their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from tests.support.other_city import OtherCity, release_other_city
from warehouse.connection import scratch
from warehouse.metadata import migrate


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        connection.execute("create schema delivery")
        migrate(connection)
        yield connection


@pytest.fixture(scope="session")
def other_city(tmp_path_factory: pytest.TempPathFactory, blank_cache: Path) -> OtherCity:
    """A released city with a layer of its own. Read only; tests that use it are in the group `other_city`: one run."""
    return release_other_city(tmp_path_factory.mktemp("other"), blank_cache)

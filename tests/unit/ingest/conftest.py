"""The small contract of tests/support/visits, files to read with it, and a warehouse in memory, as fixtures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from ingest.connectors import Origin, open_folder
from ingest.contract import Contract
from ingest.readers import delivered_files
from tests.support import visits
from tests.support.visits import Table, Warehouse, visits_contract

MakeContract = Callable[..., Contract]
ReadFile = Callable[..., "list[Table]"]


@pytest.fixture(scope="session")
def make_contract() -> MakeContract:
    """The small contract with other top-level keys: `columns` replaces all of them."""
    return visits_contract


@pytest.fixture(scope="session")
def read_origin() -> Callable[[Contract, Origin], list[Table]]:
    """Read an origin to its end."""
    return visits.read_origin


@pytest.fixture
def read_file(tmp_path: Path, read_origin: Callable[[Contract, Origin], list[Table]]) -> ReadFile:
    """Read one file of the given bytes by the small contract, with other keys where given."""

    def read(data: bytes, name: str = "visits.csv", **changes: Any) -> list[Table]:
        (tmp_path / name).write_bytes(data)
        contract = visits_contract(**changes)
        return read_origin(contract, open_folder(contract, delivered_files(tmp_path), tmp_path))

    return read


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def warehouse(tmp_path: Path, con: DuckDBPyConnection) -> Warehouse:
    return Warehouse(tmp_path, con)


@pytest.fixture(scope="session")
def new_warehouse() -> Callable[[], AbstractContextManager[Warehouse]]:
    """A warehouse for one example among many, gone afterwards."""

    @contextmanager
    def opened() -> Iterator[Warehouse]:
        with tempfile.TemporaryDirectory(prefix="levelground-") as folder, duckdb.connect() as connection:
            yield Warehouse(Path(folder), connection)

    return opened

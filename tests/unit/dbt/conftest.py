"""The warehouse without rows (tests/support/empty_warehouse), built once for all tests of the dbt project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.empty_warehouse import EmptyWarehouse, building_empty

__all__ = ["EmptyWarehouse", "empty_warehouse"]


@pytest.fixture(scope="session")
def empty_warehouse(parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmptyWarehouse]:
    with building_empty(tmp_path_factory.mktemp("dbt") / "home", parsed_dbt_folder) as warehouse:
        yield warehouse

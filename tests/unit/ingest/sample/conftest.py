"""The sample city that tests of it read, written once for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.sample import write_sample
from tests.support.shared import made_once

ROWS = 2_000


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 rows of the default seed. Read only."""
    return made_once(tmp_path_factory, "small-sample", lambda folder: write_sample(folder / "city", ROWS)) / "city"

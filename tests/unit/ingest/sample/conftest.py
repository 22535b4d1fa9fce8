"""The sample cities that tests of them read, each written once for all of them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ingest.sample import SampleSummary, write_sample
from tests.support.shared import made_once

ROWS = 2_000


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 rows of the default seed. Read only."""
    return made_once(tmp_path_factory, "small-sample", lambda folder: write_sample(folder / "city", ROWS)) / "city"


@pytest.fixture(scope="session")
def summary(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    """2,000 rows of seed 7, and what was said of them. Read only."""

    def make(folder: Path) -> None:
        made = write_sample(folder / "city", ROWS, 7)
        (folder / "summary.json").write_text(json.dumps(asdict(made), default=str), encoding="utf-8")

    folder = made_once(tmp_path_factory, "sample-of-seed-7", make)
    said = SampleSummary(**json.loads((folder / "summary.json").read_text(encoding="utf-8")))
    return replace(said, out=Path(said.out))

"""The sample's chronic conditions, read again without the generator's help."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from ingest.sample.health import chronic_disease
from ingest.sample.places import ground


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("chronic_disease")
    chronic_disease.write(folder, np.random.default_rng(11))
    return {path.name: list(csv.DictReader(path.open(encoding="ascii", newline=""))) for path in sorted(folder.iterdir())}


def test_three_files_of_29_columns_that_are_mostly_empty(tables: dict[str, list[dict[str, str]]]) -> None:
    assert len(tables) == 3
    for rows in tables.values():
        assert {len(row) for row in rows} == {29}
        assert len({row["Indicator Name"] for row in rows}) == 1
        assert all(row["Breakout Title"] == row["Indicator Count Value"] == "" for row in rows)
        assert {row["Location"] for row in rows} == {f"99001{label:06d}" for label in np.unique(ground.tracts(2010))}
        assert {row["Period of Measure"] for row in rows} == {"2018", "2019"}
    assert {row["Indicator Rate Value Units"] for rows in tables.values() for row in rows} == {"percent", "Percent of adults"}


def test_an_estimate_is_within_its_interval_and_zero_is_none(tables: dict[str, list[dict[str, str]]]) -> None:
    for rows in tables.values():
        none = 0
        for row in rows:
            low, value, high = (
                row[name] for name in ("Rate Lower Confidence Interval", "Indicator Rate Value", "Rate Upper Confidence Interval")
            )
            none += (low, value, high) == ("0.0", "0.0", "0.0")
            assert (low, value, high) == ("0.0", "0.0", "0.0") or 0 < float(low) < float(value) < float(high) < 100
        assert none == 2
        assert len({row["Indicator Rate Value"] for row in rows}) > 20

"""The sample's ACS table, read again without the generator's help."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.people.census import race_by_tract
from ingest.sample.places import ground


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("acs")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return race_by_tract.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def lines(folder: Path, claim: PlantedCounts) -> list[list[str]]:
    with (folder / "race_ethnicity.csv").open(encoding="ascii", newline="") as file:
        return list(csv.reader(file))


def test_two_header_rows_and_every_tract_of_the_county(lines: list[list[str]], claim: PlantedCounts) -> None:
    codes, labels = lines[:2]
    assert codes[:5] == ["GEO.id", "GEO.id2", "GEO.display-label", "HD01_VD01", "HD02_VD01"]
    assert codes[-1] == "HD02_VD21"
    assert labels[3:5] == ["Estimate; Total:", "Margin of Error; Total:"]
    assert labels[codes.index("HD01_VD04")] == "Estimate; Not Hispanic or Latino: - Black or African American alone"
    assert labels[codes.index("HD01_VD20")].startswith("Estimate; Hispanic or Latino: - Two or more races: - Two races including")
    assert {len(line) for line in lines} == {45}
    assert [line[1] for line in lines[2:]] == [f"99001{label:06d}" for label in np.unique(ground.tracts(2010))]
    assert len(lines) - 2 == claim.delivered


def test_parts_add_up_in_every_tract(lines: list[list[str]], claim: PlantedCounts) -> None:
    people = 0
    for line in lines[2:]:
        estimate = dict(zip(range(1, 22), map(int, line[3::2]), strict=True))
        assert estimate[1] == estimate[2] + estimate[12]
        for parent in (2, 12):
            assert estimate[parent] == sum(estimate[parent + part] for part in range(1, 8))
            assert estimate[parent + 7] == estimate[parent + 8] + estimate[parent + 9]
        assert all(int(margin) > 0 for margin in line[4::2])
        people += estimate[1]
    assert people == claim.facts["people"] > 300_000

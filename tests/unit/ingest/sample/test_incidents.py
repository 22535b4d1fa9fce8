"""The sample's incidents, read again without the generator's help."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.places import ground
from ingest.sample.places.houses import addresses, houses
from ingest.sample.safety import OFFENSES, REPEATED, incidents

CODES = ("ALD", "NSP", "POLICE", "TRACT", "WARD", "ZIP")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("incidents")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return incidents.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def rows(folder: Path, claim: PlantedCounts) -> list[dict[str, str]]:
    with (folder / "wibr_2025_stripped.csv").open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def test_codes_are_float_numbers_without_their_zeros(rows: list[dict[str, str]]) -> None:
    assert all(re.fullmatch(r"(|[1-9]\d*\.0)", row[name]) for row in rows for name in CODES)
    assert any(all(row[name] == "" for name in CODES) for row in rows)
    assert {row["ZIP"] for row in rows} - {""} == {f"{label}.0" for label in np.unique(houses().on(ground.zip_areas()))}


def test_offences_are_none_to_four_and_sexual_ones_have_no_address(rows: list[dict[str, str]], claim: PlantedCounts) -> None:
    numbers = [sum(int(row[name]) for name in OFFENSES) for row in rows]
    assert set(numbers) == {0, 1, 2, 3, 4}
    assert 0.05 < numbers.count(0) / len(rows) < 0.11
    assert 0.03 < sum(number > 1 for number in numbers) / len(rows) < 0.09
    assert {row["address"] == "" for row in rows if row["SexOffense"] == "1"} == {True}
    assert {row["address"] == "" for row in rows if row["SexOffense"] == "0"} == {False}
    assert claim.facts["offenses"] <= sum(numbers)


def test_codes_are_those_of_the_areas_of_the_address(rows: list[dict[str, str]]) -> None:
    points = houses()
    place = {address: at for at, address in enumerate(addresses())}
    geocoded = [row for row in rows if row["address"] in place and row["TRACT"]]
    assert 0.85 < len(geocoded) / len(rows) < 0.93
    for name, grid in (("ALD", ground.aldermanic_districts(2022)), ("TRACT", ground.tracts(2020)), ("WARD", ground.wards(2021))):
        labels = points.on(grid)
        assert all(float(row[name]) == labels[place[row["address"]]] for row in geocoded)


def test_copies_are_as_claimed(rows: list[dict[str, str]], claim: PlantedCounts) -> None:
    assert len(rows) == claim.delivered
    assert len(rows) - len({tuple(row.values()) for row in rows}) == claim.duplicate >= REPEATED

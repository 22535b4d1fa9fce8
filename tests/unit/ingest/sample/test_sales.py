"""The sample's property sales, read again without the generator's help."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.housing import sales
from ingest.sample.places.houses import addresses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sales")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return sales.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def files(folder: Path, claim: PlantedCounts) -> dict[str, list[dict[str, str]]]:
    tables = {}
    for path in sorted(folder.iterdir()):
        with path.open(encoding="utf-8-sig", newline="") as file:
            tables[path.name] = list(csv.DictReader(file))
    return tables


LAYOUTS = {
    "2002-2018-property-sales-data.csv": ("Taxkey", r"201[78]-\d\d", r"\d*", ""),
    "2019-property-sales-data.csv": ("taxkey", r"\d{1,2}/\d{1,2}/(2019|2028)", r"\d+|NULL", "NULL"),
    "armslengthsales_2020_valid.csv": ("taxkey", r"\d{1,2}/\d{1,2}/2020", r"\$[\d,]+|NULL", "NULL"),
    "armslengthsales_2021_valid.csv": ("taxkey", r"\d{1,2}/\d{1,2}/2021", r"\$[\d,]+|NULL", "NULL"),
    "armslengthsales_2022_valid_20230404.csv": ("taxkey", r"2022-\d\d-\d\d", r"\d+\.00|NULL", "NULL"),
    "armslengthsales_2022_valid_20231002.csv": ("taxkey", r"2022-\d\d-\d\d", r"\d+\.00|NULL", "NULL"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_file_has_the_layout_of_its_year(files: dict[str, list[dict[str, str]]], folder: Path, name: str) -> None:
    key, day, price, empty = LAYOUTS[name]
    rows = files[name]
    assert all(re.fullmatch(day, row["Sale_date"]) and re.fullmatch(price, row["Sale_price"]) for row in rows)
    assert ("PropertyID" in rows[0]) == (empty == "NULL")
    assert all(row[key] for row in rows)
    assert any(value == "NULL" for row in rows for value in row.values()) == (empty == "NULL")
    assert any(float(re.sub(r"[$,]", "", row["Sale_price"])) == 0 for row in rows if row["Sale_price"] not in ("", "NULL"))
    assert (folder / name).read_bytes().startswith(b"\xef\xbb\xbf") == ("2022" in name)


def test_the_files_are_those_of_the_layouts(files: dict[str, list[dict[str, str]]], claim: PlantedCounts) -> None:
    assert set(files) == set(LAYOUTS)
    assert sum(map(len, files.values())) == claim.delivered


def test_some_parcel_numbers_of_the_oldest_file_have_lost_their_zeros(files: dict[str, list[dict[str, str]]]) -> None:
    old = [len(row["Taxkey"]) for row in files["2002-2018-property-sales-data.csv"]]
    assert 0.02 < sum(length < 10 for length in old) / len(old) < 0.3
    assert {len(row["taxkey"]) for row in files["armslengthsales_2021_valid.csv"]} == {10}


def test_the_later_file_has_the_year_again_corrected_and_longer(
    files: dict[str, list[dict[str, str]]], claim: PlantedCounts
) -> None:
    first, later = (files[f"armslengthsales_2022_valid_{day}.csv"] for day in ("20230404", "20231002"))
    assert len(later) - len(first) == claim.facts["late"]
    changed = [(old, new) for old, new in zip(first, later, strict=False) if old != new]
    assert len(changed) == claim.facts["corrected"]
    assert {name for old, new in changed for name in old if old[name] != new[name]} <= {"Rooms", "Bdrms", "Address"}


def test_addresses_are_houses_ranges_and_units(files: dict[str, list[dict[str, str]]]) -> None:
    index, texts = set(addresses()), [row["Address"] for rows in files.values() for row in rows]
    assert 0.85 < sum(text.split(",")[0] in index for text in texts) / len(texts) < 0.99
    assert any(re.match(r"\d+-\d+ ", text) for text in texts)
    assert any(", Unit " in text for text in texts)

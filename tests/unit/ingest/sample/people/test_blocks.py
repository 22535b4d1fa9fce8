"""The sample's census blocks, read again without the generator's help."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

from ingest.layers import CITIES
from ingest.sample.city import PLACE_GEOID
from ingest.sample.delivery import PlantedCounts
from ingest.sample.people import census
from ingest.sample.places import ground

SEED = CITIES / "sampleton" / "seeds" / "ward_districts.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("population")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return census.blocks.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def blocks(folder: Path, claim: PlantedCounts) -> list[dict[str, str]]:
    raw = (folder / "SampletonBlocks2020.csv").read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("ascii"), newline="")))


def test_groups_sum_exactly_for_people_and_adults(blocks: list[dict[str, str]], claim: PlantedCounts) -> None:
    groups = ("hisp", "white", "black", "aian", "asian", "nhpi", "other", "two")
    for universe in ("pop", "vap"):
        assert all(int(b[universe]) == sum(int(b[f"{universe}_{group}"]) for group in groups) for b in blocks)
    assert all(int(b[f"vap_{group}"]) <= int(b[f"pop_{group}"]) for b in blocks for group in groups)
    assert len(blocks) == claim.delivered
    assert sum(int(b["pop"]) for b in blocks) == claim.facts["people"] > 100_000
    assert sum(int(b["vap"]) for b in blocks) == claim.facts["adults"]
    assert all(sum(int(b[f"pop_{group}"]) for b in blocks) > 0 for group in groups)


def test_codes_belong_to_no_real_place(blocks: list[dict[str, str]]) -> None:
    geoids = [b["GEOID"] for b in blocks]
    assert len(set(geoids)) == len(geoids)
    assert all(re.fullmatch(r"99001\d{10}", geoid) for geoid in geoids)


def test_a_few_blocks_are_in_no_district_and_some_wards_are_not_known(blocks: list[dict[str, str]], claim: PlantedCounts) -> None:
    outside = [b for b in blocks if b["aldermanic_2012"] == "0"]
    assert len(outside) == claim.facts["outside_districts"] > 3
    assert any(int(b["pop"]) > 0 for b in outside)
    assert {b["aldermanic_2012"] for b in blocks} == {str(district) for district in range(16)}
    assert 0 < sum(b["ward_2021"] == "NA" for b in blocks) < 0.01 * len(blocks)
    assert any(b["pop"] == "0" for b in blocks)
    assert all(len(b["ward_2012"]) == 4 and len(b["vtd"]) == 6 for b in blocks)


def test_codes_of_a_block_are_those_of_the_maps(blocks: list[dict[str, str]]) -> None:
    columns, rows, _ = census.city_blocks()
    assert len({(column, row) for column, row in zip(columns.tolist(), rows.tolist(), strict=True)}) == ground.city().sum()
    assert (ground.city()[columns, rows] == 1).all()
    assert [int(b["GEOID"][5:11]) for b in blocks] == ground.tracts(2020)[columns, rows].tolist()
    for name, grid in (
        ("aldermanic_2012", ground.aldermanic_districts(2012)), ("ward_2012", ground.wards(2012)),
        ("ward_2021", ground.wards(2021)),
    ):  # fmt: skip
        labels = grid[columns, rows].tolist()
        codes = [(int(b[name]), label) for b, label in zip(blocks, labels, strict=True) if b[name] not in ("0", "NA")]
        assert all(code == label for code, label in codes)


def test_wards_belong_to_districts_as_in_the_seed() -> None:
    with SEED.open(encoding="utf-8", newline="") as file:
        seed = {
            int(row["ward"]): row["aldermanic_district_geoid"] for row in csv.DictReader(file) if row["city_geoid"] == PLACE_GEOID
        }
    wards, districts = ground.wards(2021), ground.aldermanic_districts(2022)
    assert set(seed) == set(wards[wards > 0].tolist())
    assert all({seed[ward]} == set(districts[wards == ward].astype(str).tolist()) for ward in seed)

"""The sample's lead tests of children, read again without the generator's help."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.health import ELEVATED, TEST_YEARS, elevated, lead_tests, threshold
from ingest.sample.places.houses import addresses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lead_tests")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return lead_tests.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def rows(folder: Path, claim: PlantedCounts) -> list[dict[str, str]]:
    (file,) = folder.iterdir()
    with file.open(encoding="ascii", newline="") as opened:
        return list(csv.DictReader(opened, delimiter="|"))


def test_a_child_is_one_record_but_for_copies_and_corrected_ones(rows: list[dict[str, str]], claim: PlantedCounts) -> None:
    assert len(rows) == claim.delivered
    assert len(rows) - len({tuple(row.values()) for row in rows}) == claim.duplicate
    numbers = Counter(row["RECORD_NO"] for row in rows)
    assert len(numbers) == claim.facts["children"] == len(rows) - claim.duplicate - claim.superseded
    corrected = [row for row in rows[-claim.superseded :] if numbers[row["RECORD_NO"]] == 2]
    assert len(corrected) == claim.superseded
    assert all(float(row["RESULT_UG_DL"]) > 0 for row in corrected)
    assert any(row["RESULT_UG_DL"] == "QNS" for row in rows)


def test_each_group_has_its_planted_share_by_each_definition(rows: list[dict[str, str]]) -> None:
    last = {row["RECORD_NO"]: row for row in rows}.values()
    with_result = [row for row in last if row["RESULT_UG_DL"] != "QNS"]
    for label, shares in ELEVATED.items():
        results = [float(row["RESULT_UG_DL"]) for row in with_result if row["RACE_ETHNICITY"] == label]
        for limit, share in zip((5.0, 3.5), shares, strict=True):
            error = (share * (1 - share) / len(results)) ** 0.5
            assert abs(sum(result >= limit for result in results) / len(results) - share) < 4 * error
    unknown = sum(row["RACE_ETHNICITY"] in ("", "Unknown") for row in last)
    assert 0.04 < unknown / len(last) < 0.08


def test_the_definition_changes_in_2022() -> None:
    assert [threshold(year) for year in (2020, 2021, 2022, 2025)] == [5.0, 5.0, 3.5, 3.5]
    assert elevated("Hispanic", 2021) < elevated("Hispanic", 2022)


def test_children_live_in_houses_and_were_tested_in_their_year(rows: list[dict[str, str]]) -> None:
    index = set(addresses())
    assert all(row["ADDRESS"].removesuffix(" #2") in index for row in rows)
    years = Counter(datetime.strptime(row["SAMPLE_DATE"], "%m/%d/%Y").year for row in rows)
    assert set(years) == set(TEST_YEARS)
    assert max(datetime.strptime(row["SAMPLE_DATE"], "%m/%d/%Y") for row in rows) >= datetime(2025, 12, 30)
    assert all(row["GUARDIAN_PHONE"].startswith("999-555-") for row in rows)

"""Caveats of measures are true of any delivery. Facts of one delivery are data: known_data_issues, city.yml, contracts.

Claims that a release can prove or refute are checked in tests/e2e/test_caveats.py.
"""

from __future__ import annotations

import re

import pytest

from ingest.city import read_city
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS


def _rows(seed: str) -> list[dict[str, str]]:
    """The rows of a seed for Milwaukee: the shared ones, and those of its layers."""
    return seed_rows(seed, SHARED_SEEDS, read_city(None).layers)


MEASURES = _rows("measure_registry")
IDS = [f"{row['measure_id']}_{row['measure_version']}" for row in MEASURES]
# A share of the records that one file held. Shares that a publication found carry its name in the same sentence.
OF_ONE_DELIVERY = [
    re.compile(r"another city", re.I),
    re.compile(r"\b\w+ (?:cases|stops|rows|records|requests) in ten\b", re.I),
    re.compile(r"\bfor an? (?:third|fifth|quarter|tenth|half) of\b", re.I),
    re.compile(r"\bthe file is cut off\b", re.I),
]


@pytest.mark.parametrize("row", MEASURES, ids=IDS)
def test_caveat_describes_no_single_delivery(row: dict[str, str]) -> None:
    found = [pattern.pattern for pattern in OF_ONE_DELIVERY if pattern.search(row["caveat"])]
    assert not found, f"move this to known_data_issues.csv: it holds for one delivery only ({found})"


@pytest.mark.parametrize("row", MEASURES, ids=IDS)
def test_caveat_names_no_city(row: dict[str, str]) -> None:
    """dim_measure names the city of a stand-in, from the contract's jurisdiction."""
    cities = {place["name"] for place in _rows("geographies") if place["geography_type"] == "city"}
    named = {city for city in cities if city in row["caveat"]}
    assert not named, f"leave {sorted(named)} out: another city has the same measures"


@pytest.mark.parametrize("row", MEASURES, ids=IDS)
def test_caveats_of_place_weighted_measures_name_the_method(row: dict[str, str]) -> None:
    names_members = "members of a group live" in row["caveat"]
    assert names_members == bool(row["weighted_places"]), (
        "write 'members of a group live' if and only if weighted_places is filled"
    )

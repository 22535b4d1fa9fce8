"""Test that people of another vintage, or the wrong number of them, are refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from expectations.delivery.delivery_facts import DeliveryFacts, PopulationTerms
from expectations.delivery.reference_checks import read_population_terms
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS
from tests.unit.expectations.conftest import Judge

SEEDS = [seed_rows(name, SHARED_SEEDS, ()) for name in ("population_schemes", "census_concepts", "measure_rules")]


@pytest.fixture
def acs() -> Contract:
    return load_registry()["census__acs_race_tract"]


def tracts(number: int, people: int) -> list[dict[str, Any]]:
    """So many tracts of Black people only."""
    groups = {f"b03002_{line:03}": "0" for line in range(1, 22)} | {
        name: str(people) for name in ("b03002_001", "b03002_002", "b03002_004")
    }
    return [{"tract_geoid": f"5507900{tract:04}", **groups} for tract in range(number)]


def found(judge: Judge, contract: Contract, rows: list[dict[str, Any]], facts: DeliveryFacts) -> dict[str, str]:
    result = judge(contract, rows, facts)
    ours = ("other_vintage", "people_changed")
    return {finding.expectation: finding.message for finding in result.failed_critical if finding.expectation in ours}


def test_the_terms_of_a_source_are_rows_of_seeds(acs: Contract) -> None:
    assert read_population_terms(acs, *SEEDS) == PopulationTerms({"acs_2013_2017": (2013, 2017)}, ("b03002_001",), 20.0)
    blocks = load_registry()["census__blocks_2020"]
    assert read_population_terms(blocks, *SEEDS) == PopulationTerms({"pl_2020": (2020, 2020)}, ("pop", "vap"), 20.0)
    assert read_population_terms(load_registry()["ucc__service_requests"], *SEEDS) == PopulationTerms()


@pytest.mark.parametrize(
    ("file", "is_refused"),
    [("race_ethnicity.csv", False), ("race_2013-2017.csv", False), ("race_ethnicity_2020_2024.csv", True), ("acs2019.csv", True)],
)
def test_a_file_name_of_another_vintage_is_refused(
    judge: Judge, facts: DeliveryFacts, acs: Contract, file: str, is_refused: bool
) -> None:
    terms = read_population_terms(acs, *SEEDS)
    of_file = dataclasses.replace(facts, files=(file,), earlier_rows=(), people=terms)
    messages = found(judge, acs, tracts(2, 50), of_file)
    assert set(messages) == ({"other_vintage"} if is_refused else set())
    if is_refused:
        assert (
            f"census__acs_race_tract ({file}): the file name has years of another vintage; acs_2013_2017 is of 2013 to 2017"
            in (messages["other_vintage"])
        )


@pytest.mark.parametrize(
    ("people", "is_refused"), [(100, False), (119, False), (121, True), (81, False), (79, True), (200, True)]
)
def test_people_are_compared_with_the_load_before(
    judge: Judge, facts: DeliveryFacts, acs: Contract, people: int, is_refused: bool
) -> None:
    """Two tracts had 200 people together: the limit is a fifth, up and down."""
    terms = read_population_terms(acs, *SEEDS)
    before = dataclasses.replace(facts, files=("race.csv",), earlier_rows=(), people=terms, landed_sums={"b03002_001": 200.0})
    messages = found(judge, acs, tracts(2, people), before)
    assert set(messages) == ({"people_changed"} if is_refused else set())
    if is_refused:
        assert "b03002_001 differ from the 200 of the load before by more than 20 %" in messages["people_changed"]

"""A source of this repository lacks nothing that `levelground sources todo` lists as missing."""

from __future__ import annotations

import pytest

from expectations.marts.suites import Suite, read_suites
from ingest.contract import Contract
from ingest.sample.sources import SOURCES as SAMPLED
from orchestration.codegen.missing_steps import staging_of, steps_of_contract, steps_of_models
from tests.contract.registers import contracts, shared_models


@pytest.fixture(scope="module")
def suites() -> dict[str, Suite]:
    return {suite.table: suite for suite in read_suites()}


@pytest.fixture(scope="module")
def sampled() -> frozenset[str]:
    return frozenset(SAMPLED)


def test_a_source_reaches_a_model_if_the_sample_city_delivers_it(sampled: frozenset[str]) -> None:
    """The sample city leaves out live feeds that land and reach no fact: its planted truth tests every other source."""
    staged = {contract.source for contract in contracts() if staging_of(contract, shared_models())}
    assert staged == sampled, f"deliver it in ingest/sample, or add its models: {sorted(staged ^ sampled)}"


@pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract.source)
def test_a_source_lacks_nothing(contract: Contract, suites: dict[str, Suite], sampled: frozenset[str]) -> None:
    steps = [*steps_of_contract(contract), *steps_of_models(contract, shared_models(), suites)]
    missing = [step for step in steps if step.is_required]
    if contract.source not in sampled:
        assert [step.part for step in missing] == ["staging"]
        return
    assert not missing, f"levelground sources todo {contract.source} --shared: {missing}"

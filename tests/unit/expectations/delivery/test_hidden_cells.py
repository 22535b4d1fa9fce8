"""Test that a publisher who hides more cells than before is found."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from expectations.delivery.delivery_facts import DeliveryFacts, HiddenCells
from expectations.results import ExpectationResult
from tests.unit.expectations.conftest import Judge

OURS = ("hidden_cells_rose", "hidden_limit_rose")


@pytest.fixture
def found(judge: Judge, make_contract: Any, facts: DeliveryFacts, good_rows: list[dict[str, Any]]) -> Any:
    def of(hidden: HiddenCells, limit: int | None = None) -> dict[str, ExpectationResult]:
        result = judge(make_contract(), good_rows, dataclasses.replace(facts, hidden=(hidden,), hidden_limit=limit))
        return {each.expectation: each for each in result.findings if each.expectation in OURS and not each.success}

    return of


@pytest.mark.parametrize(
    ("cells", "landed_cells", "is_found"),
    [
        (697, 38, True),  # of 1,000 rows each
        (60, 38, False),
        (77, 38, True),  # more than twice
        (600, 480, True),  # a tenth of the rows more
        (570, 480, False),
        (19, 0, False),
        (20, 0, True),
    ],
)
def test_a_jump_of_hidden_cells_is_a_finding(found: Any, cells: int, landed_cells: int, is_found: bool) -> None:
    findings = found(HiddenCells("age", cells, 1_000, landed_cells, 1_000))
    assert set(findings) == ({"hidden_cells_rose"} if is_found else set())
    if is_found:
        finding = findings["hidden_cells_rose"]
        assert finding.severity == "warning"
        assert f"age is hidden in {cells:,} of 1,000 rows, in earlier loads in {landed_cells:,} of 1,000" in finding.message


def test_a_first_load_has_no_jump(found: Any) -> None:
    assert not found(HiddenCells("age", 697, 1_000, 0, 0))


def test_a_cell_that_hides_more_than_the_seed_says_holds_the_source_back(found: Any) -> None:
    """Bounds over the cells would be too narrow."""
    assert not found(HiddenCells("age", 5, 1_000, 5, 1_000, 19))
    assert not found(HiddenCells("age", 5, 1_000, 5, 1_000, 9), 9)
    finding = found(HiddenCells("age", 5, 1_000, 5, 1_000, 19), 9)["hidden_limit_rose"]
    assert finding.severity == "critical"
    assert "cells that hide up to 19, and hidden_cell_limits says up to 9" in finding.message

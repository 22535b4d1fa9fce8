"""A release that withdraws too much of a partition is held back, and one of which the newest file is not known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from expectations.delivery.delivery_facts import DeliveryFacts
from ingest.contract import Contract
from ingest.landing import PartitionComparison

MakeContract = Callable[..., Contract]
LOAD = {"mode": "replace_partition", "partition_by": ["visit_number"]}
PLENTY = PartitionComparison(200, 200, 0, "", 0, 0, 0, 0, 20.0)


def failed(result: Any) -> list[tuple[str, str, str]]:
    return [(finding.expectation, finding.severity, finding.message) for finding in result.findings if not finding.success]


@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        (None, None),
        (PLENTY, None),
        (dataclasses.replace(PLENTY, largest_loss_landed=11, largest_loss_withdrawn=5), None),
        (
            dataclasses.replace(PLENTY, largest_loss_landed=11, largest_loss_withdrawn=6),
            ("rows_withdrawn", "critical", "6 of the 11 rows"),
        ),
        (dataclasses.replace(PLENTY, rows=401), ("rows_gained", "warning", "200 rows that it replaces")),
        (dataclasses.replace(PLENTY, landed=0, rows=0, new=2, new_rows=20), None),
        (dataclasses.replace(PLENTY, landed=0, rows=0, new=2, new_rows=19), ("rows_lost", "critical", "19 rows in 2 new")),
    ],
    ids=["first load", "nothing", "within tolerance", "beyond it", "twice the rows", "new partitions", "small new ones"],
)
def test_partitions_are_compared_with_the_landed_ones(
    partitions: PartitionComparison | None,
    expected: tuple[str, str, str] | None,
    make_contract: MakeContract,
    judge: Any,
    facts: DeliveryFacts,
    good_rows: Any,
) -> None:
    result = judge(make_contract(load=LOAD), good_rows, dataclasses.replace(facts, partitions=partitions))
    found = failed(result)
    assert [entry[:2] for entry in found] == ([expected[:2]] if expected else [])
    if expected:
        assert expected[2] in found[0][2]


def test_rival_files_are_held_back_and_named(
    make_contract: MakeContract, judge: Any, facts: DeliveryFacts, good_rows: Any
) -> None:
    result = judge(make_contract(load=LOAD), good_rows, dataclasses.replace(facts, rival_files=("a.csv", "b.csv")))
    (finding,) = result.failed_critical
    assert finding.expectation == "rival_releases"
    assert "a.csv and b.csv contain the same records" in finding.message


def test_files_whose_states_nothing_dates_are_held_back_and_named(
    make_contract: MakeContract, judge: Any, facts: DeliveryFacts, good_rows: Any
) -> None:
    result = judge(make_contract(), good_rows, dataclasses.replace(facts, rival_files=("a.csv", "b.csv")))
    (finding,) = result.failed_critical
    assert finding.expectation == "rival_states"
    assert "a.csv and b.csv contain different states of the same records" in finding.message
    assert "load.order_by" in finding.message

"""By what a source can be disaggregated, read from its contract."""

from __future__ import annotations

import pytest

from ingest.contract.registry import load_registry
from orchestration.sources.disaggregation import BY_ROLE, DIMENSIONS, disaggregations


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("fpc__police_stops", {"race", "sex", "place", "time"}),
        ("der__employees", {"race", "sex", "age"}),
        ("dpi__enrollment", {"race", "sex", "language", "disability", "time"}),
        ("oei__resident_survey", {"race", "place", "time"}),
        ("ucc__service_requests", {"place", "time"}),
        ("comptroller__checkbook", {"time"}),
        ("city__limits", {"place"}),
    ],
)
def test_a_source_tells_what_its_columns_carry(source: str, told: set[str]) -> None:
    carried = disaggregations(load_registry()[source])
    assert tuple(carried) == DIMENSIONS
    assert {dimension for dimension, columns in carried.items() if columns} == told


def test_a_role_carries_a_dimension_that_is_shown() -> None:
    assert set(BY_ROLE.values()) <= set(DIMENSIONS)

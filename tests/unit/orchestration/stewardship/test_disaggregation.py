"""The dimensions by which a source can be disaggregated."""

from __future__ import annotations

import pytest

from orchestration.stewardship.disaggregation import BY_ROLE, DIMENSIONS, disaggregations
from tests.support.shipped import STATE_LAYERS, shipped_registry


@pytest.mark.parametrize(
    ("source", "dimensions"),
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
def test_disaggregations_of_a_source(source: str, dimensions: set[str]) -> None:
    columns_by_dimension = disaggregations(shipped_registry()[source], STATE_LAYERS)
    assert tuple(columns_by_dimension) == DIMENSIONS
    assert {dimension for dimension, columns in columns_by_dimension.items() if columns} == dimensions


def test_every_role_maps_to_a_dimension() -> None:
    assert set(BY_ROLE.values()) <= set(DIMENSIONS)

"""Themes are hidden from the smallest on, and a reader knows it."""

from __future__ import annotations

import pytest

from expectations.disclosure.inputs.audit_inputs import Row
from tests.unit.expectations.disclosure.world import attack, measure, publish, slice_rows, where

INPUTS = measure("count", "engagement_responses.inputs_count", numerator="engagement_inputs")
ALL = measure("count", "engagement_inputs", numerator="engagement_inputs")


def _year(counts: dict[str, int]) -> list[Row]:
    rows = slice_rows(ALL, where(), {"all": (sum(counts.values()), 0)})
    for theme, number in counts.items():
        rows += slice_rows(INPUTS, where(stratum_type="engagement_theme", stratum_code=theme), {"all": (number, 0)})
    return rows


@pytest.mark.parametrize(
    ("counts", "hidden", "is_leaking"),
    [
        # together 20; the second is the smallest of the others, so at most 11, and the first 9 or 10
        ({"jobs": 9, "parks": 11, "roads": 11, "other": 60}, ("jobs", "parks"), True),
        ({"jobs": 9, "parks": 11, "roads": 11, "other": 60}, ("jobs", "parks", "roads"), False),
        ({"jobs": 9, "parks": 25, "roads": 40, "other": 60}, ("jobs", "parks"), False),
    ],
)
def test_the_largest_hidden_theme_is_no_larger_than_the_smallest_shown(
    counts: dict[str, int], hidden: tuple[str, ...], is_leaking: bool
) -> None:
    truth = _year(counts)
    places = [row.where for row in truth if row.where.stratum_code in hidden]
    assert bool(attack(publish(truth, places), truth).leaks) == is_leaking

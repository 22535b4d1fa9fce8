"""Figures are rounded for readers by their unit."""

from __future__ import annotations

import pytest

from orchestration.figures import figure_text


@pytest.mark.parametrize(
    ("dollars", "written"),
    [(3.456, "$3.46"), (99.5, "$99.50"), (717.35, "$717"), (22_306.4, "$22,306"), (12_345_678.0, "$12.3 million")],
)
def test_cents_are_written_of_small_amounts_alone(dollars: float, written: str) -> None:
    """A range from $22,306 to $717.35 would say that one of its ends is known to the cent."""
    assert figure_text(dollars, "usd") == written

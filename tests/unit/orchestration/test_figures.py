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


@pytest.mark.parametrize(
    ("share", "written"), [(0.0288, "0.029 %"), (0.05, "0.1 %"), (0.0, "0.0 %"), (1e-17, "0.0 %"), (12.34, "12.3 %")]
)
def test_a_small_share_is_not_written_as_zero(share: float, written: str) -> None:
    """166 of 577,222 residents are some: only the noise of a computed end of a range is none."""
    assert figure_text(share, "percent") == written

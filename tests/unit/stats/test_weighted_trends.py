"""The slope of a line through estimates against numpy's and statsmodels' weighted fits, and a fit worked by hand."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
POINTS = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 100)), min_size=3, max_size=12)


@settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)
@given(points=POINTS, confidence=st.sampled_from([0.90, 0.95, 0.99]))
def test_it_is_the_weighted_fit_of_numpy(stats: Call, points: list[tuple[float, float]], confidence: float) -> None:
    years = np.arange(2015.5, 2015.5 + len(points))
    gaps, weights = (np.array(column) for column in zip(*points, strict=True))
    (slope, _), covariance = np.polyfit(years - 2020, gaps, 1, w=np.sqrt(weights), cov="unscaled")
    found = stats("weighted_slope", years.tolist(), gaps.tolist(), weights.tolist(), confidence)
    half = norm.ppf((1 + confidence) / 2) * np.sqrt(covariance[0, 0])
    assert found["value"] == pytest.approx(slope, rel=1e-6, abs=1e-9)
    assert (found["low"], found["high"]) == (
        pytest.approx(slope - half, rel=1e-6, abs=1e-9),
        pytest.approx(slope + half, rel=1e-6, abs=1e-9),
    )


def test_a_fit_by_hand(stats: Call) -> None:
    """Gaps 3, 1 and 0 with weights 1, 2 and 1: mean year 2021 and mean 1.25; Σ w x² = 2, Σ w x y = -3; slope -1.5 ± z / √2."""
    found = stats("weighted_slope", [2020, 2021, 2022], [3, 1, 0], [1, 2, 1], 0.95)
    assert found["value"] == pytest.approx(-1.5)
    assert found["high"] - found["value"] == pytest.approx(1.959964 / 2**0.5, rel=1e-6)


def test_the_example_of_idl(stats: Call) -> None:
    """The manual of LINFIT, which is `fit` of Numerical Recipes: 12 points with known errors have the slope 0.829856."""
    xs = [-3.20, 4.49, -1.66, 0.64, -2.43, -0.89, -0.12, 1.41, 2.95, 2.18, 3.72, 5.26]
    ys = [-7.14, -1.30, -4.26, -1.90, -6.19, -3.98, -2.87, -1.66, -0.78, -2.61, 0.31, 1.74]
    found = stats("weighted_slope", xs, ys, [1 / abs(y) for y in ys], 0.95)
    assert found["value"] == pytest.approx(0.829856, abs=5e-7)


def test_two_points_and_one_year_have_no_slope(stats: Call) -> None:
    assert stats("weighted_slope", [2020, 2021], [3, 1], [1, 1], 0.95) is None
    assert stats("weighted_slope", [2020, 2020, 2020], [3, 1, 2], [1, 1, 1], 0.95) is None
    assert stats("weighted_slope", [2020, 2021, 2022], [3, None, 2], [1, 1, 1], 0.95) is None


@pytest.mark.parametrize(("ys", "weights", "which"), [([3, 1], [1, 2, 1], "ys"), ([3, 1, 0], [1, 2], "weights")])
def test_every_point_has_a_year_a_gap_and_a_weight(stats: Call, ys: list[float], weights: list[float], which: str) -> None:
    with pytest.raises(duckdb.Error, match=f"{which} must have as many elements as xs"):
        stats("weighted_slope", [2020, 2021, 2022], ys, weights, 0.95)

"""Slope and concentration over ordered groups: published figures, least squares by numpy, and a figure published wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)
GROUPS = st.lists(st.tuples(st.floats(1, 1e6), st.floats(0.01, 1e3)), min_size=2, max_size=12)

# WHO's R package healthequal (3e7e040), tests/testthat: five wealth quintiles.
POPULATIONS = [78, 91, 162, 103, 105]
RATES = [20, 30, 40, 50, 60]
MU = 41.224490

# PHEindicatormethods (093fd28), testdata_SII: ten deprivation deciles.
DECILES = [7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534]
VALUES = [
    75.9334590, 78.3442382, 83.8360631, 83.6375400, 80.4655032, 81.1156760, 81.6930836, 84.1900062, 80.5955641, 86.2894350,
]  # fmt: skip


def ridits(populations: Any) -> Any:
    share = np.asarray(populations, dtype=float) / np.sum(populations)
    return np.cumsum(share) - share / 2


def test_slope_index_of_inequality_of_phe(stats: Call) -> None:
    slope = stats("slope_index_of_inequality", DECILES, VALUES)
    assert slope == pytest.approx(6.9346165, abs=5e-8)
    mean = np.average(VALUES, weights=DECILES)
    assert (mean + slope / 2) / (mean - slope / 2) == pytest.approx(1.0888181, abs=5e-8)


def test_slope_index_of_inequality_is_the_linear_one(stats: Call) -> None:
    slope = stats("slope_index_of_inequality", POPULATIONS, RATES)
    assert slope == pytest.approx(46.253811, abs=5e-7)
    assert (MU + slope / 2) / (MU - slope / 2) == pytest.approx(3.555800, abs=5e-7)


@pytest.mark.parametrize(("power", "slope", "ratio"), [(2, 44.44502, 3.159506), (1, 44.905264, 3.223923)])
def test_healthequals_slope_comes_from_weighting_twice(stats: Call, power: int, slope: float, ratio: float) -> None:
    """healthequal passes the populations as weights to a binomial model that has them already. The logit fit to whole events
    with weights n^2 gives its published 44.44502 and 3.159506, with n 44.905264 and 3.223923. Neither is the linear slope."""
    populations = np.array(POPULATIONS, dtype=float)
    design = np.column_stack([np.ones(5), ridits(POPULATIONS)])
    events = np.round(np.array(RATES) / 100 * populations)
    observed, weights, beta = events / populations, populations**power, np.zeros(2)
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (weights * fitted * (1 - fitted))[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (weights * (observed - fitted)))
    bottom, top = 1 / (1 + np.exp(-beta[0])), 1 / (1 + np.exp(-beta.sum()))
    assert 100 * (top - bottom) == pytest.approx(slope, abs=5e-6)
    assert top / bottom == pytest.approx(ratio, abs=5e-7)
    assert abs(stats("slope_index_of_inequality", POPULATIONS, RATES) - slope) > 1


@PROPERTY
@given(groups=GROUPS)
def test_slope_index_of_inequality_is_numpys_weighted_fit(stats: Call, groups: list[tuple[float, float]]) -> None:
    populations, rates = (np.array(column) for column in zip(*groups, strict=True))
    fitted = np.polyfit(ridits(populations), rates, 1, w=np.sqrt(populations))
    slope = stats("slope_index_of_inequality", populations.tolist(), rates.tolist())
    spread = np.average((ridits(populations) - 0.5) ** 2, weights=populations)
    assert slope == pytest.approx(fitted[0], rel=1e-6, abs=1e-9 * rates.max() / spread)


def test_relative_concentration_index_of_the_who(stats: Call) -> None:
    index = stats("relative_concentration_index", POPULATIONS, RATES)
    assert index == pytest.approx(0.1777686, abs=5e-8)
    assert index * MU == pytest.approx(7.3284203, abs=5e-7)


@PROPERTY
@given(groups=GROUPS)
def test_relative_concentration_index_is_twice_the_covariance_over_the_mean(
    stats: Call, groups: list[tuple[float, float]]
) -> None:
    populations, rates = (np.array(column) for column in zip(*groups, strict=True))
    covariance = np.cov(rates, ridits(populations), aweights=populations, ddof=0)[0, 1]
    index = stats("relative_concentration_index", populations.tolist(), rates.tolist())
    assert index == pytest.approx(2 * covariance / np.average(rates, weights=populations), abs=1e-9)
    assert -1 < index < 1


@PROPERTY
@given(groups=GROUPS)
def test_the_other_order_has_the_other_sign(stats: Call, groups: list[tuple[float, float]]) -> None:
    populations, rates = ([group[i] for group in groups] for i in (0, 1))
    for function in ("slope_index_of_inequality", "relative_concentration_index"):
        forward = stats(function, populations, rates)
        assert stats(function, populations[::-1], rates[::-1]) == pytest.approx(-forward, rel=1e-6, abs=1e-6), function


def test_one_group_has_no_slope(stats: Call) -> None:
    assert stats("slope_index_of_inequality", [5], [3]) is None
    assert stats("slope_index_of_inequality", [0, 3.3, 0], [4, 5, 6]) is None
    assert stats("relative_concentration_index", [5], [3]) == 0
    assert stats("relative_concentration_index", [1, 1], [0, 0]) is None
    assert stats("slope_index_of_inequality", [0, 0], [1, 2]) is None

"""Control limits of funnel plots against scipy's binomial and Poisson distributions, and by hand."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
LEVELS = st.sampled_from([0.95, 0.998])


def limit(distribution: Any, p: float, size: float) -> float:
    """The formula of Spiegelhalter (2005), appendix A.1.1, over the quantile of scipy."""
    count = distribution.ppf(p)
    return float((count - (distribution.cdf(count) - p) / distribution.pmf(count)) / size)


def test_shares_by_hand(stats: Call) -> None:
    """10 records, target 0.5: P(R ≤ 2) = 56/1024 is the first above 0.025, P(R = 2) = 45/1024; (2 - (56 - 25.6) / 45) / 10."""
    found = stats("funnel_proportion_limits", 0.5, 10, 0.95)
    assert found["low"] == pytest.approx((2 - (56 - 25.6) / 45) / 10)
    assert found["high"] == pytest.approx((8 - (1013 - 998.4) / 45) / 10)


def test_rates_by_hand(stats: Call) -> None:
    """One event expected: P(R ≤ 0) = 1/e is above 0.025; the lower limit 0 - (1/e - 0.025) / (1/e) is below 0 and so 0."""
    assert stats("funnel_rate_limits", 0.1, 10, 0.95)["low"] == 0


@settings(max_examples=number_of_examples(80), deadline=None, derandomize=True)
@given(target=st.floats(0.001, 0.999), n=st.integers(1, 30000), level=LEVELS)
def test_shares_are_the_formula_over_scipy(stats: Call, target: float, n: int, level: float) -> None:
    found = stats("funnel_proportion_limits", target, n, level)
    low, high = (limit(binom(n, target), p, n) for p in ((1 - level) / 2, (1 + level) / 2))
    assert found["low"] == pytest.approx(max(low, 0), rel=1e-6, abs=1e-6 / n)
    assert found["high"] == pytest.approx(min(high, 1), rel=1e-6, abs=1e-6 / n)


@settings(max_examples=number_of_examples(80), deadline=None, derandomize=True)
@given(expected=st.floats(0.01, 100_000), level=LEVELS)
def test_rates_are_the_formula_over_scipy(stats: Call, expected: float, level: float) -> None:
    found = stats("funnel_rate_limits", expected / 1000, 1000, level)
    low, high = (limit(poisson(expected), p, 1000) for p in ((1 - level) / 2, (1 + level) / 2))
    assert found["low"] == pytest.approx(max(low, 0), rel=1e-6, abs=1e-9)
    assert found["high"] == pytest.approx(high, rel=1e-6)


def test_limits_of_the_ends_and_of_no_one(stats: Call) -> None:
    assert stats("funnel_proportion_limits", 0, 10, 0.95) == {"low": 0, "high": 0}
    assert stats("funnel_proportion_limits", 1, 10, 0.95) == {"low": 1, "high": 1}
    assert stats("funnel_rate_limits", 0, 10, 0.998) == {"low": 0, "high": 0}
    assert stats("funnel_proportion_limits", 0.5, 0, 0.95) is None


def test_what_is_refused(stats: Call) -> None:
    with pytest.raises(duckdb.Error, match=r"level must be 0\.95 or 0\.998"):
        stats("funnel_rate_limits", 0.5, 10, 0.99)
    with pytest.raises(duckdb.Error, match="target must not be greater than 1"):
        stats("funnel_proportion_limits", 1.5, 10, 0.95)

"""The median's interval against the binomial distribution. Here: median_ci. Not here: durations (tests/integration/dbt)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

Call = Callable[..., Any]
ALPHA = {0.90: 0.10, 0.95: 0.05, 0.99: 0.01}


def exact_rank(n: int, confidence: float) -> int:
    """The largest r for which the r-th smallest and r-th largest value hold the median with that confidence; 0 for none."""
    tail = ALPHA[confidence] / 2
    rank = int(binom.ppf(tail, n, 0.5)) + 1
    while rank > 0 and binom.cdf(rank - 1, n, 0.5) > tail:
        rank -= 1
    return rank


@pytest.mark.parametrize("confidence", ALPHA)
@settings(deadline=None)
@given(n=st.integers(1, 3000))
def test_ranks_are_the_exact_ones_or_one_wider(stats: Call, n: int, confidence: float) -> None:
    interval, exact = stats("median_ci", list(range(1, n + 1)), confidence), exact_rank(n, confidence)
    if interval is None:
        assert exact == 0
        return
    assert interval["low"] + interval["high"] == n + 1
    assert exact - 1 <= interval["low"] <= exact
    assert 1 - 2 * binom.cdf(interval["low"] - 1, n, 0.5) >= confidence


@settings(deadline=None)
@given(values=st.lists(st.floats(0, 1e9), min_size=6, max_size=60), confidence=st.just(0.95))
def test_it_holds_the_median_whatever_the_order(stats: Call, values: list[float], confidence: float) -> None:
    interval, middle = stats("median_ci", values, confidence), sorted(values)
    median = (middle[(len(values) - 1) // 2] + middle[len(values) // 2]) / 2
    assert interval["low"] <= median <= interval["high"]


def test_conovers_worked_figure(stats: Call) -> None:
    """Ranks 6 and 15 of 20 hold the median with 95.86 %."""
    assert stats("median_ci", list(range(20, 0, -1)), 0.95) == {"low": 6, "high": 15}
    assert round(1 - 2 * binom.cdf(5, 20, 0.5), 4) == 0.9586


def test_too_few_values_have_no_interval(stats: Call) -> None:
    assert stats("median_ci", [1, 2, 3, 4, 5], 0.95) is None
    assert stats("median_ci", [1, 2, 3, 4, 5, 6], 0.95) == {"low": 1, "high": 6}

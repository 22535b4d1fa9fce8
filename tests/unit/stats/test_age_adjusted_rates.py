"""The gamma interval of an age-adjusted rate: a published example, scipy's distribution, and the cases in which it is exact."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, gamma, norm

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
PROPERTY = settings(max_examples=number_of_examples(60), deadline=None, derandomize=True)
STRATA = st.lists(st.tuples(st.integers(0, 300), st.floats(500, 1e6), st.floats(1, 1e5)), min_size=1, max_size=20).filter(
    lambda strata: sum(stratum[0] for stratum in strata) >= 10
)


def test_it_is_the_example_of_fay_and_feuer(stats: Call) -> None:
    """Down's syndrome in Michigan, birth order 5 and later (Fleiss 1981, table 14.4), as the vignette of R's dsrTest prints it:
    75.52901 per 100,000, lower limit 67.70212, upper one of the unmodified method 188.30017. The modified one is below that.
    """
    cases, births = [0, 8, 63, 112, 262, 295], [327, 30666, 123419, 149919, 104088, 34392]
    standard = [319933, 931318, 786511, 488235, 237863, 61313]
    interval = stats("age_adjusted_rate_ci", cases, births, standard, 0.95)
    rate = sum(s * x / n for s, x, n in zip(standard, cases, births, strict=True)) / sum(standard)
    assert rate * 1e5 == pytest.approx(75.52901, abs=5e-6)
    assert interval["low"] * 1e5 == pytest.approx(67.70212, abs=5e-6)
    assert interval["high"] * 1e5 == pytest.approx(112.85843, abs=5e-6)  # scipy 1.16, by the formula
    assert interval["high"] * 1e5 < 188.30017


@PROPERTY
@given(strata=STRATA, confidence=st.sampled_from([0.90, 0.95, 0.99]))
def test_it_is_fays_and_feuers_formula_with_tiwaris_upper_limit(
    stats: Call, strata: list[tuple[int, float, float]], confidence: float
) -> None:
    x, n, s = (np.array(column, dtype=float) for column in zip(*strata, strict=True))
    weights, tail = s / s.sum() / n, (1 - confidence) / 2
    rate, variance = (weights * x).sum(), (weights**2 * x).sum()
    upper_rate, upper_variance = rate + weights.mean(), variance + (weights**2).mean()
    low = variance / (2 * rate) * chi2.ppf(tail, 2 * rate**2 / variance)
    high = upper_variance / (2 * upper_rate) * chi2.ppf(1 - tail, 2 * upper_rate**2 / upper_variance)
    interval = stats("age_adjusted_rate_ci", x.tolist(), n.tolist(), s.tolist(), confidence)
    assert (interval["low"], interval["high"]) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))


@pytest.mark.parametrize("events", [10, 11, 50, 1_000, 100_000])
@pytest.mark.parametrize("confidence", [0.90, 0.95, 0.99])
def test_with_one_stratum_it_is_garwoods_exact_interval(stats: Call, events: int, confidence: float) -> None:
    interval = stats("age_adjusted_rate_ci", [events], [1e6], [5], confidence)
    tail = (1 - confidence) / 2
    assert interval["low"] * 1e6 == pytest.approx(gamma.ppf(tail, events), rel=1e-9)
    assert interval["high"] * 1e6 == pytest.approx(gamma.ppf(1 - tail, events + 1), rel=1e-9)


def test_below_ten_events_and_without_a_population_there_is_none(stats: Call) -> None:
    assert stats("age_adjusted_rate_ci", [4, 5], [1e4, 1e4], [1, 1], 0.95) is None
    assert stats("age_adjusted_rate_ci", [4, 6], [1e4, 0], [1, 1], 0.95) is None
    assert stats("age_adjusted_rate_ci", [], [], [], 0.95) is None
    assert norm.ppf(0.975) == pytest.approx(1.959963984540054)  # the critical value of the macro

"""The interval of a directly standardised rate against PHE's worked example and against the cases in which it is Byar's own."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)

EUROPEAN_STANDARD_2013 = [
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000,
]  # fmt: skip
DEATHS = [1, 1, 0, 0, 0, 1, 1, 3, 3, 3, 3, 10, 10, 10, 10, 8, 8, 8, 8]
POPULATIONS = [30, 35, 35, 35, 40, 40, 45, 50, 50, 50, 60, 60, 70, 75, 70, 60, 20, 20, 15]


def test_it_is_phes_worked_example(stats: Call) -> None:
    """PHEindicatormethods, DSR vignette (2018), last example: 8283.016 (6570.819, 10289.65) per 100,000."""
    interval = stats("directly_standardised_rate_ci", DEATHS, POPULATIONS, EUROPEAN_STANDARD_2013, 0.95)
    assert interval["low"] * 1e5 == pytest.approx(6570.819, abs=5e-4)
    assert interval["high"] * 1e5 == pytest.approx(10289.65, abs=5e-3)
    rate = sum(w * x / n for x, n, w in zip(DEATHS, POPULATIONS, EUROPEAN_STANDARD_2013, strict=True)) / 1e5
    assert rate * 1e5 == pytest.approx(8283.016, abs=5e-4)


STRATA = st.lists(st.tuples(st.integers(0, 300), st.floats(500, 1e6), st.floats(1, 1e5)), min_size=1, max_size=20).filter(
    lambda strata: sum(stratum[0] for stratum in strata) >= 10
)


@PROPERTY
@given(strata=STRATA, confidence=st.sampled_from([0.90, 0.95, 0.99]))
def test_it_is_dobsons_formula(stats: Call, strata: list[tuple[int, float, float]], confidence: float) -> None:
    x, n, w = (np.array(column, dtype=float) for column in zip(*strata, strict=True))
    share, total, z = w / w.sum(), x.sum(), norm.ppf((1 + confidence) / 2)
    scale = sqrt((share**2 * x / n**2).sum() / total)
    low = total * (1 - 1 / (9 * total) - z / (3 * sqrt(total))) ** 3
    high = (total + 1) * (1 - 1 / (9 * (total + 1)) + z / (3 * sqrt(total + 1))) ** 3
    rate = (share * x / n).sum()
    interval = stats("directly_standardised_rate_ci", x.tolist(), n.tolist(), w.tolist(), confidence)
    assert interval["low"] == pytest.approx(max(0, rate + scale * (low - total)), rel=1e-9, abs=1e-15)
    assert interval["high"] == pytest.approx(rate + scale * (high - total), rel=1e-9)


@PROPERTY
@given(events=st.lists(st.integers(5, 300), min_size=2, max_size=10), size=st.floats(100, 1e6))
def test_a_population_like_the_standard_gets_the_crude_interval(stats: Call, events: list[int], size: float) -> None:
    shape = [size * (i + 1) for i in range(len(events))]
    interval = stats("directly_standardised_rate_ci", events, shape, [3 * n for n in shape], 0.95)
    crude = stats("rate_ci", sum(events), sum(shape), 0.95)
    assert interval["low"] == pytest.approx(crude["low"], rel=1e-9)
    assert interval["high"] == pytest.approx(crude["high"], rel=1e-9)


def test_below_ten_events_there_is_none(stats: Call) -> None:
    assert stats("directly_standardised_rate_ci", [4, 5], [100, 100], [1, 1], 0.95) is None
    assert stats("directly_standardised_rate_ci", [5, 5], [100, 100], [1, 1], 0.95) is not None


def test_a_rate_has_no_negative_limit(stats: Call) -> None:
    """One event in a rare stratum that weighs 99 %: the formula's lower limit is below 0."""
    assert stats("directly_standardised_rate_ci", [1, 9], [1, 1_000_000], [99, 1], 0.95)["low"] == 0


def test_a_stratum_without_population_has_no_rate(stats: Call) -> None:
    assert stats("directly_standardised_rate_ci", [5, 50], [0, 100], [1, 1], 0.95) is None
    assert stats("directly_standardised_rate_ci", [5, 50], [100, 100], [0, 0], 0.95) is None

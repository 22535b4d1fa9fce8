"""Smoothed values of small areas against published examples, and by hand."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]

# Homicides of 1979 to 1984 and person-years in 78 counties around St. Louis: stl_hom.csv of PySAL, columns HC7984 and PO7984.
HOMICIDES = [
    4, 19, 3, 2, 2, 28, 61, 3, 7, 3, 4, 0, 1, 12, 0, 2, 6, 6, 3, 4, 0, 2, 9, 2, 23, 5, 2, 2, 0, 2, 10, 4, 95, 8, 31, 0, 407,
    5, 10, 1238, 3, 14, 0, 2, 18, 369, 5, 0, 3, 0, 40, 9, 7, 1, 3, 2, 8, 5, 11, 12, 8, 10, 2, 8, 7, 25, 6, 19, 6, 2, 2, 6, 9,
    0, 1, 13, 3, 4,
]  # fmt: skip
PERSON_YEARS = [
    189087, 425580, 69649, 88540, 33697, 774843, 1056438, 172182, 224033, 113497, 218510, 87628, 36354, 316661, 53222,
    141872, 103469, 193449, 295848, 99013, 34772, 65947, 155266, 123387, 612258, 135365, 133297, 186877, 68404, 68779,
    192789, 96686, 1480530, 92864, 905683, 93388, 5863876, 109086, 265200, 2658090, 199528, 347829, 79838, 72381, 432159,
    1605518, 110883, 48352, 121762, 92348, 891502, 225007, 113880, 46260, 108510, 55620, 213680, 131792, 109953, 108864,
    205880, 260154, 90841, 255875, 253540, 372227, 100389, 345641, 87410, 66694, 64680, 127071, 107508, 43056, 61456, 353841,
    47507, 68218,
]  # fmt: skip

# Logarithms of 13 risk ratios of BCG vaccination and their variances, as metafor prints them for dat.bcg.
BCG = [-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173]
BCG_VARIANCES = [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]


def test_the_example_of_pysal(stats: Call) -> None:
    """The first ten rates that PySAL's documentation of esda.smoothing.Empirical_Bayes prints."""
    found = stats("empirical_bayes_rates", HOMICIDES, PERSON_YEARS)
    assert found[:10] == pytest.approx(
        [
            2.36718950e-05, 4.54539167e-05, 4.78114019e-05, 2.76907146e-05, 6.58989323e-05,
            3.66494122e-05, 5.79952721e-05, 2.03064590e-05, 3.31152999e-05, 3.02748380e-05,
        ],
        rel=1e-8,
    )  # fmt: skip
    assert len(found) == 78


def test_rates_by_hand(stats: Call) -> None:
    """0 of 10 and 10 of 10: m 0.5, Σn(r - m)²/Σn 0.25, m/n̄ 0.05, A 0.2; drawn by 0.2 / (0.2 + 0.05) = 0.8 to 0.1 and 0.9."""
    assert stats("empirical_bayes_rates", [0, 10], [10, 10]) == pytest.approx([0.1, 0.9])


def test_proportions_by_hand(stats: Call) -> None:
    """2, 5 and 8 of 10: m 0.5; A (0.06 - 0.025) / 0.9 = 0.0389; within 0.25 - A = 0.2111; A / (A + 0.02111) = 35/54."""
    assert stats("empirical_bayes_proportions", [2, 5, 8], [10, 10, 10]) == pytest.approx(
        [0.5 - 0.3 * 35 / 54, 0.5, 0.5 + 0.3 * 35 / 54]
    )


@settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)
@given(share=st.floats(0.1, 0.9), spread=st.floats(20, 200), seed=st.integers(0, 1000))
def test_smoothed_shares_are_nearer_to_the_true_ones(stats: Call, share: float, spread: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.beta(share * spread, (1 - share) * spread, 200)
    sizes = random.integers(5, 15, 200)
    events = random.binomial(sizes, truth)
    smoothed = np.array(stats("empirical_bayes_proportions", events.tolist(), sizes.tolist()))
    assert np.mean((smoothed - truth) ** 2) < np.mean((events / sizes - truth) ** 2)


def test_areas_that_differ_by_chance_alone_have_one_value(stats: Call) -> None:
    assert stats("empirical_bayes_rates", [10, 10, 10], [100, 100, 100]) == pytest.approx([0.1, 0.1, 0.1])
    assert stats("empirical_bayes_proportions", [10, 9, 11], [100, 100, 100]) == pytest.approx([0.1, 0.1, 0.1])
    assert stats("fay_herriot", [1.0, 1.1, 0.9], [1, 1, 1]) == pytest.approx([1, 1, 1])


def test_estimates_of_a_published_analysis(stats: Call) -> None:
    """metafor prints a variance of 0.3181 and a mean of -0.7150 for dat.bcg with method PM; statsmodels agrees."""
    between, mean = 0.31808243987504614, -0.7149703054401032
    expected = [mean + (y - mean) * between / (between + variance) for y, variance in zip(BCG, BCG_VARIANCES, strict=True)]
    assert stats("fay_herriot", BCG, BCG_VARIANCES) == pytest.approx(expected, rel=1e-9)


def test_estimates_by_hand(stats: Call) -> None:
    """0, 3 and 6 with variance 1 each: Σ(y - 3)² / (A + 1) = 18 / (A + 1) = 2, so A = 8, and values are drawn by 8/9."""
    assert stats("fay_herriot", [0, 3, 6], [1, 1, 1]) == pytest.approx([3 - 8 / 3, 3, 3 + 8 / 3])


def test_what_has_no_smoothed_value(stats: Call) -> None:
    assert stats("empirical_bayes_rates", [1, None], [10, 10]) is None
    assert stats("empirical_bayes_rates", [1, 2], [10, 0]) is None
    assert stats("fay_herriot", [1, None], [1, 1]) is None


@pytest.mark.parametrize("function", ["empirical_bayes_rates", "empirical_bayes_proportions"])
def test_every_area_has_events_and_a_population(stats: Call, function: str) -> None:
    with pytest.raises(duckdb.Error, match=f"{function}: populations must have as many elements as events"):
        stats(function, [1, 2], [10])


def test_what_is_refused(stats: Call) -> None:
    with pytest.raises(duckdb.Error, match="events must not be greater than populations"):
        stats("empirical_bayes_proportions", [11, 2], [10, 10])
    with pytest.raises(duckdb.Error, match="variances must be finite numbers above 0"):
        stats("fay_herriot", [1, 2], [1, 0])

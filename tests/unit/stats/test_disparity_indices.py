"""Indices over unordered groups against the WHO's example, scipy's entropy and distances, and a unit that was published wrong."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cityblock
from scipy.stats import entropy

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)

# WHO's R package healthequal (3e7e040), tests/testthat, R's set.seed(123): 25 groups.
POPULATIONS = [
    832, 931, 1468, 1021, 1039, 1515, 1138, 620, 794, 866, 1367, 1108, 1120, 1033, 833, 1536, 1149, 410, 1210, 858, 680, 935, 692,
    781, 812,
]  # fmt: skip
RATES = [61, 74, 58, 59, 72, 75, 74, 68, 75, 67, 73, 63, 66, 62, 60, 66, 71, 73, 71, 61, 74, 84, 55, 69, 60]
MU = 67.706845

GROUPS = st.lists(st.tuples(st.floats(1, 1e6), st.floats(1e-4, 1e3)), min_size=1, max_size=12)


def columns(groups: list[tuple[float, float]]) -> tuple[Any, Any]:
    populations, rates = (np.array(column) for column in zip(*groups, strict=True))
    return populations, rates


def test_the_whos_example(stats: Call) -> None:
    assert stats("between_group_variance", POPULATIONS, RATES) == pytest.approx(46.198326, abs=5e-7)
    assert sqrt(stats("between_group_variance", POPULATIONS, RATES)) == pytest.approx(6.796935, abs=5e-7)
    assert stats("index_of_disparity", POPULATIONS, RATES, False) == pytest.approx(8.701817, abs=1e-6)
    assert stats("index_of_disparity", POPULATIONS, RATES, True) == pytest.approx(8.617842, abs=5e-7)
    assert stats("theil_index", POPULATIONS, RATES) * 1000 == pytest.approx(5.035980, abs=5e-7)
    assert stats("mean_log_deviation", POPULATIONS, RATES) * 1000 == pytest.approx(5.052355, abs=5e-7)


def test_the_whos_population_attributable_fraction(stats: Call) -> None:
    """healthequal, tests/testthat/test-paf-nonordered.R: more is better, so that the group at 84 is the reference: 24.06426."""
    assert stats("population_attributable_fraction", POPULATIONS, RATES, max(RATES)) == pytest.approx(24.06426, abs=1e-5)
    # less is better: the cases above the rate of the reference, in percent of all cases
    cases = sum(p * y for p, y in zip(POPULATIONS, RATES, strict=True))
    above = sum(p * (y - 55) for p, y in zip(POPULATIONS, RATES, strict=True))
    assert stats("population_attributable_fraction", POPULATIONS, RATES, 55) == pytest.approx(-100 * above / cases)
    assert stats("population_attributable_fraction", [1, 2], [0, 0], 1) is None


def test_the_index_of_disparity_is_the_mean_difference_from_the_mean_in_percent(stats: Call) -> None:
    """healthequal's mean differences from the mean, 5.891726 (unweighted) and 5.834869, are the same indices times the mean."""
    assert stats("index_of_disparity", POPULATIONS, RATES, False) * MU / 100 == pytest.approx(5.891726, abs=5e-7)
    assert stats("index_of_disparity", POPULATIONS, RATES, True) * MU / 100 == pytest.approx(5.834869, abs=5e-7)


def test_entropy_indices_are_in_the_unit_of_their_standard_errors(stats: Call) -> None:
    """healthequal prints Theil and MLD times 1000 next to standard errors that are not (0.0014201, 0.0014242): intervals 1000
    times too narrow. In natural units the standard error is 28 % of the index of 0.005, not 0.03 %."""
    assert 0.0014201 / stats("theil_index", POPULATIONS, RATES) == pytest.approx(0.282, abs=5e-4)
    assert 0.0014242 / stats("mean_log_deviation", POPULATIONS, RATES) == pytest.approx(0.282, abs=5e-4)


@PROPERTY
@given(groups=GROUPS)
def test_theil_and_mld_are_scipys_relative_entropies(stats: Call, groups: list[tuple[float, float]]) -> None:
    populations, rates = columns(groups)
    outcomes = populations * rates
    arguments = populations.tolist(), rates.tolist()
    assert stats("theil_index", *arguments) == pytest.approx(entropy(outcomes, populations), rel=1e-7, abs=1e-12)
    assert stats("mean_log_deviation", *arguments) == pytest.approx(entropy(populations, outcomes), rel=1e-7, abs=1e-12)
    assert min(stats("theil_index", *arguments), stats("mean_log_deviation", *arguments)) >= 0


def test_a_rate_of_zero_adds_nothing_to_theil_and_undoes_mld(stats: Call) -> None:
    assert stats("theil_index", [1, 1], [0, 2]) == pytest.approx(entropy([0, 2], [1, 1]))
    assert stats("mean_log_deviation", [1, 1], [0, 2]) is None


@PROPERTY
@given(groups=GROUPS)
def test_variance_and_index_of_disparity_are_numpys(stats: Call, groups: list[tuple[float, float]]) -> None:
    populations, rates = columns(groups)
    arguments = populations.tolist(), rates.tolist()
    mean = np.average(rates, weights=populations)
    away = np.abs(rates - mean) / mean
    variance = np.average((rates - mean) ** 2, weights=populations)
    assert stats("between_group_variance", *arguments) == pytest.approx(variance, rel=1e-9, abs=1e-12 * mean**2)
    assert stats("index_of_disparity", *arguments, False) == pytest.approx(100 * away.mean(), rel=1e-9, abs=1e-9)
    assert stats("index_of_disparity", *arguments, True) == pytest.approx(
        100 * np.average(away, weights=populations), rel=1e-9, abs=1e-9
    )


def test_a_group_without_people_weighs_nothing(stats: Call) -> None:
    for function in ("between_group_variance", "theil_index", "mean_log_deviation"):
        assert stats(function, [3, 0, 5], [2, 9, 4]) == pytest.approx(stats(function, [3, 5], [2, 4])), function


def test_no_mean_no_index(stats: Call) -> None:
    assert stats("between_group_variance", [0, 0], [1, 2]) is None
    assert stats("between_group_variance", [1, 1], [0, 0]) == 0
    for function, more in (("theil_index", []), ("mean_log_deviation", []), ("index_of_disparity", [True])):
        assert stats(function, [0, 0], [1, 2], *more) is None, function
        assert stats(function, [1, 1], [0, 0], *more) is None, function


def test_dissimilarity_of_the_taeubers(stats: Call) -> None:
    """Karl and Alma Taeuber, Negroes in Cities (1965), p. 236, seven areas (figures as in spsstools.net): 0.10."""
    assert stats(
        "dissimilarity", [0.15, 0.15, 0.10, 0.12, 0.18, 0.20, 0.10], [0.12, 0.17, 0.12, 0.12, 0.11, 0.20, 0.16]
    ) == pytest.approx(0.10)


@PROPERTY
@given(areas=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=40))
def test_dissimilarity_is_half_the_city_block_distance(stats: Call, areas: list[tuple[int, int]]) -> None:
    group_a, group_b = (np.array(column, dtype=float) for column in zip(*areas, strict=True))
    result = stats("dissimilarity", group_a.tolist(), group_b.tolist())
    if group_a.sum() == 0 or group_b.sum() == 0:
        assert result is None
    else:
        assert result == pytest.approx(cityblock(group_a / group_a.sum(), group_b / group_b.sum()) / 2, abs=1e-12)
        assert 0 <= result <= 1


def test_dissimilarity_at_its_ends(stats: Call) -> None:
    assert stats("dissimilarity", [10, 0, 7], [0, 5, 0]) == 1
    assert stats("dissimilarity", [1, 2, 3], [10, 20, 30]) == 0

"""proportion_ci and rate_ci against published figures, scipy's exact quantiles and the formula that they must not be."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, norm

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
CONFIDENCE = st.sampled_from([0.90, 0.95, 0.99])
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)


def exact_poisson(x: float, confidence: float) -> tuple[float, float]:
    """Garwood (1936), carried on between whole counts as PHE's phe_rate does."""
    tail = (1 - confidence) / 2
    return (0.0 if x == 0 else chi2.ppf(tail, 2 * x) / 2), chi2.ppf(1 - tail, 2 * x + 2) / 2


@pytest.mark.parametrize(
    ("x", "n", "low", "high", "digits"),
    [
        (65, 100, 0.5525444, 0.7363575, 7),  # PHEindicatormethods, testdata_Byars_Wilson
        (1, 100, 0.0017674, 0.0544862, 7),
        (5, 100, 0.0215437, 0.1117505, 7),
        (20, 100, 0.1333669, 0.2888292, 7),
        (0, 100, 0.0, 0.0369935, 7),
        (81, 263, 0.2553, 0.3662, 4),  # Newcombe (1998a), Table I, method 3
        (15, 148, 0.0624, 0.1605, 4),
        (0, 20, 0.0, 0.1611, 4),
        (1, 29, 0.0061, 0.1718, 4),
    ],
)
def test_proportion_ci_is_wilsons_as_published(stats: Call, x: int, n: int, low: float, high: float, digits: int) -> None:
    interval = stats("proportion_ci", x, n, 0.95)
    assert (round(interval["low"], digits), round(interval["high"], digits)) == (low, high)


@PROPERTY
@given(data=st.data(), n=st.integers(1, 10**7), confidence=CONFIDENCE)
def test_proportion_ci_is_scipys_wilson(stats: Call, data: st.DataObject, n: int, confidence: float) -> None:
    x = data.draw(st.integers(0, n))
    expected = binomtest(x, n).proportion_ci(confidence_level=confidence, method="wilson")
    interval = stats("proportion_ci", x, n, confidence)
    assert interval["low"] == pytest.approx(expected.low, rel=1e-9, abs=1e-15)
    assert interval["high"] == pytest.approx(expected.high, rel=1e-9)
    assert 0 <= interval["low"] <= x / n * (1 + 1e-12) and x / n <= interval["high"] * (1 + 1e-12) <= 1 + 1e-12


def test_proportion_ci_is_exact_at_the_ends(stats: Call) -> None:
    assert stats("proportion_ci", 0, 37, 0.99)["low"] == 0
    assert stats("proportion_ci", 37, 37, 0.99)["high"] == 1


def test_proportion_ci_forgives_the_rounding_of_moved_counts(stats: Call) -> None:
    whole = sum([0.1] * 10)  # 0.9999999999999999
    assert stats("proportion_ci", 1, whole, 0.95)["high"] == 1


@pytest.mark.parametrize(
    ("x", "low", "high"),
    [
        (65, 50.163188, 82.849139),  # PHEindicatormethods, testdata_Byars_Wilson
        (1045, 982.593202, 1110.331213),
        (1, 0.0253178, 5.5716434),  # exact below 10: Armitage and Berry's table
        (5, 1.6234864, 11.6683321),
        (0, 0.0, 3.6888795),
    ],
)
def test_rate_ci_is_exact_below_ten_and_byars_above(stats: Call, x: int, low: float, high: float) -> None:
    interval = stats("rate_ci", x, 1, 0.95)
    assert interval["low"] == pytest.approx(low, abs=6e-7)
    assert interval["high"] == pytest.approx(high, abs=6e-7)
    per_thousand = stats("rate_ci", x, 1000, 0.95)
    assert per_thousand["high"] == pytest.approx(high / 1000, abs=6e-10)


def test_rate_ci_is_not_the_other_byar(stats: Call) -> None:
    """R's epitools::pois.byar centres on x + 1/2 and gives 50.60247-82.28863 for 65: a different interval under the same name."""
    centre, z = 65.5, norm.ppf(0.975)
    other = [centre * (1 - 1 / (9 * centre) + sign * z / (3 * sqrt(centre))) ** 3 for sign in (-1, 1)]
    assert other == pytest.approx([50.60247, 82.28863], abs=5e-6)
    interval = stats("rate_ci", 65, 1, 0.95)
    assert interval["low"] < other[0] - 0.4 and interval["high"] > other[1] + 0.5


def test_rate_ci_does_not_use_byars_formula_for_few_events(stats: Call) -> None:
    """Byar's for 1 event is 0.013072-5.563756 (PHE's test data): half the exact lower limit."""
    interval = stats("rate_ci", 1, 1, 0.95)
    assert interval["low"] > 0.025 and interval["high"] > 5.57


@pytest.mark.parametrize("confidence", [0.90, 0.95, 0.99])
def test_the_table_of_exact_limits_is_scipys(stats: Call, confidence: float) -> None:
    for halves in range(20):
        interval = stats("rate_ci", halves / 2, 1, confidence)
        low, high = exact_poisson(halves / 2, confidence)
        assert interval["low"] == pytest.approx(low, rel=1e-12, abs=1e-15)
        assert interval["high"] == pytest.approx(high, rel=1e-12)


@PROPERTY
@given(x=st.floats(0, 9.999, allow_subnormal=False), confidence=CONFIDENCE)
def test_rate_ci_between_whole_counts_stays_by_the_exact_limits(stats: Call, x: float, confidence: float) -> None:
    interval = stats("rate_ci", x, 1, confidence)
    low, high = exact_poisson(x, confidence)
    assert interval["low"] == pytest.approx(low, abs=0.0101)
    assert interval["high"] == pytest.approx(high, abs=0.0183, rel=0.0037)


@PROPERTY
@given(x=st.floats(10, 1e8), person_time=st.floats(1e-3, 1e9), confidence=CONFIDENCE)
def test_rate_ci_from_ten_events_on_is_byars_and_near_the_exact(
    stats: Call, x: float, person_time: float, confidence: float
) -> None:
    interval = stats("rate_ci", x, person_time, confidence)
    z = norm.ppf((1 + confidence) / 2)
    assert interval["low"] * person_time == pytest.approx(x * (1 - 1 / (9 * x) - z / (3 * sqrt(x))) ** 3, rel=1e-9)
    assert interval["high"] * person_time == pytest.approx(
        (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * sqrt(x + 1))) ** 3, rel=1e-9
    )
    low, high = exact_poisson(x, confidence)
    assert interval["low"] * person_time == pytest.approx(low, rel=0.007)
    assert interval["high"] * person_time == pytest.approx(high, rel=0.002)


def test_rate_ci_does_not_jump_where_a_sum_of_weights_is_a_hair_off(stats: Call) -> None:
    for count in (1, 5, 9.5, 10):
        near, whole = stats("rate_ci", count - 1e-10, 1, 0.95), stats("rate_ci", count, 1, 0.95)
        assert near["low"] == pytest.approx(whole["low"], abs=1e-9)
        assert near["high"] == pytest.approx(whole["high"], abs=1e-9)


@PROPERTY
@given(x=st.floats(0, 40), more=st.floats(0.01, 5), confidence=CONFIDENCE)
def test_rate_ci_rises_with_the_count(stats: Call, x: float, more: float, confidence: float) -> None:
    fewer, many = stats("rate_ci", x, 1, confidence), stats("rate_ci", x + more, 1, confidence)
    assert many["high"] > fewer["high"]
    if not x < 10 <= x + more:  # Byar's lower limit at 10 is 0.03 events below the exact one at 99 %
        assert many["low"] > fewer["low"]

"""Risk ratio, rate ratio and risk difference against published tables and scipy."""

from collections.abc import Callable
from math import exp, sqrt
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from scipy.stats.contingency import relative_risk

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
CONFIDENCE = st.sampled_from([0.90, 0.95, 0.99])
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)
TABLE = st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**6)).map(
    lambda cells: (cells[0], cells[0] + cells[1], cells[2], cells[2] + cells[3])
)


def test_risk_ratio_ci_of_the_physicians_health_study(stats: Call) -> None:
    """104 of 11,037 on aspirin against 189 of 11,034 on placebo: 0.550 (0.434-0.698); Steering Committee (1989) NEJM 321:129."""
    interval = stats("risk_ratio_ci", 104, 11037, 189, 11034, 0.95)
    assert interval["low"] == pytest.approx(0.4336731, abs=5e-8)
    assert interval["high"] == pytest.approx(0.6978217, abs=5e-8)
    assert sqrt(interval["low"] * interval["high"]) == pytest.approx(0.5501150, abs=5e-8)


@PROPERTY
@given(table=TABLE, confidence=CONFIDENCE)
def test_risk_ratio_ci_is_scipys(stats: Call, table: tuple[int, int, int, int], confidence: float) -> None:
    expected = relative_risk(*table).confidence_interval(confidence_level=confidence)
    interval = stats("risk_ratio_ci", *table, confidence)
    assert interval["low"] == pytest.approx(expected.low, rel=1e-9)
    assert interval["high"] == pytest.approx(expected.high, rel=1e-9)


def test_rate_ratio_ci_of_openepi(stats: Call) -> None:
    """OpenEpi, Compare 2 Rates: 25 in 178,556 against 4 in 200,200 prints 7.008 (2.439, 20.13); it rounds 1.96 on the way."""
    interval = stats("rate_ratio_ci", 25, 178556, 4, 200200, 0.95)
    assert interval["low"] == pytest.approx(2.439, abs=0.0005)
    assert interval["high"] == pytest.approx(20.13, abs=0.006)
    assert sqrt(interval["low"] * interval["high"]) == pytest.approx(7.008, abs=0.0005)


@PROPERTY
@given(x1=st.floats(1, 1e6), t1=st.floats(1, 1e9), x0=st.floats(1, 1e6), t0=st.floats(1, 1e9), confidence=CONFIDENCE)
def test_rate_ratio_ci_is_log_normal_and_inverts(
    stats: Call, x1: float, t1: float, x0: float, t0: float, confidence: float
) -> None:
    interval = stats("rate_ratio_ci", x1, t1, x0, t0, confidence)
    spread = norm.ppf((1 + confidence) / 2) * sqrt(1 / x1 + 1 / x0)
    ratio = x1 / t1 / (x0 / t0)
    assert interval["low"] == pytest.approx(ratio * exp(-spread), rel=1e-9)
    assert interval["high"] == pytest.approx(ratio * exp(spread), rel=1e-9)
    inverse = stats("rate_ratio_ci", x0, t0, x1, t1, confidence)
    assert inverse["low"] == pytest.approx(1 / interval["high"], rel=1e-9)


def test_a_ratio_without_events_has_no_interval(stats: Call) -> None:
    assert stats("risk_ratio_ci", 0, 10, 3, 10, 0.95) is None
    assert stats("risk_ratio_ci", 3, 10, 0, 10, 0.95) is None
    assert stats("rate_ratio_ci", 0, 10, 3, 10, 0.95) is None
    assert stats("rate_ratio_ci", 3, 10, 0, 10, 0.95) is None
    assert stats("rate_ratio_ci", 1e-9, 10, 3, 10, 0.95) is None, "a sliver of an event overflows to infinity"


@pytest.mark.parametrize(
    ("x1", "n1", "x0", "n0", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_risk_difference_ci_is_newcombes_table(stats: Call, x1: int, n1: int, x0: int, n0: int, low: float, high: float) -> None:
    """Newcombe (1998b), Table II, method 10."""
    interval = stats("risk_difference_ci", x1, n1, x0, n0, 0.95)
    assert (round(interval["low"], 4), round(interval["high"], 4)) == (low, high)


@PROPERTY
@given(table=TABLE, confidence=CONFIDENCE)
def test_risk_difference_ci_adds_scipys_wilson_intervals(
    stats: Call, table: tuple[int, int, int, int], confidence: float
) -> None:
    x1, n1, x0, n0 = table
    one, other = (binomtest(x, n).proportion_ci(confidence, method="wilson") for x, n in ((x1, n1), (x0, n0)))
    p1, p0 = x1 / n1, x0 / n0
    interval = stats("risk_difference_ci", *table, confidence)
    assert interval["low"] == pytest.approx(p1 - p0 - sqrt((p1 - one.low) ** 2 + (other.high - p0) ** 2), abs=1e-9)
    assert interval["high"] == pytest.approx(p1 - p0 + sqrt((one.high - p1) ** 2 + (p0 - other.low) ** 2), abs=1e-9)
    assert -1 - 1e-12 <= interval["low"] <= interval["high"] <= 1 + 1e-12
    mirrored = stats("risk_difference_ci", x0, n0, x1, n1, confidence)
    assert mirrored["high"] == pytest.approx(-interval["low"], abs=1e-12)


@PROPERTY
@given(table=TABLE, confidence=CONFIDENCE)
def test_change_ci_of_wilson_intervals_is_newcombes(stats: Call, table: tuple[int, int, int, int], confidence: float) -> None:
    """Zou and Donner (2008), section 2: with Wilson limits their method is Newcombe's tenth."""
    sides = []
    for x, n in (table[:2], table[2:]):
        interval = binomtest(x, n).proportion_ci(confidence_level=confidence, method="wilson")
        sides += [x / n, interval.low, interval.high]
    expected = stats("risk_difference_ci", *table, confidence)
    found = stats("change_ci", *sides)
    assert found["low"] == pytest.approx(expected["low"], rel=1e-9, abs=1e-9)
    assert found["high"] == pytest.approx(expected["high"], rel=1e-9, abs=1e-9)


def test_change_ci_of_newcombes_example(stats: Call) -> None:
    """Newcombe (1998b), Table II (a): 56/70 against 48/80 is a difference of 0.2, 0.0524 to 0.3339 by method 10."""
    change = stats("change_ci", 0.8, *_wilson(56, 70), 0.6, *_wilson(48, 80))
    assert (change["low"], change["high"]) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


def _wilson(x: int, n: int) -> tuple[float, float]:
    interval = binomtest(x, n).proportion_ci(confidence_level=0.95, method="wilson")
    return interval.low, interval.high


def test_change_ci_of_symmetric_intervals_is_the_normal_one(stats: Call) -> None:
    """Half widths 3 and 4 make one of 5, also below zero."""
    assert stats("change_ci", -10, -13, -7, 20, 16, 24) == {"low": -35.0, "high": -25.0}


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
@pytest.mark.parametrize("at", range(6))
def test_change_ci_refuses_what_is_not_finite(stats: Call, at: int, wrong: float) -> None:
    arguments: list[float] = [3, 2, 5, 4, 3, 6]
    arguments[at] = wrong
    with pytest.raises(duckdb.Error, match=r"stats\.change_ci: \w+ must be a finite number"):
        stats("change_ci", *arguments)


@pytest.mark.parametrize("arguments", [(1, 2, 5, 4, 3, 6), (6, 2, 5, 4, 3, 6), (3, 2, 5, 2, 3, 6), (3, 2, 5, 7, 3, 6)])
def test_change_ci_refuses_a_value_outside_its_interval(stats: Call, arguments: tuple[float, ...]) -> None:
    with pytest.raises(duckdb.Error, match=r"stats\.change_ci: value[01] must be between"):
        stats("change_ci", *arguments)

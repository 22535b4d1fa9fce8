"""ACS margins of error against the Census Bureau's handbook and the code that follows it."""

from collections.abc import Callable
from math import hypot, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)
MOE = st.floats(0, 1e6)


def test_moe_to_se_divides_by_the_bureaus_1_645(stats: Call) -> None:
    """Not by 1.6449: handbook (2018), ch. 7. A margin of 1,645 is a standard error of 1,000."""
    assert stats("moe_to_se", 1645) == 1000
    assert stats("moe_to_se", 0) == 0


def test_moe_sum_of_the_handbook(stats: Call) -> None:
    """Never-married women of three counties, handbook (2018), ch. 8: 5,070. Children, census-data-aggregator: 5,437.757."""
    assert stats("moe_sum", [3860, 2642, 1957]) == pytest.approx(5070.4647716)
    assert stats("moe_sum", [3778, 3911]) == pytest.approx(5437.75735)


def test_moe_sum_counts_a_zero_estimates_margin_once_when_the_caller_does(stats: Call) -> None:
    """Estimates 0, 0, 0, 41 with margins 22, 22, 29, 37: the largest of the zeros once gives 47.0106 (census-data-aggregator)."""
    assert stats("moe_sum", [29, 37]) == pytest.approx(47.0106371)


def test_moe_proportion_of_the_handbook(stats: Call) -> None:
    """203,119 (5,070) never-married of 630,498 (831) women: 32.2 % with a margin of 0.8 points, handbook (2018), ch. 8."""
    assert stats("moe_proportion", 203119, 5070, 630498, 831) == pytest.approx(0.008030, abs=5e-7)


def test_moe_proportion_takes_the_ratio_form_below_zero(stats: Call) -> None:
    """By hand: 2 (1) of 5 (4), the share 0.4, 1 - 0.4^2 4^2 below 0, so sqrt(1 + 2.56) / 5."""
    assert stats("moe_proportion", 2, 1, 5, 4) == pytest.approx(sqrt(3.56) / 5)


def test_moe_proportion_never_claims_certainty(stats: Call) -> None:
    """All of 5 (3): the radicand is 0, and a margin of 0 would mean that the share is exact."""
    assert stats("moe_proportion", 5, 3, 5, 3) == pytest.approx(sqrt(18) / 5)
    assert stats("moe_proportion", 5, 0, 5, 0) == 0


@PROPERTY
@given(y=st.floats(1, 1e7), share=st.floats(0, 1), moe_x=MOE, moe_y=MOE)
def test_moe_proportion_is_the_bureaus_rule(stats: Call, y: float, share: float, moe_x: float, moe_y: float) -> None:
    x = y * share
    minus, plus = moe_x**2 - (x / y) ** 2 * moe_y**2, moe_x**2 + (x / y) ** 2 * moe_y**2
    moe = stats("moe_proportion", x, moe_x, y, moe_y)
    assert any(moe == pytest.approx(sqrt(radicand) / y, rel=1e-6) for radicand in ((minus, plus) if minus > 0 else (plus,)))
    if minus > 1e-9 * plus:
        assert moe == pytest.approx(sqrt(minus) / y, rel=1e-5)


def test_moe_product_of_the_data_desk(stats: Call) -> None:
    """384 (1) times 0.987 (0.06): 23.06113 (Los Angeles Times, census-data-aggregator, test_product)."""
    assert stats("moe_product", 384, 1, 0.987, 0.06) == pytest.approx(23.061131130107213)


@PROPERTY
@given(a=MOE, moe_a=MOE, b=MOE, moe_b=MOE)
def test_moe_product_is_the_bureaus_rule(stats: Call, a: float, moe_a: float, b: float, moe_b: float) -> None:
    assert stats("moe_product", a, moe_a, b, moe_b) == pytest.approx(hypot(a * moe_b, b * moe_a), rel=1e-9, abs=1e-150)


@PROPERTY
@given(moes=st.lists(MOE, min_size=1, max_size=30))
def test_moe_sum_is_the_euclidean_norm(stats: Call, moes: list[float]) -> None:
    assert stats("moe_sum", moes) == pytest.approx(hypot(*moes), rel=1e-9, abs=1e-150)


@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        ("moe_to_se", [-555555555], "moe"),
        ("moe_sum", [[12, -555555555]], "moes"),
        ("moe_proportion", [-666666666, 3, 5, 3], "x"),
        ("moe_proportion", [2, 3, 5, -222222222], "moe_y"),
        ("moe_product", [2, -222222222, 5, 3], "moe_a"),
    ],
)
def test_annotation_codes_are_refused(stats: Call, function: str, arguments: list[object], named: str) -> None:
    with pytest.raises(Exception, match=rf"stats\.{function}: {named} must be"):
        stats(function, *arguments)

"""Share ratios and the impact ratio against the reports that made them known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzzing import number_of_examples

Call = Callable[..., Any]
PROPERTY = settings(max_examples=number_of_examples(100), deadline=None, derandomize=True)
GROUPS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**7)), min_size=1, max_size=12).filter(
    lambda groups: any(group[0] for group in groups)
)


def test_representation_is_missouris_disparity_index(stats: Call) -> None:
    """Missouri Attorney General, 2019 Vehicle Stops executive summary: White drivers 76.2 % of stops and 82.8 % of residents of
    driving age, 0.92; Black drivers 19.5 % and 10.9 %, 1.79."""
    white, black, _ = stats("representation", [76.2, 19.5, 4.3], [82.8, 10.9, 6.3])
    assert (round(white, 2), round(black, 2)) == (0.92, 1.79)


def test_representation_score_is_the_impact_ratio(stats: Call) -> None:
    """EEOC, Questions and Answers on the Uniform Guidelines (44 FR 11996, 1979): rates of 60, 45, 48 and 51 %; 45/60 is 75 %."""
    assert stats("representation_score", [60, 45, 48, 51], [100, 100, 100, 100]) == pytest.approx(0.75)


@PROPERTY
@given(groups=GROUPS)
def test_shares_and_score_agree(stats: Call, groups: list[tuple[int, int]]) -> None:
    participants, populations = (np.array(column, dtype=float) for column in zip(*groups, strict=True))
    arguments = participants.tolist(), populations.tolist()
    ratios = (participants / participants.sum()) / (populations / populations.sum())
    assert stats("representation", *arguments) == pytest.approx(ratios.tolist(), rel=1e-9)
    assert np.average(stats("representation", *arguments), weights=populations) == pytest.approx(1)
    assert stats("representation_score", *arguments) == pytest.approx(ratios.min() / ratios.max(), rel=1e-9)


def test_a_group_without_population_has_no_ratio(stats: Call) -> None:
    assert stats("representation", [1, 2], [0, 3]) == [None, pytest.approx(2 / 3)]
    assert stats("representation_score", [1, 2], [0, 3]) is None


def test_no_one_took_part(stats: Call) -> None:
    assert stats("representation", [0, 0], [1, 3]) is None
    assert stats("representation_score", [0, 0], [1, 3]) is None
    assert stats("representation", [1, 0], [0, 0]) is None

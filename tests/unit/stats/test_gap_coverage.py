"""The intervals of adjusted rates and of changes of a gap contain the truth: four of the forty seeds of planted truth."""

from dataclasses import replace

from tests.support.truth.gap_coverage import measured, not_covered


def test_intervals_contain_the_truth_as_often_as_they_promise() -> None:
    found = measured(seeds=4, draws=200)
    assert len(found) == 13
    assert not not_covered(found, 4 * 200)
    # neither far too wide: of an exact interval of ten deaths more than 99 in 100 may be right
    assert all(one.covered <= 99.5 for one in found)
    narrow = [replace(one, covered=90.0) for one in found]
    assert not_covered(narrow, 4 * 200) == narrow

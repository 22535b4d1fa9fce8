"""Coverage of adjusted rates, changes of gaps and yearly changes over forty seeds, and the stored table."""

from __future__ import annotations

from tests.support.truth.gap_coverage import DRAWS, FILE, SEEDS, measured, not_covered, written


def test_intervals_contain_the_truth_and_the_stored_table_is_the_measured_one() -> None:
    """`python -m tests.support.truth.gap_coverage --write` writes it again."""
    found = measured()
    assert not not_covered(found, SEEDS * DRAWS)
    assert written(found) == FILE.read_text(encoding="utf-8")

"""A ratio that has worsened is reported; one that has improved, or is new, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.city import __main__ as bench
from tests.bench.city import baseline


def test_worse_is_more_than_fifteen_in_a_hundred() -> None:
    before = {"held": 2.0, "worse": 2.0, "better": 2.0, "gone": 1.0}
    found = baseline.worse({"held": 2.29, "worse": 2.31, "better": 1.0, "new": 9.0}, before)
    assert [str(one) for one in found] == ["worse: 2.31, was 2, +16%"]


def test_what_was_not_measured_stays_kept(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.keep({"a": 1.23456, "b": 2.0}, path)
    baseline.keep({"b": 3.0}, path)
    assert baseline.read(path) == {"a": 1.2346, "b": 3.0}


def test_the_committed_baseline_can_be_read() -> None:
    assert all(ratio > 0 for ratio in baseline.read().values())


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
def test_a_worse_figure_is_an_error_only_where_that_is_asked_for(
    strict: bool, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "before" / "baseline.json"
    assert bench.compare(bench.console(), {"full/limit per row": 1.0}, strict=strict, kept=kept) == 0  # keeps the first
    assert bench.compare(bench.console(), {"full/limit per row": 1.5}, strict=strict, kept=kept) == code
    assert "full/limit per row: 1.5, was 1, +50%" in capsys.readouterr().out
    assert baseline.read(kept) == {"full/limit per row": 1.0}

"""The arithmetic of the benchmark, by worked numbers."""

from __future__ import annotations

import pytest

from tests.bench.city.contenders import Run
from tests.bench.city.figures import Line, costs, exponent, line, lines, ratios, summarise
from tests.bench.city.process import Cost


def a_run(contender: str, rows: int, wall: float, peak: float = 1000.0, **stages: float) -> Run:
    return Run(contender, rows, 1, Cost(wall, wall * 2, peak, 500, 0, ""), stages, 250)


def test_a_line_through_two_sizes_goes_through_both() -> None:
    found = line([1_000_000, 10_000_000], [20.0, 38.0])
    assert found is not None
    assert (found.fixed, found.per_row) == (pytest.approx(18.0), pytest.approx(2e-6))
    assert found.exponent is None


def test_a_line_weighs_each_size_by_its_relative_residual() -> None:
    """Weights 1, 1/4, 1/16: means 9/7 and 4/3, slope 0.5 / 0.392857 = 14/11, and 4/3 − 14/11 · 9/7 = −10/33."""
    found = line([1, 2, 3], [1.0, 2.0, 4.0])
    assert found is not None
    assert (found.per_row, found.fixed) == (pytest.approx(14 / 11), pytest.approx(-10 / 33))


def test_one_size_makes_no_line() -> None:
    assert line([5, 5], [1.0, 2.0]) is None


def test_the_exponent_of_a_linear_cost_is_one_whatever_is_fixed() -> None:
    assert exponent([1, 10, 50], [11.0, 20.0, 60.0]) == pytest.approx(1.0)


def test_the_exponent_rises_where_the_largest_size_costs_more() -> None:
    """Above the fixed 10 the parts are 1, 10 and 100 at 1, 10 and 50 rows."""
    assert exponent([1, 10, 50], [11.0, 20.0, 110.0]) == pytest.approx(1.165, abs=0.001)


@pytest.mark.parametrize(
    ("rows", "seconds"), [([1, 10], [11.0, 20.0]), ([1, 10, 50], [20.0, 20.0, 30.0]), ([1, 1, 5], [1, 1, 5])]
)
def test_an_exponent_needs_three_sizes_and_growth(rows: list[int], seconds: list[float]) -> None:
    assert exponent(rows, seconds) is None


def test_a_summary_holds_medians_over_the_rounds() -> None:
    (found,) = summarise([a_run("full", 10, wall, build=build) for wall, build in ((9.0, 4.0), (5.0, 1.0), (6.0, 3.0))])
    assert (found.wall, found.cpu, found.rounds, found.written, found.seconds) == (6.0, 12.0, 3, 2.0, {"build": 3.0})
    assert found.rows_per_second == pytest.approx(10 / 6)


def test_ratios_compare_what_ran_at_the_same_size() -> None:
    summaries = summarise([a_run("full", 10, 12.0, 3000), a_run("limit", 10, 4.0, 2000), a_run("nightly", 20, 1.0)])
    fitted = {"full": Line(1.0, 3e-6, None), "limit": Line(1.0, 2e-6, None)}
    assert ratios(summaries, fitted) == {
        "full/limit wall at 10": 3.0,
        "full/limit peak at 10": 1.5,
        "full/limit per row": pytest.approx(1.5),
    }


def test_what_costs_next_to_nothing_by_the_row_is_not_compared_by_it() -> None:
    fitted = {"full": Line(1.0, 3e-6, None), "nothing": Line(1.0, 1e-9, None)}
    assert ratios(summarise([a_run("full", 10, 12.0, 3000), a_run("nothing", 20, 6.0, 500)]), fitted) == {}


def test_lines_are_made_of_contenders_with_two_sizes() -> None:
    found = lines(summarise([a_run("full", 1, 3.0), a_run("full", 2, 4.0), a_run("limit", 1, 2.0)]))
    assert list(found) == ["full"]
    assert found["full"].fixed == pytest.approx(2.0)


def test_a_stage_counts_by_its_share_of_the_run_and_short_ones_are_noise() -> None:
    """The release took 31.9 of 135.9 s: a ratio to another contender would not have shown it."""
    summaries = summarise([a_run("full", 10, 135.9, release=31.9, build=80.0, start=2.0)])
    found = ratios(summaries, lines(summaries))
    assert found["full stage release at 10"] == pytest.approx(0.2347, abs=1e-4)
    assert "full stage start at 10" not in found
    assert costs(summaries) == {
        "full at 10: wall": 135.9, "full at 10: cpu": 271.8, "full at 10: peak": 1000.0,
        "full at 10: release": 31.9, "full at 10: build": 80.0,
    }  # fmt: skip

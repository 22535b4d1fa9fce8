"""Check the figures of planted worlds against limits (ADR 34); each check returns sentences about the figures that fail.

This module holds the limits, and the allowance for chance where few seeds are drawn. See `evaluation` for the figures.
"""

from __future__ import annotations

from collections.abc import Iterable

from scipy import stats

from tests.support.truth.evaluation import Evaluation

COVERAGE = 93.0  # of intervals of 95 %
STANDARD_ERRORS = 3.0
NO_GAP = 7.0  # of differences between equal groups
INTERVALS = 2_000
CHANCE = 2.0  # standard errors by which the coverage over a few seeds may fall short


def _allowance(seeds: int) -> float:
    """The number of standard errors that is as rare, with this many seeds, as three of a known spread."""
    return float(stats.t.ppf(stats.norm.cdf(STANDARD_ERRORS), seeds - 1))


def wrong_on_average(evaluations: Iterable[Evaluation]) -> list[str]:
    """Figures whose mean error is three of its standard errors or more."""
    return [
        f"{v.measure_id}, {v.method}: the {v.what} is off by {v.error:.3f} % ± {v.error_se:.3f} on the average of {v.figures}"
        for v in evaluations
        if abs(v.standard_errors) >= _allowance(v.seeds)
    ]


def not_covered(evaluations: Iterable[Evaluation], by_chance: bool) -> list[str]:
    """Intervals that contain the truth too seldom; `by_chance` allows for chance where a measure has few seeds."""
    evaluations = list(evaluations)
    out = [
        f"{v.measure_id}, {v.method}: {v.coverage:.1f} % of {v.intervals} intervals of the {v.what} hold the truth"
        for v in evaluations
        if v.coverage is not None and v.coverage + (_allowance(v.seeds) * (v.coverage_se or 0.0) if by_chance else 0.0) < COVERAGE
    ]
    intervals = sum(v.intervals for v in evaluations)
    covered = sum(v.intervals * (v.coverage or 0.0) for v in evaluations) / intervals
    if covered < COVERAGE:
        out.append(f"{covered:.1f} % of all {intervals} intervals hold the truth")
    return out


def gaps_where_none_is(evaluations: Iterable[Evaluation]) -> list[str]:
    """Differences between equal groups that exclude 0 too often: of all measures, and of one measure beyond chance."""
    differences = [v for v in evaluations if v.what == "difference" and v.intervals]
    out = [
        f"{v.measure_id}, {v.method}: {v.excluded:.1f} % of {v.intervals} differences exclude no gap"
        for v in differences
        if (v.excluded or 0.0) - _allowance(v.seeds) * (v.excluded_se or 0.0) > NO_GAP
    ]
    intervals = sum(v.intervals for v in differences)
    excluded = sum(v.intervals * (v.excluded or 0.0) for v in differences) / intervals
    if excluded > NO_GAP:
        out.append(f"{excluded:.1f} % of all {intervals} differences exclude no gap")
    return out


def too_few(evaluations: Iterable[Evaluation]) -> list[str]:
    """Measures with too few intervals of values to estimate a coverage."""
    return [
        f"{v.measure_id}, {v.method}: {v.intervals} intervals"
        for v in evaluations
        if v.what == "value" and 0 < v.intervals < INTERVALS
    ]

"""What the figures of planted worlds must keep (ADR 34), as lists of sentences that say which do not.

Here: the limits, and how chance enters where few seeds are drawn. Not here: the figures (`judge`), of which passes (`runs`).
"""

from __future__ import annotations

from collections.abc import Iterable

from scipy import stats

from tests.support.truth.judge import Verdict

COVERAGE = 93.0  # of intervals of 95 %
STANDARD_ERRORS = 3.0
NO_GAP = 7.0  # of differences between groups that differ in nothing
INTERVALS = 2_000
CHANCE = 2.0  # standard errors by which the coverage over a few seeds may fall short


def _allowance(seeds: int) -> float:
    """Standard errors that are as rare, estimated from so many seeds, as three of a known spread."""
    return float(stats.t.ppf(stats.norm.cdf(STANDARD_ERRORS), seeds - 1))


def wrong_on_average(verdicts: Iterable[Verdict]) -> list[str]:
    """Figures whose mean error is three of its standard errors or more."""
    return [
        f"{v.measure_id}, {v.method}: the {v.what} is off by {v.error:.3f} % ± {v.error_se:.3f} on the average of {v.figures}"
        for v in verdicts
        if abs(v.standard_errors) >= _allowance(v.seeds)
    ]


def not_covered(verdicts: Iterable[Verdict], by_chance: bool) -> list[str]:
    """Intervals that hold the truth too seldom; `by_chance` lets a measure of few seeds stay below the limit within chance."""
    verdicts = list(verdicts)
    out = [
        f"{v.measure_id}, {v.method}: {v.coverage:.1f} % of {v.intervals} intervals of the {v.what} hold the truth"
        for v in verdicts
        if v.coverage is not None and v.coverage + (_allowance(v.seeds) * (v.coverage_se or 0.0) if by_chance else 0.0) < COVERAGE
    ]
    intervals = sum(v.intervals for v in verdicts)
    covered = sum(v.intervals * (v.coverage or 0.0) for v in verdicts) / intervals
    if covered < COVERAGE:
        out.append(f"{covered:.1f} % of all {intervals} intervals hold the truth")
    return out


def gaps_where_none_is(verdicts: Iterable[Verdict]) -> list[str]:
    """Differences of groups that differ in nothing which exclude 0 too often: of all, and of a measure beyond chance."""
    differences = [v for v in verdicts if v.what == "difference" and v.intervals]
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


def too_few(verdicts: Iterable[Verdict]) -> list[str]:
    """Measures with fewer intervals of values than a coverage can be told from."""
    return [
        f"{v.measure_id}, {v.method}: {v.intervals} intervals"
        for v in verdicts
        if v.what == "value" and 0 < v.intervals < INTERVALS
    ]

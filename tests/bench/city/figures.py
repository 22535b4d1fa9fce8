"""The arithmetic of the benchmark: medians over rounds, the line through the sizes, the exponent, the ratios.

A line needs two sizes: seconds = fixed + per row × rows, by least squares of the relative residuals (each size weighs 1 / its
seconds²), so that the largest size does not decide the fixed part alone. The exponent is the slope of log(seconds − fixed) on
log(rows), for which the fixed part must come from elsewhere: from the two smallest sizes, taken as linear between them. It needs
three sizes, because two are on any line. 1 is linear; what grows with n·log n measures about 1.06 from 1 M to 50 M rows.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.bench.city.contenders import Run


@dataclass(frozen=True)
class Summary:
    """The medians of a contender at one size. `seconds`: by stage; `written`: bytes per byte of the deliveries."""

    contender: str
    rows: int
    rounds: int
    wall: float
    cpu: float
    peak_mb: float
    written: float
    seconds: Mapping[str, float]

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.wall


@dataclass(frozen=True)
class Line:
    """Fixed seconds, and seconds per row; the exponent if there are three sizes."""

    fixed: float
    per_row: float
    exponent: float | None


def summarise(runs: Iterable[Run]) -> list[Summary]:
    """The medians of each contender at each size, in the order in which they first ran."""
    grouped: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for run in runs:
        grouped[run.contender, run.rows].append(run)
    return [_summary(contender, rows, found) for (contender, rows), found in grouped.items()]


def _summary(contender: str, rows: int, runs: Sequence[Run]) -> Summary:
    stages = dict.fromkeys(stage for run in runs for stage in run.seconds)
    return Summary(
        contender,
        rows,
        len(runs),
        wall=statistics.median(run.cost.wall for run in runs),
        cpu=statistics.median(run.cost.cpu for run in runs),
        peak_mb=statistics.median(run.cost.peak_mb for run in runs),
        written=statistics.median(run.cost.written / run.input_bytes for run in runs),
        seconds={stage: statistics.median(run.seconds.get(stage, 0.0) for run in runs) for stage in stages},
    )


def line(rows: Sequence[int], seconds: Sequence[float]) -> Line | None:
    """The line through the sizes; None for fewer than two different ones."""
    if len(set(rows)) < 2:
        return None
    weights = [1 / second**2 for second in seconds]
    total = sum(weights)
    x, y = _mean(rows, weights, total), _mean(seconds, weights, total)
    spread = sum(weight * (row - x) ** 2 for weight, row in zip(weights, rows, strict=True))
    shared = sum(weight * (row - x) * (second - y) for weight, row, second in zip(weights, rows, seconds, strict=True))
    per_row = shared / spread
    return Line(y - per_row * x, per_row, exponent(rows, seconds))


def _mean(values: Sequence[float], weights: Sequence[float], total: float) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / total


def exponent(rows: Sequence[int], seconds: Sequence[float]) -> float | None:
    """The exponent of the growing part; None for fewer than three sizes, and if the first two do not differ."""
    points = sorted(zip(rows, seconds, strict=True))
    if len(points) < 3 or len(points) != len(set(rows)):
        return None
    (n1, s1), (n2, s2) = points[:2]
    fixed = s1 - (s2 - s1) / (n2 - n1) * n1
    growing = [(math.log(row), math.log(second - fixed)) for row, second in points if second > fixed]
    if s2 <= s1 or len(growing) < len(points):
        return None
    slope, _ = statistics.linear_regression([x for x, _ in growing], [y for _, y in growing])
    return slope


def lines(summaries: Iterable[Summary], of: Literal["wall", "cpu"] = "wall") -> dict[str, Line]:
    """The line of each contender with two sizes or more, of its wall time or of its processor time."""
    found: dict[str, list[Summary]] = defaultdict(list)
    for summary in summaries:
        found[summary.contender].append(summary)
    fitted = {
        contender: line([summary.rows for summary in sizes], [getattr(summary, of) for summary in sizes])
        for contender, sizes in found.items()
    }
    return {contender: fit for contender, fit in fitted.items() if fit is not None}


def ratios(summaries: Iterable[Summary], fitted: Mapping[str, Line]) -> dict[str, float]:
    """The ratios that the baseline stores, by name; smaller is better in each.

    Ratios of seconds and of peak memory at each size, and the share of each stage; of seconds per row once, except for a run with
    nothing new: it does almost nothing per row, and the ratio would be noise.
    """
    by = {(summary.contender, summary.rows): summary for summary in summaries}
    found = {}
    for above, below in COMPARED:
        for rows in sorted({rows for contender, rows in by if contender == above}):
            if (below, rows) in by:
                found[f"{above}/{below} wall at {rows}"] = by[above, rows].wall / by[below, rows].wall
                found[f"{above}/{below} peak at {rows}"] = by[above, rows].peak_mb / by[below, rows].peak_mb
        if above != NOTHING and above in fitted and below in fitted and fitted[below].per_row > 0:
            found[f"{above}/{below} per row"] = fitted[above].per_row / fitted[below].per_row
    return found | {
        f"{contender} stage {stage} at {rows}": seconds / summary.wall
        for (contender, rows), summary in by.items()
        if contender in STAGED
        for stage, seconds in summary.seconds.items()
        if seconds >= LEAST_SHARE * summary.wall
    }


def costs(summaries: Iterable[Summary]) -> dict[str, float]:
    """Seconds of wall time, processor and stages of each contender and size, by name: to compare on one machine."""
    found = {}
    for summary in summaries:
        at = f"{summary.contender} at {summary.rows}"
        found |= {f"{at}: wall": summary.wall, f"{at}: cpu": summary.cpu, f"{at}: peak": summary.peak_mb}
        found |= {f"{at}: {stage}": took for stage, took in summary.seconds.items() if took >= LEAST_SHARE * summary.wall}
    return found


NOTHING = "nothing"
STAGED = ("full", "nightly")
LEAST_SHARE = 0.03  # of the wall time: shorter stages are noise
COMPARED = (("full", "limit"), ("nightly", "full"), (NOTHING, "full"), ("full", "notebook"), ("full", "stock"))

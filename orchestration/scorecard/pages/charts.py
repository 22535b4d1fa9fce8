"""Compute where charts draw a figure: positions in percent of a width, so that text keeps its size at every width.

A row without a figure has no position. Templates draw the marks.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestration.scorecard.release_data.read_release import Row

LEFT, RIGHT = 2.0, 98.0  # of a dot chart, in percent
TREND_LEFT, TREND_RIGHT = 9.0, 98.0
FROM_ZERO = 0.5  # an axis starts at zero unless all figures are above this share of the largest
STEPS = (1, 2, 2.5, 5, 10)
MOST_TICKS = 5


@dataclass(frozen=True)
class Axis:
    """A scale from its first to its last tick."""

    ticks: tuple[float, ...]
    left: float = LEFT
    right: float = RIGHT

    def at(self, value: float) -> float:
        """The position of a value, in percent."""
        low, high = self.ticks[0], self.ticks[-1]
        share = (min(max(value, low), high) - low) / (high - low)
        return round(self.left + share * (self.right - self.left), 1)


@dataclass(frozen=True)
class Dot:
    """The mark of one figure: its dot, and the ends of its range where it has one. Where only a range is known, it has no dot."""

    x: float | None
    low: float | None
    high: float | None


def axis(values: Iterable[float | None], left: float = LEFT, right: float = RIGHT) -> Axis | None:
    """Return a scale that holds all values, None without any."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    low, high = min(found), max(found)
    start = low if low < 0 or low > FROM_ZERO * high else 0.0
    span = (high - start) or abs(high) or 1.0
    step = next(
        size
        for exponent in range(math.floor(math.log10(span / MOST_TICKS)), 400)
        for size in (scale * 10.0**exponent for scale in STEPS)
        if math.floor(high / size) - math.floor(start / size) < MOST_TICKS
    )
    first = math.floor(start / step)
    last = max(math.ceil(round(high / step, 9)), first + 1)
    return Axis(tuple(float(f"{step * number:.12g}") for number in range(first, last + 1)), left, right)


def extent(rows: Iterable[Row]) -> list[float | None]:
    """The figures of rows and the ends of their ranges, and the bounds of rows of which only these are known."""
    rows = tuple(rows)
    ends = [value for row in rows if row.is_shown for value in (row.value, row.ci_low, row.ci_high)]
    return ends + [bound for row in rows if row.has_only_a_range for bound in (row.bound_low, row.bound_high)]


def dot(row: Row, scale: Axis | None) -> Dot | None:
    """Return where to draw the figure of a row, or its bounds; None without either."""
    if scale is not None and row.has_only_a_range:
        return Dot(None, scale.at(row.bound_low or 0.0), scale.at(row.bound_high or 0.0))
    if scale is None or row.value is None or not row.is_shown:
        return None
    has_range = row.ci_low is not None and row.ci_high is not None
    low, high = (scale.at(row.ci_low or 0.0), scale.at(row.ci_high or 0.0)) if has_range else (None, None)
    return Dot(scale.at(row.value), low, high)


@dataclass(frozen=True)
class Point:
    """A figure of a trend: positions in percent of width and height, from the top."""

    row: Row
    x: float
    y: float
    low: float | None
    high: float | None
    follows: bool  # whether it is of the period after the point before, so that a line joins them


@dataclass(frozen=True)
class Trend:
    """The points of one line, and its scale."""

    points: tuple[Point, ...]
    scale: Axis
    breaks: tuple[
        tuple[float, int, dt.date], ...
    ] = ()  # position, number of the point after it, and day of each break of the series

    def height(self, value: float) -> float:
        """The position of a value, in percent from the top."""
        return round(100 - self.scale.at(value), 1)


def trend(rows: Sequence[Row], scale: Axis | None = None, breaks: Iterable[dt.date] = ()) -> Trend | None:
    """Return the line of the shown figures; None with fewer than two. `scale`: that of several lines together.

    No line joins figures across one of the `breaks`, nor those of a period that a break divides.
    """
    days = sorted(set(breaks))
    shown = [row for row in rows if row.is_shown]
    scale = scale or trend_axis(shown)
    if len(shown) < 2 or scale is None:
        return None
    first, last = shown[0].period_start.toordinal(), shown[-1].period_start.toordinal()
    points: list[Point] = []
    for before, row in zip([None, *shown], shown, strict=False):
        share = (row.period_start.toordinal() - first) / (last - first)
        x = round(TREND_LEFT + 3 + share * (TREND_RIGHT - TREND_LEFT - 6), 1)
        ends = [None if end is None else round(100 - scale.at(end), 1) for end in (row.ci_low, row.ci_high)]
        follows = (
            before is not None and _follows(before, row) and not any(before.period_start < on <= row.period_end for on in days)
        )
        points.append(Point(row, x, round(100 - scale.at(row.value or 0.0), 1), ends[0], ends[1], follows))
    return Trend(tuple(points), scale, tuple(_marks(points, days)))


def _marks(points: Sequence[Point], days: Iterable[dt.date]) -> Iterable[tuple[float, int, dt.date]]:
    """Yield breaks between two points: in the middle, so that no point is on the mark."""
    for on in days:
        after = next((number for number, point in enumerate(points) if point.row.period_start >= on), len(points))
        if after == len(points) and points[-1].row.period_end >= on:  # the break divides the last period
            yield min(points[-1].x + 2, TREND_RIGHT), after, on
        elif 0 < after < len(points):
            yield round((points[after - 1].x + points[after].x) / 2, 1), after, on


def trend_axis(rows: Iterable[Row]) -> Axis | None:
    """Return the scale of lines, from the bottom to the top of a chart."""
    return axis(extent(rows), 8.0, 92.0)


def _follows(before: Row, row: Row) -> bool:
    # stocks have no length: two counts are joined whatever is between them
    return row.period_type == "snapshot" or before.period_end + dt.timedelta(days=1) >= row.period_start

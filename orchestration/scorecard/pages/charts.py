"""Compute where charts draw a figure: positions in percent of a width, so that text keeps its size at every width.

A row without a figure has no position. Templates draw the marks.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.release_data.row import Row
from orchestration.scorecard.words.figures import Cell
from orchestration.scorecard.words.sentences import period
from orchestration.scorecard.words.texts import Part, Texts

LEFT, RIGHT = 2.0, 98.0  # of a dot chart, in percent
TREND_LEFT, TREND_RIGHT = 9.0, 98.0
FROM_ZERO = 0.5  # an axis starts at zero unless all figures are above this share of the largest
STEPS = (1, 2, 2.5, 5, 10)
MOST_TICKS = 5
ONE_DAY = dt.timedelta(days=1)


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

    def mark(self, value: float | None, low: float | None, high: float | None) -> Record:
        """The positions of a value and of the ends of its range, as far as they are known."""
        return Record({name: None if one is None else self.at(one) for name, one in (("x", value), ("low", low), ("high", high))})

    def from_top(self, value: float) -> float:
        """The position of a value on an upright scale, in percent from the top."""
        return round(100 - self.at(value), 1)


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


def ticks(scale: Axis | None, write: Callable[[float], Part], texts: Texts) -> list[tuple[float, Markup]]:
    """Return the position of each number of a scale, and how it is written; none without a scale."""
    return [(scale.at(tick), write(tick)(texts)) for tick in scale.ticks] if scale else []


def extent(rows: Iterable[Row]) -> list[float | None]:
    """The figures of rows and the ends of their ranges, and the bounds of rows of which only these are known."""
    rows = tuple(rows)
    ends = [value for row in rows if row.is_shown for value in (row.value, row.ci_low, row.ci_high)]
    return ends + [bound for row in rows if row.has_only_a_range for bound in (row.bound_low, row.bound_high)]


def dot(row: Row, scale: Axis | None) -> Record | None:
    """Return where to draw the figure of a row and the ends of its range, or its bounds alone; None without either."""
    if scale is not None and row.has_only_a_range:
        return scale.mark(None, row.bound_low, row.bound_high)
    if scale is None or row.value is None or not row.is_shown:
        return None
    ends = (None, None) if None in (row.ci_low, row.ci_high) else (row.ci_low, row.ci_high)
    return scale.mark(row.value, *ends)


def trend(rows: Sequence[Row], scale: Axis | None = None, breaks: Iterable[dt.date] = ()) -> Record | None:
    """Return the points of a line of the shown figures, and its scale; None with fewer than two. `scale`: of several lines.

    A point `follows` if it is of the period after the one before, so that a line joins them.

    No line joins figures across one of the `breaks`, nor those of a period that a break divides.
    """
    days = sorted(set(breaks))
    shown = [row for row in rows if row.is_shown]
    scale = scale or trend_axis(shown)
    if len(shown) < 2 or scale is None:
        return None
    first, last = shown[0].period_start.toordinal(), shown[-1].period_start.toordinal()
    points: list[Record] = []
    for before, row in zip([None, *shown], shown, strict=False):
        share = (row.period_start.toordinal() - first) / (last - first)
        x = round(TREND_LEFT + 3 + share * (TREND_RIGHT - TREND_LEFT - 6), 1)
        low, high = (None if end is None else scale.from_top(end) for end in (row.ci_low, row.ci_high))
        # stocks have no length: two counts are joined whatever is between them
        follows = (
            before is not None
            and (row.period_type == "snapshot" or before.period_end + ONE_DAY >= row.period_start)
            and not any(before.period_start < on <= row.period_end for on in days)
        )
        points.append(Record(row=row, x=x, y=scale.from_top(row.value or 0.0), low=low, high=high, follows=follows))
    return Record(points=points, scale=scale, breaks=tuple(_marks(points, days)))


def _marks(points: Sequence[Record], days: Iterable[dt.date]) -> Iterable[tuple[float, int, dt.date]]:
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


SHADES = 5


def area_maps(measure: Measure, data: ReleaseData, texts: Texts) -> Iterator[dict[str, Any]]:
    """Yield a map per kind of small place: the fifth of the newest smoothed figures in which each place is, and the legend."""
    for places in data.places:
        found = [(place, _smoothed(place.rows, measure)) for place in places.listed if place.geoid in places.outlines]
        rows = {place.geoid: (place.name, row) for place, row in found if row is not None}
        newest = max((row.period_start for _, row in rows.values()), default=None)
        values = {geoid: row.value_smoothed or 0.0 for geoid, (_, row) in rows.items() if row.period_start == newest}
        if len(set(values.values())) < SHADES:
            continue
        bounds = [min(values.values()), *quantiles(values.values(), n=SHADES, method="inclusive"), max(values.values())]
        unit, first = next((row.unit, row) for _, row in rows.values() if row.period_start == newest)
        yield {
            "kind": places.geography_type,
            "period": period(first),
            "shapes": [
                {
                    "path": outline.path,
                    "shade": min(bisect_right(bounds, values[geoid]), SHADES) if geoid in values else None,
                    "title": f"{rows[geoid][0]}: {Cell(values[geoid], unit)(texts).striptags()}" if geoid in values else None,
                }
                for geoid, outline in places.outlines.items()
            ],
            "legend": [texts("page.range", low=Cell(low, unit), high=Cell(high, unit)) for low, high in pairwise(bounds)],
            "height": max(outline.bottom for outline in places.outlines.values()),
            "has_blank": len(values) < len(places.outlines),
        }


def _smoothed(rows: tuple[Row, ...], measure: Measure) -> Row | None:
    shown = (row for row in rows if row.measure_id == measure.measure_id and row.is_total and row.is_shown)
    return next((row for row in shown if row.value_smoothed is not None), None)

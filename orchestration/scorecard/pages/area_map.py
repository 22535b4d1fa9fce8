"""Shade maps of small places by their smoothed figures: raw ones are extreme by chance where few people live."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from statistics import quantiles
from typing import Any

from orchestration.scorecard.release_data.read_release import Measure, ReleaseData, Row
from orchestration.scorecard.words.figures import Cell, Range
from orchestration.scorecard.words.sentences import period
from orchestration.scorecard.words.texts import Texts

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
                    "title": f"{rows[geoid][0]}: {Cell(values[geoid], unit).in_language(texts).striptags()}"
                    if geoid in values
                    else None,
                }
                for geoid, outline in places.outlines.items()
            ],
            "legend": [Range(low, high, unit).in_language(texts) for low, high in pairwise(bounds)],
            "height": max(outline.bottom for outline in places.outlines.values()),
            "has_blank": len(values) < len(places.outlines),
        }


def _smoothed(rows: tuple[Row, ...], measure: Measure) -> Row | None:
    return next(
        (
            row
            for row in rows
            if row.measure_id == measure.measure_id and row.is_total and row.is_shown and row.value_smoothed is not None
        ),
        None,
    )

"""Say where and why the trend of a measure stops: breaks of its series, and maps that were redrawn."""

from __future__ import annotations

import datetime as dt

from markupsafe import Markup

from orchestration.scorecard.release_data.read_release import Measure
from orchestration.scorecard.words.texts import Name, Part, Texts, day


def break_sentences(measure: Measure, texts: Texts) -> list[Markup]:
    """Say of each break since when, and why, no change is shown: of the series where it has a trend, and of redrawn maps."""
    found = []
    for one in measure.breaks:
        parts: dict[str, Part] = {"date": day(one.series_break_on), "cause": Name("series_break", one.cause)}
        if not one.is_of_series:
            sentence = texts("sentence.series_break_map", place=Name("geography_type", one.geography_type), **parts)
        elif measure.about.get("shows_trend"):
            sentence = texts("sentence.series_break_race" if one.is_by_race_only else "sentence.series_break", **parts)
        else:
            continue
        note = one.series_break_note
        found.append(Markup("{} {}").format(sentence, texts.marked_english(f"{note.rstrip('.')}.")) if note else sentence)
    return found


def trend_start(measure: Measure) -> dt.date | None:
    """Return the first day of the lines; None where no two periods compare, and no break is the reason."""
    if measure.about.get("shows_trend") and any(one.is_of_series for one in measure.breaks):
        first = min((row.period_start for row in measure.series if row.is_shown), default=None)
        return max(first, measure.about.get("trend_from") or first) if first else None
    return min((row.trend_from for row in measure.series if row.trend_from is not None), default=None)

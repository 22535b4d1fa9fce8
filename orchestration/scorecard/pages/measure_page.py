"""Prepare the page of a measure: its short answer, and the rows and marks of its charts and tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from markupsafe import Markup

from orchestration.figures import DOLLARS, gap_decimals
from orchestration.scorecard.pages.charts import Axis, area_maps, axis, dot, extent, ticks, trend, trend_axis
from orchestration.scorecard.pages.gap_chart import gap_charts, without_trend
from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.release_data.row import PLACES, Row
from orchestration.scorecard.words.change_texts import revised_figures
from orchestration.scorecard.words.figures import Cell, Count, Points, SignedNumber, Tick, Times, span
from orchestration.scorecard.words.measure_notes import (
    break_sentences,
    caution_mark,
    cautions,
    excess,
    later,
    licence,
    population,
    trend_start,
)
from orchestration.scorecard.words.peers import peers, strip
from orchestration.scorecard.words.sentences import group, likely_range, marked, old_figures, period, reference, short_answer
from orchestration.scorecard.words.texts import Part, Texts, day

MOST_STRATA = 24  # of a topic
NO_RATIO = ("years", "score")  # of which a difference is read, and no ratio
MOST_PERIODS = 40  # of a trend; older ones are in the download


def table_row(row: Row, label: Markup, texts: Texts, scale: Axis | None, anchor: str) -> Record:
    """Return one line of a dot chart: what is written, and where its dot is. Without a figure it has a status and no position."""
    shown = row.is_shown and row.value is not None
    counted = compared = None
    if shown and row.basis != PLACES:
        if row.numerator is not None and row.denominator and row.unit not in DOLLARS:  # dollars are no part of people
            counts: dict[str, Part] = {"part": Count(row.numerator), "whole": Count(row.denominator)}
            limits, of = span(row.numerator_low, row.numerator_high, Count), "for" if row.unit.startswith("per_") else "of"
            counted = texts(f"page.counted_{of}{'_range' * bool(limits)}", **counts, **({"range": limits} if limits else {}))
        if anchor.startswith("district-") and row.compared_with_city:
            compared = compared_words("city", row.compared_with_city, row.compared_with_city_reason, texts)
        elif row.compared_with_reference:
            compared = _compared(row, texts)
    figure = Cell(row.value or 0.0, row.unit)(texts) if shown else None
    if row.has_only_a_range:
        figure = texts("page.range", low=Cell(row.bound_low or 0.0, row.unit), high=Cell(row.bound_high or 0.0, row.unit))
    return Record(
        row=row,
        label=label,
        figure=figure and marked(figure, row.is_hidden_in_public, texts),
        interval=texts.put(likely_range(row)),
        counted=counted,
        compared=compared,
        status=None if shown and row.value != 0 else texts(f"status.{row.status_code}"),
        caution=caution_mark(row, texts),
        dot=dot(row, scale),
        anchor=anchor,
        is_total=anchor in ("group-all", "whole-city"),
    )


def _compared(row: Row, texts: Texts) -> Markup:
    words = compared_words("reference", row.compared_with_reference, row.compared_reason, texts, reference(row, texts))
    parts: dict[str, Part]
    if row.gap is not None and row.gap_kind == "difference" and row.compared_reason in (None, "many_comparisons"):
        places = gap_decimals(row.unit, row.value)
        signed = partial(SignedNumber, unit=row.unit, places=places)  # the table names what a rate is per
        points = partial(Points, unit=row.unit, is_signed=True, places=places)
        name, parts = "gap_size", {"gap": (signed if row.unit.startswith("per_") else points)(row.gap)}
        range_ = span(row.gap_low, row.gap_high, signed)
    elif row.rate_ratio is None or row.unit in NO_RATIO or round(row.rate_ratio, 1 if row.rate_ratio >= 1 else 2) == 1.0:
        return words
    else:
        name, parts = "ratio", {"ratio": Times(row.rate_ratio)}
        range_ = span(row.rate_ratio_ci_low, row.rate_ratio_ci_high, Times)
    more = texts(f"page.{name}", **parts) if range_ is None else texts(f"page.{name}_range", range=range_, **parts)
    return Markup("{}<br><small>{}</small>").format(words, more)


def compared_words(other: str, word: str | None, reason: str | None, texts: Texts, group: Part | None = None) -> Markup:
    """Return the word of a comparison with the city or a reference group, or the reason why there is none."""
    if reason is not None:
        text_id = f"{other}_reason.{reason}"  # where the reason is one of a reference group alone
        return texts(text_id if texts.has(text_id) else f"compared_reason.{reason}")
    return texts(f"{other}_comparison.{word}", **({"group": group} if group else {}))


def chart(rows: Sequence[tuple[Row, Markup, str]], texts: Texts) -> Record | None:
    """Return the dot chart of rows with their labels and anchors; None without a row."""
    if not rows:
        return None
    first = rows[0][0]
    ends = [end for end in extent(row for row, _, _ in rows) if end is not None]
    scale = axis(ends if first.unit in NO_RATIO or not ends else [0.0, *ends])
    low = scale.ticks[0] if scale else 0.0
    lines = tuple(table_row(row, label, texts, scale, anchor) for row, label, anchor in rows)
    total = next((line.dot.x for line in lines if line.is_total and line.dot), None)
    return Record(
        rows=lines,
        scale=scale,
        ticks=ticks(scale, partial(Tick, unit=first.unit), texts),
        mark=total,
        has_counts=any(line.counted for line in lines),
        has_comparison=any(line.compared for line in lines),
        unit=first.unit,
        period=period(first)(texts),
        cautions=cautions(((row, label) for row, label, _ in rows), texts),
        starts_at=texts("sentence.scale_starts", low=Tick(low, first.unit)) if low else None,
    )


def groups_chart(measure: Measure, texts: Texts) -> Record | None:
    """Everyone first, then the groups in their fixed order. Compositions have no line for everyone."""
    rows = [row for row in measure.featured if row.group_kind != "missing" and not (measure.is_composition and row.is_total)]
    rows = [row for row in rows if row.is_total or row.status_code != "nothing_to_compare" or row.basis != PLACES]
    listed = [(row, group(row)(texts), f"group-{row.race_ethnicity_code}") for row in rows]
    if measure.is_about_places:
        # groups by where people live have another denominator than the records of everyone
        listed = [one for one in listed if not one[0].is_total]
        if measure.everyone_by_place is not None:
            listed.insert(0, (measure.everyone_by_place, texts("page.everyone_by_place"), "group-all"))
    return chart(listed, texts)


def topics(measure: Measure, texts: Texts) -> list[Record]:
    """Return a chart per topic with at least two figures; of many the largest."""
    found = []
    for code, strata in grouped(measure.strata, attrgetter("stratum_type")).items():
        by_size = sorted(strata, key=lambda stratum: -(stratum.row.denominator or stratum.row.value or 0.0))
        kept = strata if len(strata) <= MOST_STRATA else by_size[:MOST_STRATA]
        names = (texts.or_english(f"{code}.{one.stratum_code}", one.label) for one in kept)
        listed = [(one.row, name, f"{code}-{number}") for number, (one, name) in enumerate(zip(kept, names, strict=True))]
        whole = None if strata[0].is_partly_shown else strata[0].whole
        # a count of everyone next to those of its parts would flatten them, and a composition of everyone is 100 %
        if whole is not None and measure.about["kind"] not in ("count", "sum", "composition"):
            listed.insert(0, (whole, texts("reference_group.overall"), f"{code}-all"))
        drawn = chart(listed, texts) if len(strata) > 1 else None
        if drawn is not None:
            caption = texts("page.everyone_caption", place=kept[0].row.place, period=drawn.period)
            numbers = {"count": Count(len(kept)), "total": Count(len(strata))}
            more = texts("sentence.largest_strata", **numbers) if kept is not strata else None
            of_topic, parts = f"sentence.strata_listed_{code}", [one.row.denominator for one in kept]
            if whole is not None and whole.denominator is not None and None not in parts and texts.has(of_topic):
                sums = {"count": Count(sum(part or 0.0 for part in parts)), "total": Count(whole.denominator)}
                more = Markup(" ").join([*([more] if more else []), texts(of_topic, **sums)])
            title = texts.or_english(f"stratum_type.{code}", code.replace("_", " ").capitalize())
            found.append(Record(code=code, title=title, caption=caption, chart=drawn, shown=more, first=strata[0]))
    return found


def districts_chart(measure: Measure, texts: Texts) -> Record | None:
    """The whole city, then the districts by number; None where no district has a figure."""
    rows = sorted(measure.districts, key=_by_number)
    if measure.is_composition or not any(row.is_shown for row in rows):
        return None
    listed = [(row, texts("page.district", district=row.geoid), f"district-{row.geoid}") for row in rows]
    # a count of the whole city next to those of its parts would flatten them
    whole = ("city", True, rows[0].period_start)
    city = [row for row in measure.series if (row.geography_type, row.is_total, row.period_start) == whole]
    if city and measure.about["kind"] not in ("count", "sum") and city[0].period_type == rows[0].period_type:
        listed.insert(0, (city[0], texts("page.whole_city"), "whole-city"))
    return chart(listed, texts)


def _by_number(row: Row) -> tuple[bool, int, str]:
    return (not row.geoid.isdecimal(), int(row.geoid) if row.geoid.isdecimal() else 0, row.geoid)


def lines(measure: Measure, texts: Texts) -> tuple[Record | None, tuple[Record, ...]]:
    """Return the line for everyone, and those of groups on one scale, where periods compare."""
    since = trend_start(measure)
    if since is None:
        return None, ()
    breaks = [one for one in measure.breaks if one.is_of_series]
    of_everyone = [one.series_break_on for one in breaks if not one.is_by_race_only]
    of_groups = (row for row in measure.series if row.period_start >= since and row.group_kind != "missing")
    series = grouped(of_groups, attrgetter("race_ethnicity_code"))
    everyone = None if measure.is_composition else _line(series.get("all", []), None, of_everyone, texts)
    own = {code: rows[-MOST_PERIODS:] for code, rows in series.items() if code != "all" and rows[0].basis != PLACES}
    scale = trend_axis(row for rows in own.values() for row in rows)
    ordered = sorted(own.values(), key=lambda rows: rows[0].group_order)
    days = [one.series_break_on for one in breaks]
    return everyone, tuple(line for rows in ordered if (line := _line(rows, scale, days, texts)))


def _line(rows: Sequence[Row], scale: Axis | None, breaks: Sequence[dt.date], texts: Texts) -> Record | None:
    rows = rows[-MOST_PERIODS:]
    drawn = trend(rows, scale, breaks)
    if drawn is None:
        return None
    shown = [point.row for point in drawn.points]
    table = tuple(table_row(row, period(row)(texts), texts, None, "") for row in rows)
    ends = [period(row)(texts) for row in (shown[0], shown[-1])]
    labels = tuple((drawn.scale.from_top(tick), Tick(tick, shown[0].unit)(texts)) for tick in drawn.scale.ticks)
    marks = tuple((x, sum(row.period_start < on for row in rows), day(on)(texts)) for x, _, on in drawn.breaks)
    return Record(label=group(shown[0])(texts), trend=drawn, labels=labels, rows=table, ends=ends, breaks=marks)


def content(measure: Measure, data: ReleaseData, texts: Texts) -> Mapping[str, Any]:
    """Return what the template of the page shows."""
    everyone, groups = lines(measure, texts)
    featured = measure.featured[0] if measure.featured else None
    vintage = measure.districts[0].geography_vintage if measure.districts else None
    last = max((row.covered_until or row.period_end for row in measure.featured), default=None)
    return {
        "measure": measure,
        "featured": featured,
        "sentences": short_answer(measure, texts),
        "old": old_figures(measure, data, texts),
        "later": later(measure, texts),
        "groups": groups_chart(measure, texts),
        "known_race_mark": marked(Markup(), measure.everyone is not None and measure.everyone.is_hidden_in_public, texts),
        "everyone_line": everyone,
        "group_lines": groups,
        "gaps": gap_charts(measure, texts),
        "no_gap_trend": without_trend(measure, texts),
        "excess": excess(measure, texts),
        "population": population(measure, texts),
        "breaks": break_sentences(measure, texts),
        "topics": topics(measure, texts),
        "licence": licence(measure, texts),
        "districts": districts_chart(measure, texts),
        "outlines": data.outlines.get(vintage or "", {}),
        "area_maps": list(area_maps(measure, data, texts)),
        "is_old_map": vintage != data.district_map,
        "peers": peers(measure, data, texts),
        "strip": strip(measure, texts),
        "actions": [one for one in data.actions if one["measure_id"] == measure.measure_id],
        "data_up_to": day(last)(texts) if last else None,
        "bases": sorted({row.basis for row in measure.groups if row.is_shown} or {row.basis for row in measure.featured}),
        "first_reported": revised_figures(measure.first_reported, texts),
    }

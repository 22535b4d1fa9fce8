"""Prepare the gap over time of a page: a row per period with both figures and their gap, and sentences about its change.

The change is one of a difference and of a ratio, which may disagree, each with its range.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from operator import attrgetter

from markupsafe import Markup

from orchestration.figures import gap_decimals
from orchestration.scorecard.pages.charts import Axis, axis, ticks
from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.read_release import Measure
from orchestration.scorecard.release_data.row import PLACES
from orchestration.scorecard.words.figures import Cell, Ends, Factor, GapRange, Percent, Points, SignedNumber, Tick, Times, span
from orchestration.scorecard.words.measure_notes import caution_mark, cautions
from orchestration.scorecard.words.sentences import marked
from orchestration.scorecard.words.texts import Part, People, Period, Texts, group_name

NO_ZERO = ("years", "score")  # units whose figures are not amounts: their scale may start elsewhere
WITHOUT_RANGE = ("no_range", "repeated_events", "records_differ")  # reasons for which no gap is drawn
LONG = 10  # rows from which a table is folded
MOST_ROWS = 12  # of all gaps of a page; with more, each has its first period and the newest
DRAWN = ("value", "ci_low", "ci_high", "other_value", "other_ci_low", "other_ci_high")
COMPARED = ("higher", "lower", "about_the_same", "cannot_tell")


def gap_charts(measure: Measure, texts: Texts, only: Record | None = None) -> list[Record]:
    """Return a chart per group, or of `only` one, those of one kind of period on one scale.

    They are of the kind of period that opens the page; of other kinds, too, where that has no ratio, as of few deaths a year.
    """
    unit = str(measure.about["unit"])
    own = measure.featured[0].period_type if measure.featured else ""
    is_enough = any(gap.period_type == own and len(gap.trends) > 1 for gap in measure.gaps)
    shown = sorted(
        (gap for gap in measure.gaps if gap.period_type == own or not is_enough), key=lambda gap: gap.period_type != own
    )
    most = max(MOST_ROWS // (len(shown) or 1), 2)  # a change needs two periods
    return [_chart(gap, unit, _scale(gap.period_type, shown, unit), texts, most) for gap in shown if only in (None, gap)]


def _scale(period_type: str, gaps: Iterable[Record], unit: str) -> Axis | None:
    drawn = [period for gap in gaps if gap.period_type == period_type and _is_drawn(gap) for period in gap.periods]
    ends = [one[name] for one in drawn for name in DRAWN]
    return axis(ends if unit in NO_ZERO or not ends else [0.0, *ends])


def _is_drawn(gap: Record) -> bool:
    return gap.basis != PLACES and not any(trend.word_reason in WITHOUT_RANGE for trend in gap.trends)


def _chart(gap: Record, unit: str, scale: Axis | None, texts: Texts, most: int) -> Record:
    names = [group_name(code)(texts) for code in (gap.race_ethnicity_code, gap.reference_code)]
    drawn = gap.periods if most >= len(gap.periods) else (gap.periods[0], *gap.periods[1 - most :])
    rows = tuple(_row(gap, one, scale, texts) for one in drawn) if scale and _is_drawn(gap) else ()
    is_from_zero = scale is None or scale.ticks[0] == 0
    title = f"page.gap_of_{gap.period_type}"
    return Record(
        title=texts(title if texts.has(title) else "page.gap_of", group=names[0], reference=names[1]),
        group=names[0],
        reference=names[1],
        unit=unit,
        rows=rows,
        ticks=ticks(scale, partial(Tick, unit=unit), texts),
        difference=texts("page.difference_points" if unit == "percent" else "page.difference"),
        starts_at=None if is_from_zero or scale is None else texts("sentence.scale_starts", low=Tick(scale.ticks[0], unit)),
        has_ratio=any(name == "ratio" for row in rows for name, _, _ in row.figures),
        is_long=len(rows) >= LONG,
        is_cut=len(rows) < len(gap.periods) and bool(rows),
        said=tuple(gap_sentences(gap, unit, texts)),
        cautions=cautions(((one, period_of(gap, one)(texts)) for one in drawn if rows), texts),
    )


def period_of(gap: Record, one: Record) -> Part:
    """Return one of the periods of a gap."""
    return Period(gap.period_type, one.period_start, one.period_end)


def _row(gap: Record, one: Record, scale: Axis, texts: Texts) -> Record:
    places, cell = gap_decimals(one.unit, one.value, one.other_value), partial(Cell, unit=one.unit)
    signed = partial(SignedNumber, unit=one.unit, places=places)
    figures = [
        ("own", cell(one.value), span(one.ci_low, one.ci_high, cell)),
        ("other", cell(one.other_value), span(one.other_ci_low, one.other_ci_high, cell)),
    ]
    if one.rate_difference is not None:
        ends = span(one.rate_difference_ci_low, one.rate_difference_ci_high, signed)
        figures.append(("difference", signed(one.rate_difference), ends))
    if one.rate_ratio is not None:
        ends = span(one.rate_ratio_ci_low, one.rate_ratio_ci_high, Times)
        figures.append(("ratio", lambda texts: texts("page.ratio", ratio=Times(one.rate_ratio)), ends))
    return Record(
        key=one.key,
        period=period_of(gap, one)(texts),
        caution=caution_mark(one, texts),
        own=scale.mark(one.value, one.ci_low, one.ci_high),
        other=scale.mark(one.other_value, one.other_ci_low, one.other_ci_high),
        figures=tuple((name, marked(figure(texts), one.is_hidden, texts), texts.put(range_)) for name, figure, range_ in figures),
    )


def without_trend(measure: Measure, texts: Texts) -> Markup | None:
    """Say why no gap has a change, where the page is about groups: figures that never compare, one period, or no comparison."""
    groups = [row for row in measure.series if row.is_shown and row.compared_with_reference is not None and row.basis != PLACES]
    compared = [row for row in groups if row.compared_with_reference in COMPARED]
    if measure.gaps or not any(row.is_featured for row in groups):
        return None
    if measure.about.get("trend_note") and not measure.about.get("shows_trend"):
        return texts("sentence.no_change_why", why=texts.marked_english(measure.about["trend_note"].rstrip(".")))
    listed = compared or groups
    if min(row.period_end for row in listed) >= max(row.period_start for row in listed):  # all periods overlap
        return texts("sentence.gap_one_period")
    return texts("sentence.gap_no_trend" if compared else "sentence.gap_none_compared")


ABSOLUTE, RELATIVE, NOT_COMPARED = "absolute", "relative", "not_compared"
CLEAR = ("narrowed", "widened")
TOGETHER = {frozenset((word, "cannot_tell")): "gap_one_is_clear" for word in CLEAR} | {frozenset(CLEAR): "gap_scales_disagree"}


def gap_sentences(gap: Record, unit: str, texts: Texts) -> list[Record]:
    """Return the sentences of each scale with the keys of their rows, and one where words disagree; of places no ratio."""
    trends = [trend for trend in gap.trends if gap.basis != PLACES or trend.scale == ABSOLUTE]
    silent = [trend for trend in trends if trend.word == NOT_COMPARED]
    said = []
    for reason, of_reason in grouped(silent, attrgetter("word_reason")).items():
        said.append(_said(of_reason, [texts(f"sentence.gap_not_compared_{reason}", **trend_parts(gap, of_reason[0]))], texts))
    said += [_said([trend], _changed(gap, trend, unit, texts), texts) for trend in trends if trend not in silent]
    words = frozenset(trend.word for trend in trends)
    if words in TOGETHER:
        said.append(_said(trends, [texts(f"sentence.{TOGETHER[words]}")], texts))
    return said


def _said(trends: list[Record], sentences: Iterable[Markup], texts: Texts) -> Record:
    is_hidden = any(trend.is_hidden_in_public for trend in trends)
    said = [marked(sentence, is_hidden, texts) for sentence in sentences]
    return Record(rows=",".join(trend.key for trend in trends), sentences=said)


def trend_parts(gap: Record, trend: Record) -> dict[str, Part]:
    """Return the group, its reference, and both ends of a trend."""
    periods = {one.period_start: period_of(gap, one) for one in gap.periods}
    return {
        "group": group_name(gap.race_ethnicity_code),
        "reference": group_name(gap.reference_code),
        "from_period": periods[trend.first_period],
        "period": periods[trend.last_period],
    }


def _changed(gap: Record, trend: Record, unit: str, texts: Texts) -> Iterable[Markup]:
    """The word with both gaps, the change with its range, and the change per year where three or more periods have one."""
    yearly = trend.annual_percent_change, trend.apc_ci_low, trend.apc_ci_high
    word = "_".join(filter(None, (trend.word, trend.word_reason)))  # chance among many comparisons has a sentence of its own
    parts = trend_parts(gap, trend)
    if trend.scale == RELATIVE:
        gaps = {"from_gap": Times(trend.first_gap), "gap": Times(trend.last_gap)}
        yield texts(f"sentence.gap_relative_{word}", **parts, **gaps)
        low, high = Factor(trend.change_ci_low or 0.0), Factor(trend.change_ci_high or 0.0)
        yield texts("sentence.gap_relative_change", change=Factor(trend.change), range=Ends(low, high))
        if None not in yearly:
            change, first, last = (Percent(value or 0.0) for value in yearly)
            yield texts(f"sentence.gap_relative_per_year{trend.yearly}", change=change, range=Ends(first, last))
        return
    if gap.basis == PLACES:
        parts |= {"residents": People(gap.race_ethnicity_code), "reference": People(gap.reference_code)}
    yield texts(f"sentence.gap_{'places' if gap.basis == PLACES else ABSOLUTE}_{word}", **parts, **sizes(gap, trend, unit))
    changes = {"change": (trend.change, trend.change_ci_low, trend.change_ci_high), f"per_year{trend.yearly}": yearly}
    for name, (value, low, high) in changes.items():
        if name == "change" or None not in yearly:
            places = _places(gap, unit) if name == "change" else None  # a change per year has digits of its own
            change = Points(value or 0.0, unit, is_signed=True, places=places)
            ends = GapRange(low or 0.0, high or 0.0, unit, is_signed=True, places=places)
            yield texts(f"sentence.gap_absolute_{name}", change=change, range=ends)


def sizes(gap: Record, trend: Record, unit: str) -> dict[str, Part]:
    """Return both differences, with a minus where the group has the lower figure."""
    ends, places = {"from_gap": trend.first_gap, "gap": trend.last_gap}, _places(gap, unit)
    return {name: Points(value, unit, is_signed=True, places=places) for name, value in ends.items()}


def change_range(gap: Record, trend: Record, unit: str) -> Part:
    """Return the range of the change of a difference."""
    low, high = trend.change_ci_low or 0.0, trend.change_ci_high or 0.0
    return GapRange(low, high, unit, is_signed=True, places=_places(gap, unit))


def _places(gap: Record, unit: str) -> int | None:
    return gap_decimals(unit, *(figure for one in gap.periods for figure in (one.value, one.other_value)))

"""Put the change of a gap into sentences: as a difference and as a ratio, which may disagree, each with its range."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.words.figures import Ends, Factor, Percent, Points, SignedNumber, Times
from orchestration.scorecard.words.sentences import PLACES, marked
from orchestration.scorecard.words.texts import Part, Period, Texts, group_name

ABSOLUTE, RELATIVE, NOT_COMPARED = "absolute", "relative", "not_compared"


def gap_sentences(gap: Record, unit: str, texts: Texts) -> list[Record]:
    """Return the sentences of each scale, with the keys of their rows, and one where words disagree; of places no ratio."""
    trends = [trend for trend in gap.trends if gap.basis != PLACES or trend.scale == ABSOLUTE]
    silent = [trend for trend in trends if trend.word == NOT_COMPARED]
    said = []
    for reason in dict.fromkeys(trend.word_reason for trend in silent):
        of_reason = [trend for trend in silent if trend.word_reason == reason]
        said.append(_said(of_reason, texts(f"sentence.gap_not_compared_{reason}", **_parts(gap, of_reason[0])), texts))
    for trend in trends:
        if trend not in silent:
            said += [_said([trend], sentence, texts) for sentence in _changed(gap, trend, unit, texts)]
    if len({trend.word for trend in trends}) > 1:
        said.append(_said(trends, texts("sentence.gap_scales_disagree"), texts))
    return said


def _said(trends: list[Record], sentence: Markup, texts: Texts) -> Record:
    is_hidden = any(trend.is_hidden_in_public for trend in trends)
    return Record(rows=",".join(trend.key for trend in trends), sentence=marked(sentence, is_hidden, texts))


def _parts(gap: Record, trend: Record) -> dict[str, Part | str]:
    periods = {one.period_start: Period(gap.period_type, one.period_start, one.period_end) for one in gap.periods}
    return {
        "group": group_name(gap.race_ethnicity_code),
        "reference": group_name(gap.reference_code),
        "from_period": periods[trend.first_period],
        "period": periods[trend.last_period],
    }


def _changed(gap: Record, trend: Record, unit: str, texts: Texts) -> Iterable[Markup]:
    """The word with both gaps, the change with its range, and the change per year where three or more periods have one."""
    yearly = trend.annual_percent_change, trend.apc_ci_low, trend.apc_ci_high
    parts = _parts(gap, trend)
    if trend.scale == RELATIVE:
        gaps = {"from_gap": Times(trend.first_gap), "gap": Times(trend.last_gap)}
        yield texts(f"sentence.gap_relative_{trend.word}", **parts, **gaps)
        low, high = Factor(trend.change_ci_low or 0.0), Factor(trend.change_ci_high or 0.0)
        yield texts("sentence.gap_relative_change", change=Factor(trend.change), range=Ends(low, high))
        if None not in yearly:
            change, first, last = (Percent(value or 0.0) for value in yearly)
            yield texts("sentence.gap_relative_per_year", change=change, range=Ends(first, last))
        return
    sizes = {"from_gap": Points(trend.first_gap, unit), "gap": Points(trend.last_gap, unit)}
    yield texts(f"sentence.gap_{'places' if gap.basis == PLACES else ABSOLUTE}_{trend.word}", **parts, **sizes)
    changes: list[tuple[str, tuple[float | None, float | None, float | None]]] = [
        ("change", (trend.change, trend.change_ci_low, trend.change_ci_high))
    ]
    if None not in yearly:
        changes.append(("per_year", yearly))
    for name, (value, lower, higher) in changes:
        # where the group has the lower figure, a rise of the difference narrows it: the change is that of its size
        sign = 1.0 if trend.first_gap > 0 else -1.0
        low_, high_ = signed_ends(trend.first_gap, lower, higher)
        range_ = Ends(SignedNumber(low_, unit), Points(high_, unit, is_signed=True))
        yield texts(f"sentence.gap_absolute_{name}", change=Points(sign * (value or 0.0), unit, is_signed=True), range=range_)


def signed_ends(gap: float, low: float | None, high: float | None) -> tuple[float, float]:
    """Return the ends of the change of a gap's size: where the group has the lower figure, a rise narrows the gap."""
    sign = 1.0 if gap > 0 else -1.0
    first, last = sorted((sign * (low or 0.0), sign * (high or 0.0)))
    return first, last

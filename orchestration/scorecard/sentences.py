"""Choose the sentences of the short answer. Each is a whole sentence of the texts; figures carry their ranges.

A figure of places is never a sentence about people: rows with the basis `where_people_live` have sentences of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from orchestration.scorecard.figures import Cell, Figure, Points, PointsRange, Range, RatioRange, Times
from orchestration.scorecard.read_release import Measure, Row
from orchestration.scorecard.texts import Joined, Name, Part, Period, Texts, day

PLACES = "where_people_live"
MOST_RATIOS = 2  # more groups are named without their ratios, which the table shows
OLD = dt.timedelta(days=2 * 366)


def period(row: Row) -> Period:
    """Return the period of a row."""
    return Period(row.period_type, row.period_start, row.period_end)


def group(row: Row) -> Name:
    """Return the name of a row's group; everyone is no group."""
    return Name("reference_group", "overall") if row.is_total else Name("race_ethnicity", row.race_ethnicity_code)


def reference(row: Row, texts: Texts) -> Name:
    """Return the name of the group that a row is compared with."""
    code = row.reference_code or ""
    return Name("reference_group", code) if texts.has(f"reference_group.{code}") else Name("race_ethnicity", code)


def marked(text: Markup, is_hidden: bool, texts: Texts) -> Markup:
    """Return the text, with a mark where a figure in it is hidden in public."""
    return (
        Markup('{} <span class="hidden-in-public">({})</span>').format(text, texts("page.hidden_in_public"))
        if is_hidden
        else text
    )


def is_any_hidden(rows: Iterable[Row]) -> bool:
    """Whether the public file hides a figure of one of the rows."""
    return any(row.is_hidden_in_public for row in rows)


def short_answer(measure: Measure, texts: Texts) -> list[Markup]:
    """Return two to five sentences."""
    sentences: list[Markup] = []
    everyone = measure.everyone
    if everyone is not None and not measure.is_composition:
        sentences.append(everyone_sentence(everyone, texts))
    groups = [row for row in measure.groups if row.is_shown]
    sentences += _about_places([row for row in groups if row.basis == PLACES], texts)
    sentences += _about_groups([row for row in groups if row.basis != PLACES], texts)
    if measure.is_composition and everyone is not None:
        sentences.insert(0, texts("sentence.composition", period=period(everyone)))
    if everyone is not None and not measure.is_composition:
        sentences += [marked(sentence, everyone.is_hidden_in_public, texts) for sentence in _trend(everyone, texts)]
    return sentences


def everyone_sentence(row: Row, texts: Texts) -> Markup:
    """Return the figure for everyone, with its place and its range."""
    parts: dict[str, Part | str] = {"period": period(row), "place": row.place, "figure": Figure(row.value or 0.0, row.unit)}
    range_ = likely_range(row)
    if range_ is None:
        sentence = texts("sentence.everyone_without_range", **parts)
    else:
        sentence = texts("sentence.everyone", range=range_, **parts)
    return marked(sentence, row.is_hidden_in_public, texts)


def likely_range(row: Row) -> Range | None:
    """Return the likely range of a row with a figure; None without one."""
    return (
        Range(row.ci_low, row.ci_high, row.unit) if row.is_shown and row.ci_low is not None and row.ci_high is not None else None
    )


def old_figures(measure: Measure, newest: dt.date | None, texts: Texts) -> Markup | None:
    """Return a warning where the figures end long before the newest data of the release."""
    last = max((row.period_end for row in measure.featured), default=None)
    return texts("sentence.old_figures", period=day(last)) if last and newest and newest - last > OLD else None


def _about_places(rows: Sequence[Row], texts: Texts) -> list[Markup]:
    if not rows:
        return []
    values = sorted(row.value or 0.0 for row in rows)
    unit = rows[0].unit
    span = texts("sentence.where_people_live_span", low=Cell(values[0], unit), high=Figure(values[-1], unit))
    return [marked(span, is_any_hidden(rows), texts), texts("sentence.where_people_live_note")]


def _about_groups(rows: Sequence[Row], texts: Texts) -> list[Markup]:
    compared = [row for row in rows if row.compared_with_reference and row.reference_code]
    clear = [row for row in compared if row.compared_with_reference in ("higher", "lower")]
    sentences: list[Markup] = []
    with_ratio = [
        row
        for row in clear
        if row.rate_ratio is not None and row.rate_ratio_ci_low is not None and row.rate_ratio_ci_high is not None
    ]
    if clear and len(clear) <= MOST_RATIOS and len(with_ratio) == len(clear):
        sentences += [marked(_compared(row, texts), row.is_hidden_in_public, texts) for row in clear]
    else:
        for word in ("higher", "lower"):
            sentences += _named(word, [row for row in clear if row.compared_with_reference == word], texts)
    same = [row for row in compared if row.compared_with_reference == "about_the_same"]
    sentences += _named("about_the_same", same, texts)
    sentences += _named("cannot_tell", [row for row in compared if row.compared_with_reference == "cannot_tell"], texts)
    return sentences


def _compared(row: Row, texts: Texts) -> Markup:
    parts: dict[str, Part | str] = {"group": group(row), "ratio": Times(row.rate_ratio or 0.0)}
    parts["range"] = RatioRange(row.rate_ratio_ci_low or 0.0, row.rate_ratio_ci_high or 0.0)
    if row.reference_code == "rest":
        return texts(f"sentence.rest_{row.compared_with_reference}", **parts)
    return texts(f"sentence.group_{row.compared_with_reference}", reference=reference(row, texts), **parts)


def _named(word: str, rows: Sequence[Row], texts: Texts) -> Iterable[Markup]:
    if rows:
        groups = Joined(tuple(group(row) for row in rows))
        sentence = texts(f"sentence.groups_{word}", groups=groups, reference=reference(rows[0], texts))
        yield marked(sentence, is_any_hidden(rows), texts)


def _trend(row: Row, texts: Texts) -> Iterable[Markup]:
    """The change since the first period that compares, where the registry allows one."""
    if row.trend_from is None or row.trend_word in (None, "cannot_tell", "no_range"):
        return
    since = Period(row.period_type, row.trend_from, row.trend_from + (row.period_end - row.period_start))
    parts: dict[str, Part | str] = {"from_period": since, "period": period(row)}
    if row.trend_word == "about_the_same" or row.trend is None or row.value is None:
        yield texts("sentence.trend_everyone_about_the_same", **parts)
        return
    if row.trend_ci_low is None or row.trend_ci_high is None or row.trend_ci_low == row.trend_ci_high:
        figures = {"from_figure": Figure(row.value - row.trend, row.unit), "figure": Figure(row.value, row.unit)}
        yield texts(f"sentence.trend_everyone_{row.trend_word}", **parts, **figures)
        return
    low, high = sorted((abs(row.trend_ci_low), abs(row.trend_ci_high)))
    yield texts(
        f"sentence.change_{row.trend_word}", change=Points(row.trend, row.unit), range=PointsRange(low, high, row.unit), **parts
    )

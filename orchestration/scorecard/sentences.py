"""Choose the sentences of the short answer. Each is a whole sentence of the texts; figures carry their ranges.

A figure of places is never a sentence about people: rows with the basis `where_people_live` have sentences of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from orchestration.scorecard.figures import Cell, Figure, Points, Times
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
        sentences += _trend(everyone, texts)
    return sentences


def everyone_sentence(row: Row, texts: Texts) -> Markup:
    """Return the figure for everyone, with its place unless that is the city, and with its range."""
    parts: dict[str, Part | str] = {"period": period(row), "value": Figure(row.value or 0.0, row.unit)}
    text_id = "sentence.everyone"
    if row.geography_type != "city":
        text_id, parts["place"] = "sentence.everyone_in_place", row.place
    if row.ci_low is not None and row.ci_high is not None:
        text_id += "_range"
        parts |= {"low": Cell(row.ci_low, row.unit), "high": Cell(row.ci_high, row.unit)}
    return texts(text_id, **parts)


def old_figures(measure: Measure, newest: dt.date | None, texts: Texts) -> Markup | None:
    """Return a warning where the figures end long before the newest data of the release."""
    last = max((row.period_end for row in measure.featured), default=None)
    return texts("sentence.old_figures", date=day(last)) if last and newest and newest - last > OLD else None


def _about_places(rows: Sequence[Row], texts: Texts) -> list[Markup]:
    if not rows:
        return []
    values = sorted(row.value or 0.0 for row in rows)
    unit = rows[0].unit
    span = texts("sentence.places_span", low=Cell(values[0], unit), high=Figure(values[-1], unit))
    return [span, texts("sentence.places_only")]


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
        sentences += [
            texts(
                "sentence.compared_ratio",
                group=group(row),
                reference=reference(row, texts),
                ratio=Times(row.rate_ratio or 0.0),
                low=Times(row.rate_ratio_ci_low or 0.0),
                high=Times(row.rate_ratio_ci_high or 0.0),
            )
            for row in clear
        ]
    else:
        for word in ("higher", "lower"):
            sentences += _named(word, [row for row in clear if row.compared_with_reference == word], texts)
    same = [row for row in compared if row.compared_with_reference == "about_the_same"]
    sentences += _named("about_the_same", same, texts)
    sentences += _named("cannot_tell", [row for row in compared if row.compared_with_reference == "cannot_tell"], texts)
    return sentences


def _named(word: str, rows: Sequence[Row], texts: Texts) -> Iterable[Markup]:
    if rows:
        groups = Joined(tuple(group(row) for row in rows))
        yield texts(f"sentence.groups_{word}", groups=groups, reference=reference(rows[0], texts))


def _trend(row: Row, texts: Texts) -> Iterable[Markup]:
    """The change since the first period that compares, where the registry allows one."""
    if row.trend_from is None or row.trend_word in (None, "cannot_tell"):
        return
    since = Period(row.period_type, row.trend_from, row.trend_from + (row.period_end - row.period_start))
    parts: dict[str, Part | str] = {"first": since, "last": period(row)}
    if row.trend_word == "no_clear_change" or row.trend is None:
        yield texts("sentence.trend_no_clear_change", **parts)
        return
    text_id = f"sentence.trend_{row.trend_word}"
    parts["change"] = Points(row.trend, row.unit)
    if row.trend_ci_low is not None and row.trend_ci_high is not None and row.trend_ci_low != row.trend_ci_high:
        text_id += "_range"
        low, high = sorted((abs(row.trend_ci_low), abs(row.trend_ci_high)))
        parts |= {"low": Cell(low, row.unit), "high": Points(high, row.unit)}
    yield texts(text_id, **parts)

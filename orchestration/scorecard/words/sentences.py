"""Choose the sentences of the short answer. Each is a whole sentence of the texts; figures carry their ranges.

A figure of places is never a sentence about people: rows with the basis `where_people_live` have sentences of their own.

The seed `headlines` gives a measure a pattern, such as "1 in 66 Black babies", and `headline.<measure>` its sentence, which comes
first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from orchestration.figures import DOLLARS, gap_decimals, number
from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.read_release import WORSE, Measure, ReleaseData
from orchestration.scorecard.release_data.row import PLACES, TOTAL, Row
from orchestration.scorecard.words.figures import Cell, Figure, GapRange, Points, Range, Times
from orchestration.scorecard.words.texts import Joined, Name, Part, People, Period, Texts, day, group_name, part

ONE_IN = "one_in"
RARE = 20  # a share below one in so many is said as one in N
YEARS, PERCENT, ALL = "years", "percent", 100


@part
def natural(texts: Texts, row: Row, value: float, pattern: str, places: int) -> Markup:
    """A figure as its headline has it, emphasized: 1 in N, a whole number of 100 or 100,000, dollars or years."""
    if pattern == ONE_IN:
        one_in = (row.denominator or 0.0) / (row.numerator or 1.0)
        written = texts("quantity.one_in", number=number(one_in, 0, texts.locale))
    elif row.unit in DOLLARS:
        written = Cell(value, row.unit)(texts)
    else:
        written = escape(number(value, places, texts.locale))
    return Markup("<strong>{}</strong>").format(written)


def headline(measure: Measure, row: Row, other: Row | None, is_partly_shown: bool, texts: Texts) -> Markup | None:
    """Return the sentence on a group and the one that it is compared with; None where the measure has none for them."""
    pattern, is_rest = measure.about.get("headline_pattern"), row.reference_code == "rest"
    kind = "headline_rest" if is_rest else "headline_shown" if is_partly_shown else "headline"
    text_id, codes = f"{kind}.{measure.measure_id}", [row.race_ethnicity_code, *([] if is_rest else [row.reference_code])]
    if pattern is None or not texts.has(text_id) or not all(texts.has(f"short.{code}") for code in codes):
        return None
    parts: dict[str, Part | str] = {"group": Name("short", row.race_ethnicity_code)}
    value, second = row.value or 0.0, 0.0
    if is_rest:
        if row.rate_ratio is None or row.gap is None:
            return None
        parts |= {"ratio": Times(row.rate_ratio), "gap": natural(row, abs(row.gap), pattern, 0)}
    elif other is None or not other.is_shown:
        return None
    else:
        second = other.value or 0.0
        counts = [(one.numerator or 0.0, one.denominator or 0.0) for one in (row, other)]
        if pattern == ONE_IN and not all(part and whole > RARE * part for part, whole in counts):
            return None
    is_nearly_all = any(round(one) == ALL > one for one in (value, second)) and row.unit == PERCENT
    places = 1 if row.unit == YEARS or min(value, second or value) < 1 or round(value) == round(second) or is_nearly_all else 0
    parts["figure"] = natural(row, value, pattern, places)
    if other is not None and not is_rest:
        parts |= {"from_figure": natural(other, second, pattern, places), "reference": Name("short", row.reference_code or "")}
    return texts(text_id, **parts)


PARTLY_SHOWN = "partly_shown"
OLD = dt.timedelta(days=2 * 366)


def period(row: Row) -> Period:
    """Return the period of a row."""
    return Period(row.period_type, row.period_start, row.period_end)


def group(row: Row | Record) -> Part:
    """Return the name of a row's group; everyone is no group."""
    return group_name("overall" if row.race_ethnicity_code == TOTAL else row.race_ethnicity_code)


def reference(row: Row, texts: Texts) -> Part:
    """Return the name of the group that a row is compared with, as inside a sentence."""
    code = row.reference_code or ""
    return Name("reference_in_sentence", code) if texts.has(f"reference_in_sentence.{code}") else Name("race_ethnicity", code)


def marked(text: Markup, is_hidden: bool, texts: Texts) -> Markup:
    """Return the text, with a mark where a figure in it is hidden in public."""
    mark = Markup(' <span class="hidden-in-public">({})</span>')
    return text + mark.format(texts("page.hidden_in_public")) if is_hidden else text


def is_any_hidden(rows: Iterable[Row]) -> bool:
    """Whether the public file hides a figure of one of the rows."""
    return any(row.is_hidden_in_public for row in rows)


def short_answer(measure: Measure, texts: Texts) -> list[Markup]:
    """Return the summary, and how the figure for everyone has changed."""
    everyone = measure.everyone
    if everyone is None or measure.is_composition:
        only_ranges = [texts("sentence.only_ranges")] if any(row.has_only_a_range for row in measure.featured) else []
        return summary(measure, texts) or only_ranges
    trend = [marked(sentence, everyone.is_hidden_in_public, texts) for sentence in _trend(measure, everyone, texts)]
    return summary(measure, texts) + trend


def summary(measure: Measure, texts: Texts) -> list[Markup]:
    """Return the largest gap of a group that is worse off, then every group by its comparison. Nothing is cut.

    The figure for everyone opens the summary where no gap does, of people or of places, else it ends it.
    """
    everyone = measure.everyone
    own = [row for row in measure.groups if row.is_shown and row.basis != PLACES]
    opening = first_gap(measure, texts) or _stated(measure, own, texts) or _bounded(measure, texts)
    opening += _about_places(measure, [row for row in measure.groups if row.is_shown and row.basis == PLACES], texts)
    sentences = [*opening, *comparisons(own, str(measure.about["favourable_direction"]), texts)]
    if everyone is None:
        return sentences
    if measure.is_composition:
        ordered = sorted(own, key=lambda row: row.value or 0.0)  # the shares that are shown
        parts = ((period(row), group(row), Figure(row.value or 0.0, row.unit)) for row in ordered[-1:])
        largest = [texts("sentence.composition", period=when, group=who, figure=share) for when, who, share in parts]
        return largest + sentences
    about_all = everyone_sentence(everyone, texts)
    return [*sentences, about_all] if opening else [about_all, *sentences]


def worse_off_groups(measure: Measure, texts: Texts) -> list[Markup]:
    """Name all groups that are clearly worse off, where the largest gap is not the only one."""
    return list(_named(f"{measure.worse_word}_worse", measure.worse_off, texts)) if len(measure.worse_off) > 1 else []


def first_gap(measure: Measure, texts: Texts) -> list[Markup] | None:
    """Return the largest gap of a group that is clearly worse off: in its natural unit, then with its place and period."""
    if not measure.worse_off:
        return None
    word, row = measure.worse_word, worst(measure.worse_off, measure)
    other = reference_row(measure, row)
    parts: dict[str, Part | str] = {"period": period(row), "place": row.place, "group": group(row)}
    parts["figure"] = Figure(row.value or 0.0, row.unit)
    is_partly_shown = row.status_reason == PARTLY_SHOWN
    if other is not None and other.is_shown:
        parts |= {"reference": reference(row, texts), "from_figure": Figure(other.value or 0.0, other.unit)}
        own, others = likely_range(row), likely_range(other)
        ranges = {"range": own, "from_range": others} if own and others else {}
        more = f"{'_shown' if is_partly_shown else ''}{'_range' if ranges else ''}"
        sentence = texts(f"sentence.gap_{word}{more}", **parts, **ranges)
    elif row.reference_code == "rest" and row.gap is not None and row.gap_kind == "difference":
        gap = Points(row.gap, row.unit, places=gap_decimals(row.unit, row.value))
        sentence = texts(f"sentence.gap_rest_{word}_points", gap=gap, **parts)
    elif row.reference_code == "rest" and row.rate_ratio is not None:
        sentence = texts(f"sentence.gap_rest_{word}", ratio=Times(row.rate_ratio), **parts)
    else:
        return None
    opening = headline(measure, row, other, is_partly_shown, texts)
    return [marked(said, row.is_hidden_in_public, texts) for said in (opening, sentence) if said]


def worst(worse: Sequence[Row], measure: Measure) -> Row:
    """Return the row with the largest gap: a reference that all share orders the gaps like the figures.

    Everyone else differs by group, so that only ratios compare.
    """
    most = max if measure.worse_word == "higher" else min
    return most(worse, key=lambda row: ((row.rate_ratio if row.reference_code == "rest" else row.value) or 0.0, row.value or 0.0))


def reference_row(measure: Measure, row: Row) -> Row | None:
    """Return the featured row of the group that a row is compared with."""
    code = TOTAL if row.reference_code == "overall" else row.reference_code
    return next((other for other in measure.featured if other.race_ethnicity_code == code), None)


def everyone_sentence(row: Row, texts: Texts) -> Markup:
    """Return the figure for everyone, with its place and its range."""
    parts: dict[str, Part | str] = {"period": period(row), "place": row.place, "figure": Figure(row.value or 0.0, row.unit)}
    range_ = likely_range(row)
    text_id = "sentence.everyone_without_range" if range_ is None else "sentence.everyone"
    return marked(texts(text_id, **parts, **({"range": range_} if range_ else {})), row.is_hidden_in_public, texts)


def likely_range(row: Row) -> Part | None:
    """Return the likely range of a row with a figure; None without one."""
    return Range(row.ci_low, row.ci_high, row.unit) if row.is_shown else None


def old_figures(measure: Measure, data: ReleaseData, texts: Texts) -> Markup | None:
    """Return a warning where the figures end long before the clock of the release, also when no source sends anything new."""
    last, now = max((row.period_end for row in measure.featured), default=None), data.about.get("as_of")
    return texts("sentence.old_figures", period=day(last)) if last and now and now.date() - last > OLD else None


def _stated(measure: Measure, own: Sequence[Row], texts: Texts) -> list[Markup] | None:
    """Return both figures of a gap that no word describes: no range is known, race is shown for too few, or cases are too few."""
    few = [row for row in own if row.compared_reason == "few_events" and (row.gap_low or 0.0) * (row.gap_high or 0.0) > 0]
    without = few + [row for row in own if row.compared_with_reference == "no_range"]
    rows = [row for row in own if row.compared_reason == PARTLY_SHOWN] or without
    if measure.worse_word is None or not rows:
        return None
    row = worst(rows, measure)
    said = headline(measure, row, reference_row(measure, row), row.compared_reason == PARTLY_SHOWN, texts)
    return [marked(said, row.is_hidden_in_public, texts)] if said else None


def _bounded(measure: Measure, texts: Texts) -> list[Markup]:
    """Return the bounds of the groups worst and best off where these are apart; a hidden group is no reference of a row."""
    known = [row for row in measure.groups if row.has_only_a_range and row.basis != PLACES]
    if measure.worse_word is None or not known:
        return []
    ends = max(known, key=lambda one: one.bound_low or 0.0), min(known, key=lambda one: one.bound_high or 0.0)
    row, other = ends if measure.worse_word == "higher" else reversed(ends)
    parts: dict[str, Part | str] = {"group": group(row), "reference": group(other), "period": period(row), "place": row.place}
    for name, one in (("", row), ("from_", other)):
        parts |= {f"{name}low": Cell(one.bound_low or 0.0, one.unit), f"{name}high": Figure(one.bound_high or 0.0, one.unit)}
    said = texts("sentence.bounds_apart", **parts)
    return [marked(said, is_any_hidden((row, other)), texts)] if are_apart(row, other) else []


def are_apart(*rows: Row) -> bool | None:
    """Whether two of the ranges do not overlap, or of the bounds where only these are known; None where one is unknown."""
    ends = [(row.bound_low, row.bound_high) if row.has_only_a_range else (row.ci_low, row.ci_high) for row in rows]
    known = [(low, high) for low, high in ends if low is not None and high is not None]
    return max(low for low, _ in known) > min(high for _, high in known) if len(known) == len(rows) else None


def _about_places(measure: Measure, rows: Sequence[Row], texts: Texts) -> list[Markup]:
    """Return the figures of the places of two large groups, the worse one first, else the span of all.

    Two groups whose ranges overlap are not named: next to each other, their figures would look like a gap.
    """
    if not rows:
        return []
    rows = sorted(rows, key=lambda row: row.value or 0.0, reverse=measure.about["favourable_direction"] == "lower")
    large = [row for row in rows if row.race_ethnicity_code in (measure.about.get("large_groups") or ())]
    first, last = (large or rows)[0], (large or rows)[-1]
    parts = {"residents": People(first.race_ethnicity_code), "figure": Figure(first.value or 0.0, first.unit)}
    if len(rows) == 1:
        known = {"range": range_} if (range_ := likely_range(first)) else {}
        said = texts(f"sentence.where_people_live{'' if known else '_without_range'}", **parts, **known)
    elif len(large) > 1 and measure.about["favourable_direction"] in WORSE and are_apart(first, last) is not False:
        others = {"reference": People(last.race_ethnicity_code), "from_figure": Cell(last.value or 0.0, last.unit)}
        said = texts("sentence.where_people_live_two", **parts, **others)
    else:
        low, high = sorted((rows[0].value or 0.0, rows[-1].value or 0.0))
        text_id = f"sentence.where_people_live_{'unclear' if are_apart(*rows) is False else 'span'}"
        said = texts(text_id, low=Cell(low, rows[0].unit), high=Figure(high, rows[0].unit))
    return [marked(said, is_any_hidden(rows), texts), texts("sentence.where_people_live_note")]


def comparisons(rows: Sequence[Row], direction: str, texts: Texts) -> list[Markup]:
    """Return a sentence per word and reason, those worse off first, each with all of its groups."""
    worse = WORSE.get(direction)
    better = WORSE.get(worse or "")
    order = [(f"{worse}_worse", worse), (f"{better}_better", better)] if worse else [("higher", "higher"), ("lower", "lower")]
    sentences: list[Markup] = []
    for text, word in [*order, *((word, word) for word in ("about_the_same", "cannot_tell", "no_range"))]:
        with_word = [row for row in rows if row.compared_with_reference == word]
        many = [row for row in with_word if row.compared_reason == "many_comparisons"]
        sentences += _named(text, [row for row in with_word if row not in many], texts)
        sentences += _named(f"{text}_many", many, texts)
    uncompared = [row for row in rows if row.compared_with_reference == "not_compared"]
    for reason, without in grouped(uncompared, lambda row: row.compared_reason or "no_reference").items():
        if reason == PARTLY_SHOWN or (reason, without[0].reference_code) == ("reference_hidden", "rest"):
            sentences.append(_partly_shown(rows, without, texts))
        sentences += _named(f"not_compared_{reason}", without, texts)
    return sentences


def _partly_shown(rows: Sequence[Row], without: Sequence[Row], texts: Texts) -> Markup:
    """The figures of the largest group and of the reference, with the limit in the sentence itself."""
    code = without[0].reference_code
    other = next((row for row in rows if row.race_ethnicity_code == code), None)
    row = max(without, key=lambda row: row.denominator or 0.0)
    parts: dict[str, Part | str] = {"group": group(row), "figure": Figure(row.value or 0.0, row.unit)}
    if other is not None:
        parts |= {"reference": reference(row, texts), "from_figure": Figure(other.value or 0.0, other.unit)}
    sentence = texts(f"sentence.partly_shown_figure{'s' if other else ''}", **parts)
    return marked(sentence, is_any_hidden(without), texts)


def _named(text: str, rows: Sequence[Row], texts: Texts) -> Iterable[Markup]:
    if rows:
        groups = Joined(tuple(group(row) for row in rows))
        parts = {"reference": reference(rows[0], texts)} if "not_compared" not in text else {}
        yield marked(texts(f"sentence.groups_{text}", groups=groups, **parts), is_any_hidden(rows), texts)


def _trend(measure: Measure, row: Row, texts: Texts) -> Iterable[Markup]:
    """The change since the first period that compares, where the registry allows one."""
    since = next((period(one) for one in measure.series if one.is_total and one.period_start == row.trend_from), None)
    if since is None or row.trend_word in (None, "cannot_tell", "no_range"):
        return
    parts: dict[str, Part | str] = {"from_period": since, "period": period(row)}
    if row.trend_word == "about_the_same" or row.trend is None or row.value is None:
        yield texts("sentence.trend_everyone_about_the_same", **parts)
    elif row.trend_ci_low is None or row.trend_ci_high is None or row.trend_ci_low == row.trend_ci_high:
        figures = {"from_figure": Figure(row.value - row.trend, row.unit), "figure": Figure(row.value, row.unit)}
        yield texts(f"sentence.trend_everyone_{row.trend_word}", **parts, **figures)
    else:
        low, high = sorted((abs(row.trend_ci_low), abs(row.trend_ci_high)))
        places = gap_decimals(row.unit, row.value, row.value - row.trend)
        change = {"change": Points(row.trend, row.unit, places=places), "range": GapRange(low, high, row.unit, places=places)}
        yield texts(f"sentence.change_{row.trend_word}", **parts, **change)

"""Prepare the front of the report: its gaps in one table, those that have changed, and what the council could ask for.

The measures are those of the home page, and the words are those of the pages; `report` lays them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.pages.gap_chart import ABSOLUTE, COMPARED, change_range, period_of, sizes, trend_parts
from orchestration.scorecard.pages.measure_page import groups_chart
from orchestration.scorecard.pages.page_list import POPULATION, chosen
from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.release_data.row import PLACES
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.measure_notes import by_reason, cautions, excess
from orchestration.scorecard.words.sentences import PARTLY_SHOWN, first_gap, old_figures, period, worse_off_groups, worst
from orchestration.scorecard.words.texts import Joined, Name, Texts, plain

MOST_COLUMNS = 2  # groups next to the one that they are compared with
MOST_IN_PEOPLE = 3
MOST_CHANGES = 7
MOST_NAMES = 4
OPENING = 3  # sentences of the cover
WORDS = ("widened", "narrowed", "cannot_tell")  # of changes, in the order of the table
ASKED = ("not_delivered", "stand_in", "agreement_ended", "not_republished", "not_recorded")  # reasons that the council can end


def front(data: ReleaseData, measures: Sequence[Measure], texts: Texts) -> dict[str, Any]:
    """Return the content of the first pages. `measures`: by name."""
    answered = [measure for measure in measures if measure.is_answered]
    picked = [one for one in chosen(answered) if any(row.basis != PLACES for row in one.groups)]  # an editor may choose
    people = data.measures.get(POPULATION)
    sizes = {row.race_ethnicity_code: row.value or 0.0 for row in people.groups} if people else {}
    large = sorted((people and people.about.get("large_groups")) or (), key=lambda code: -sizes.get(code, 0.0))
    columns = _columns(picked, large)
    opening = [said for one in picked if (said := _opening(one, texts))]
    followed = [gap for measure in answered for gap in measure.gaps if gap.followed]
    changes = _followed(picked, answered, large)
    return {
        "title": texts.plain("page.home_title", place=data.city),
        "opening": opening[:OPENING],
        "none": None if picked else texts("sentence.no_gap_is_clear"),
        "columns": [_short(code, texts) for code in columns],
        "rows": [row for measure in picked if (row := _row(measure, columns, texts)) is not None],
        "table_note": texts("sentence.report_table"),
        "people": _in_people([*picked, *answered], texts),
        "people_note": texts("sentence.excess_meaning"),
        "changes": [_change(*one, texts) for one in changes],
        "changes_care": _care(changes, texts),
        "no_changes": texts(f"sentence.{'changes_selected' if followed else 'no_gap_followed'}"),
        "changes_note": Markup("{} {}").format(texts("sentence.gap_absolute_minus"), texts("sentence.changes_selected")),
        "asked": [
            {"reason": texts(f"availability.{code}"), "measures": _names(found, texts)}
            for code, found in by_reason(measures)
            if code in ASKED
        ],
        "asked_note": texts("sentence.could_ask"),
        "care": list(_with_care(data, picked, texts)),
        "words": {
            name: texts(f"page.{name}")
            for name in (
                "measure", "gap", "in_people", "goals_and_changes", "gaps_changed", "gap_before", "gap_now", "change_and_range",
                "could_ask", "read_with_care", "use_with_care",
            )
        },
    }  # fmt: skip


def _opening(measure: Measure, texts: Texts) -> Markup:
    """The largest gap, after its place and period if its sentence leaves them to another one, and all groups worse off."""
    said = first_gap(measure, texts) or []
    where = Markup("{}, {}").format(measure.featured[0].place, period(measure.featured[0])(texts))
    first = [texts("page.named_figure", name=where, figure=said[0])] if len(said) > 1 else said[:1]
    return Markup(" ").join(first and [*first, *worse_off_groups(measure, texts)])


def _columns(picked: Iterable[Measure], large: Sequence[str]) -> list[str]:
    """The groups of the table: the largest ones with a figure, and the one that most gaps are from, the last."""
    shown = [row for measure in picked for row in measure.groups if row.is_shown and row.basis != PLACES]
    references = Counter(row.reference_code for row in shown if row.compared_with_reference and row.reference_code)
    reference = next((code for code, _ in references.most_common() if code not in ("rest", "overall")), None)
    order = {row.race_ethnicity_code: row.group_order for row in shown}
    known = large or [code for code, _ in Counter(row.race_ethnicity_code for row in shown).most_common()]
    groups = sorted([code for code in known if code in order and code != reference][:MOST_COLUMNS], key=lambda code: order[code])
    return [*groups, reference] if reference else groups


def _row(measure: Measure, columns: Sequence[str], texts: Texts) -> dict[str, Any] | None:
    """A gap: figures and marks of the groups of the table, and the words of each group that is worse off, the worst first."""
    chart = groups_chart(measure, texts)
    if chart is None:
        return None
    lines = {line.row.race_ethnicity_code: line for line in chart.rows}
    worse = _worse_off(measure, chart)
    first = worse[0] if worse else None
    gaps = [_gap(line, columns, texts) for line in worse]
    place = measure.featured[0].place
    listed = [lines[code] for code in columns if code in lines]
    figures = Markup("; ").join(named_figure(line.label, line.figure, line.interval, texts) for line in listed if line.figure)
    name = texts(f"measure.{measure.measure_id}")
    alt = texts("page.chart_alt", measure=name, place=place, period=chart.period, figures=figures)
    is_drawn = first and first.row.race_ethnicity_code in columns and first.row.compared_with_reference in COMPARED
    other = lines.get(first.row.reference_code or "") if first else None
    return {
        "measure_id": measure.measure_id,
        "name": name,
        "about": Markup("{}, {}").format(place, chart.period),
        "cells": [{name: (lines.get(code) or {}).get(name) for name in ("figure", "interval", "status")} for code in columns],
        "marks": [
            [line.dot.x, line.dot.low, line.dot.high, columns.index(line.row.race_ethnicity_code)]
            for line in listed
            if line.dot and line.dot.x is not None
        ],
        "gap_line": [first.dot.x, other.dot.x] if is_drawn and first and first.dot and other and other.dot else None,
        **(gaps[0] if gaps else dict.fromkeys(("group", "gap", "gap_size"), Markup())),
        "others": gaps[1:],
        "alt": plain(alt),
    }


def _gap(line: Record, columns: Sequence[str], texts: Texts) -> dict[str, Markup]:
    """The group that a gap is of, with its figure where the table has no column for it, and the words of the gap."""
    code = line.row.race_ethnicity_code
    name, (words, _, size) = _short(code, texts), line.compared.partition("<br>")
    group = name if code in columns or line.figure is None else named_figure(name, line.figure, None, texts)
    return {"group": group, "gap": Markup(words), "gap_size": Markup(size)}  # noqa: S704 - parts of a text that is escaped


def named_figure(name: Markup, figure: Markup, range_: Markup | None, texts: Texts) -> Markup:
    """Return a figure after its name, with its range if it has one."""
    if range_ is None:
        return texts("page.named_figure", name=name, figure=figure)
    return texts("page.named_figure_range", name=name, figure=figure, range=range_)


def _worse_off(measure: Measure, chart: Record) -> list[Record]:
    """The lines of groups that are clearly worse off, the worst first; without such a group that of the worst figure."""
    lines = {line.row: line for line in chart.rows if not line.is_total and line.compared}
    if measure.worse_word is None or not lines:
        return []
    first = worst(measure.worse_off or [*lines], measure)
    return [lines[row] for row in dict.fromkeys([first, *measure.worse_off])]


def _short(code: str, texts: Texts) -> Markup:
    """The short name of a group at the beginning of a cell."""
    name = texts(f"short.{code}" if texts.has(f"short.{code}") else f"race_ethnicity.{code}")
    return name if name.startswith("<") else name[:1].upper() + name[1:]


def _in_people(measures: Iterable[Measure], texts: Texts) -> list[Markup]:
    """The largest gap of each of the first measures that have one in people."""
    counted = {one.measure_id: found.sentences[0] for one in measures if (found := excess(one, texts)) and found.sentences}
    first = list(counted.items())[:MOST_IN_PEOPLE]
    return [texts("page.named_figure", name=texts(f"measure.{code}"), figure=said.sentence) for code, said in first]


def _followed(
    picked: Sequence[Measure], answered: Sequence[Measure], large: Sequence[str]
) -> list[tuple[Measure, Record, Record]]:
    """The changes of differences that the table shows: clear ones first, then those of the gaps in the report."""
    order = {measure.measure_id: number for number, measure in enumerate(picked)}
    found = [
        (measure, gap, trend)
        for measure in answered
        for gap in measure.gaps
        for trend in gap.trends
        if gap.followed and trend.scale == ABSOLUTE and trend.word in WORDS
    ]
    found.sort(
        key=lambda one: (
            WORDS.index(one[2].word), order.get(one[0].measure_id, len(order)), one[0].measure_id,
            [*large, one[1].race_ethnicity_code].index(one[1].race_ethnicity_code), one[1].group_order,
        )
    )  # fmt: skip
    # of changes whose direction is unknown, that of the largest group
    first = {one[0].measure_id: one for one in reversed(found)}
    return [one for one in found if one[2].word != "cannot_tell" or one is first[one[0].measure_id]][:MOST_CHANGES]


def _change(measure: Measure, gap: Record, trend: Record, texts: Texts) -> dict[str, Any]:
    unit, parts = str(measure.about["unit"]), trend_parts(gap, trend)
    of = texts("page.gap_of", group=parts["group"], reference=parts["reference"])
    others = {one.word for one in gap.trends if gap.basis != PLACES} & {*WORDS} - {trend.word}
    ratio = [texts("page.named_figure", name=texts("page.as_ratio"), figure=texts(f"gap_word.{word}")) for word in others]
    return {
        "name": texts(f"measure.{measure.measure_id}"),
        "about": Markup("{}: {}, {}").format(of, parts["from_period"](texts), parts["period"](texts)),
        **{name: size(texts) for name, size in sizes(gap, trend, unit).items()},
        "word": texts(f"gap_word.{trend.word_reason or trend.word}"),
        "care": bool(_care([(measure, gap, trend)], texts)),
        "range": Markup(". ").join([change_range(gap, trend, unit)(texts), *ratio]),
    }


def _care(changes: Iterable[tuple[Measure, Record, Record]], texts: Texts) -> tuple[Markup, ...]:
    """Why figures at both ends of the changes are to be used with care."""
    ends = [
        (one, texts("page.named_figure", name=Name("measure", measure.measure_id), figure=period_of(gap, one)))
        for measure, gap, trend in changes
        for one in gap.periods
        if one.period_start in (trend.first_period, trend.last_period)
    ]
    return cautions(ends, texts)


def _with_care(data: ReleaseData, picked: Sequence[Measure], texts: Texts) -> Iterator[Markup]:
    """What the gaps do not say: whose they are, which records they lack, and how old they are."""
    for place, found in grouped(picked, lambda measure: measure.featured[0].place).items():
        if place != data.city:
            yield texts("sentence.care_place", place=place, measures=_names(found, texts))
    partly = [one for one in picked if any(PARTLY_SHOWN in (row.compared_reason, row.status_reason) for row in one.groups)]
    if partly:
        yield texts("sentence.care_partly_shown", measures=_names(partly, texts))
    for said, found in grouped(picked, lambda measure: old_figures(measure, data, texts)).items():
        if said is not None:
            yield texts("page.named_figure", name=_names(found, texts), figure=said)


def _names(measures: Sequence[Measure], texts: Texts) -> Markup:
    names = Joined(tuple(Name("measure", measure.measure_id) for measure in measures[:MOST_NAMES]))(texts)
    more = len(measures) - MOST_NAMES
    return texts("page.and_more", names=names, count=Count(more)) if more > 0 else names

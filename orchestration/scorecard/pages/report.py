"""Write the quarterly report to the Common Council as a tagged PDF (PDF/UA-1), from the same rows and sentences as the site.

`report_content` prepares what `templates/report.typ` lays out: the front (`report_gaps`), goals, changes, a page per policy area
with figures, and methods. Every figure has an alternative text. The date of the document is that of the release, so that a
release gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.pages.measure_page import groups_chart, lines
from orchestration.scorecard.pages.page_list import by_name, entry, goal
from orchestration.scorecard.pages.report_gaps import front, named_figure
from orchestration.scorecard.release_data.changes import Changes
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.release_data.row import PLACES
from orchestration.scorecard.words.change_texts import MOST_PERIODS, corrections, goal_changes
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.measure_notes import break_sentences, by_reason
from orchestration.scorecard.words.sentences import period
from orchestration.scorecard.words.texts import Name, Texts, day, in_runs, plain

TEMPLATE = Path(__file__).parents[1] / "templates" / "report.typ"
REPORT = "report.pdf"
MOST_MEASURES = 8  # of a policy area; the layout shows those that fit a page
MOST_CHANGES = 25  # that the report lists; the page of corrections has all
SQUARE = "\u25a1"
MOST_UNKNOWN = 200  # letters that the fonts lack; typst names one per attempt
_NO_LETTER = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")  # how typst writes a letter that does not print


class FontMissing(LookupError):
    """A font that a language needs and that is not installed."""

    def __init__(self, font: str, language: str) -> None:
        super().__init__(
            f"the font {font} of {language} is not installed; install it (Debian: fonts-noto-core, fonts-noto-cjk), or name "
            "another one in seeds/rows/languages.csv of the city's layer"
        )


def write_report(data: ReleaseData, texts: Texts, changes: Changes | None, label: str | None) -> bytes:
    """Return the report in one language. A letter that the fonts lack appears as a square: the figures matter more than it.

    The fonts are those inside typst, so that every machine makes the same bytes, and that of the language if it names one.
    Raise `FontMissing` if that one is not installed.
    """
    fonts = _fonts(texts.written.font, texts.written.code)
    content = json.dumps(report_content(data, texts, changes, label), ensure_ascii=False)
    unknown: set[str] = set()
    while True:
        try:
            known = content.translate(dict.fromkeys(map(ord, unknown), SQUARE))
            return _compile(known, data.about["created_at"], fonts)
        except RuntimeError as error:
            named = _NO_LETTER.search(str(error))
            letters = set(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), named[1])) - {"\\"} if named else set()
            if letters <= unknown or len(unknown) >= MOST_UNKNOWN:  # JSON escapes control characters
                raise
            unknown |= letters


def _compile(content: str, created: dt.datetime, fonts: Any) -> bytes:
    import typst  # noqa: PLC0415 - 84 MB, which no other command needs

    made: bytes = typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        pdf_standards="ua-1",
        font_paths=fonts,
        timestamp=created.replace(tzinfo=dt.UTC),
        sys_inputs={"content": content},
    )
    return made


@cache
def _fonts(named: str, language: str) -> Any:
    """The fonts inside typst, and those of this machine if the language names one."""
    import typst  # noqa: PLC0415 - 84 MB, which no other command needs

    fonts = typst.Fonts(include_system_fonts=bool(named))
    if named and named not in fonts.families():
        raise FontMissing(named, language)
    return fonts


def report_content(data: ReleaseData, texts: Texts, changes: Changes | None, label: str | None) -> dict[str, Any]:
    """Return everything that the report shows, each text as runs of words and whether they are English on a page that is not."""
    texts.start_page()
    released = day(data.about["created_at"].date())
    goals = [one for row in data.goals if (one := goal(row, texts))["is_adopted"] or one["is_example"]]
    measures = by_name(list(data.measures.values()), texts)
    content: dict[str, Any] = {
        "language": texts.tag,
        "direction": texts.direction,
        "font": [texts.written.font] if texts.written.font else [],
        "title": texts.plain("page.report"),
        "site": texts.plain("page.title"),
        "city": data.city,
        "date": data.about["created_at"].date().isoformat(),
        "edition": texts("page.edition_label", label=label) if label else None,
        "released": texts("sentence.from_release", release=data.about["release_id"], date=released),
        "intro": texts("sentence.report_intro"),
        "words": {name: texts(f"page.{name}") for name in ("goals", "changes", "methods", "source", "why")},
        "goal_rule": texts("sentence.goal_rule" if goals else "sentence.no_goal_adopted"),
        "goals": [_goal(one, texts) for one in goals],
        "front": front(data, measures, texts),
        "changes": _changes(changes, data, texts),
        "areas": [
            _area(area, data, texts)
            for area in data.areas
            if any(one.is_answered and one.policy_area == area for one in measures)
        ],
        "methods": [
            {"heading": texts(f"page.{heading}"), "text": [texts(f"sentence.{name}") for name in sentences]}
            for heading, sentences in (
                ("uncertainty", ("range_meaning", "clear_difference", "same_margin")),
                ("protection", ("protection",)),
                *([("places", ("where_people_live_marked",))] if any(one.is_about_places for one in measures) else []),
                ("corrections", ("corrections",)),
            )
        ],
    }
    content["notice"] = notice(texts)
    written: dict[str, Any] = in_runs(content)
    return written


def notice(texts: Texts) -> list[Markup]:
    """Return the sentences about texts that no speaker has reviewed, and about texts in English, since `start_page`."""
    english = len(texts.untranslated)
    sentences = [texts("sentence.machine_translation")] if texts.has_unreviewed else []
    return [*sentences, texts("sentence.untranslated", count=Count(english))] if english else sentences


def _goal(one: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    names = {
        "baseline": texts("page.start"),
        "value": Markup("{} ({})").format(texts("page.now"), one["period"]),
        "expected_value": texts("page.expected"),
        "target": texts("page.target_by", date=one["due"]) if one["due"] else texts("page.the_goal"),
    }
    figures = [
        {"part": part, "name": name, "figure": figure, "range": one["range"] if part == "value" else None}
        for part, name in names.items()
        if (figure := one["figures"].get(part)) is not None
    ]
    described = Markup("; ").join(named_figure(each["name"], each["figure"], each["range"], texts) for each in figures)
    others = [(target["until"], target["figure"]) for target in one["earlier_targets"]]
    others += [(texts("page.gap_now" if part == "gap" else "page.gap_start"), figure) for part, figure in one["gap"].items()]
    figures += [{"part": "", "name": name, "figure": figure, "range": None} for name, figure in others]
    title = texts(f"goal.{one['goal_id']}")
    sentences = [texts(f"sentence.goal_{one['sentence']}"), texts("sentence.goal_owner", owner=one["owner"])]
    sentences += [target["why"] for target in one["earlier_targets"]]
    return {
        "goal_id": one["goal_id"],
        "title": title,
        "status": one["status"],
        "status_text": texts(f"goal_status.{one['status']}"),
        "adopted": one["adopted"],
        "figures": figures,
        "marks": dict(one["marks"]) if "value" in one["marks"] else None,
        "alt": plain(Markup("{}. {}.").format(title, described)),
        "sentences": sentences,
    }


def _changes(changes: Changes | None, data: ReleaseData, texts: Texts) -> dict[str, Any]:
    if changes is None:
        return {"lead": [texts("sentence.no_earlier_edition")], "measures": [], "goals": []}
    found = corrections(changes, by_name(list(data.measures.values()), texts), data, texts)
    found.sort(key=lambda one: not one.is_correction)  # what changed before what is new
    lead = [texts("sentence.compared_with_edition", label=changes.label)]
    lead += [] if found else [texts("sentence.nothing_changed")]
    counted = (("questions_corrected", True), ("questions_with_new", False))
    lead += [
        texts("page.named_figure", name=texts(f"page.{name}"), figure=Count(sum(one.is_correction == is_ for one in found)))
        for name, is_ in counted
        if found
    ]
    return {
        "lead": lead,
        "measures": [
            {
                "name": texts(f"measure.{one.measure.measure_id}"),
                "counts": [texts("page.named_figure", name=name, figure=count) for name, count in one.counts],
                "periods": texts("page.named_figure", name=texts("page.new_periods"), figure=one.new_periods)
                if one.new_periods
                else None,
                "figures": [
                    Markup("{}, {}: {} → {}").format(line.group, line.period, line.before, line.now)
                    for line in one.figures[:MOST_PERIODS]
                ],
                "reasons": one.reasons,
            }
            for one in found[:MOST_CHANGES]
        ],
        "goals": [{"title": texts(f"goal.{one['goal_id']}"), "text": one["text"]} for one in goal_changes(changes, data, texts)],
    }


def _area(area: str, data: ReleaseData, texts: Texts) -> dict[str, Any]:
    """Return the page of a policy area: a chart, and sentences of a few measures, those by people's own race first."""
    inside = [measure for measure in data.measures.values() if measure.policy_area == area]
    answered = sorted((measure for measure in inside if measure.is_answered), key=_importance)
    charted = next((measure for measure in answered if measure.has_groups), None)
    chart = _chart(charted, texts) if charted else None
    explained = charted if chart and chart["trend"] else None
    entries = [shown for measure in answered if (shown := _entry(measure, texts, measure is explained))["sentences"]]
    return {
        "area": area,
        "title": texts(f"policy_area.{area}"),
        "lead": [texts("sentence.area_answered", total=Count(len(inside)), answered=Count(len(answered)))],
        "chart": chart,
        "missing": [
            Markup("{} ({})").format(texts(f"availability.{code}"), Count(len(found))(texts))
            for code, found in by_reason(measure for measure in inside if not measure.is_answered)
        ],
        "entries": entries[:MOST_MEASURES],
        # by the number of measures that fit the page
        "more": [
            texts("sentence.report_more", count=Count(more)) if (more := len(answered) - shown) else None
            for shown in range(len(entries[:MOST_MEASURES]) + 1)
        ],
    }


def _importance(measure: Measure) -> tuple[Any, ...]:
    """Figures of groups of people first, rates before counts, then the newest."""
    bases = {row.basis for row in measure.groups if row.is_shown}
    newest = max((row.period_end.toordinal() for row in measure.featured), default=0)
    is_count = str(measure.about["unit"]) in ("count", "usd")
    return (not bases - {PLACES}, measure.is_composition, is_count, not measure.featured, -newest, measure.measure_id)


def _entry(measure: Measure, texts: Texts, is_explained: bool) -> dict[str, Any]:
    """Return a measure in words. `is_explained`: its chart says where the series breaks."""
    about = measure.about
    shown = entry(measure, texts)
    first = next((row for row in (*measure.featured, *measure.districts) if row.is_shown), None)
    when = Markup("{}, {}.").format(first.place, period(first)(texts)) if first and measure.featured else Markup()
    named = [texts.marked_english(about[name]) for name in ("source_title", "licence_attribution") if about[name]]
    return {
        "measure_id": measure.measure_id,
        "name": texts(f"measure.{measure.measure_id}"),
        "question": texts(f"measure_question.{measure.measure_id}"),
        "sentences": [*shown["sentences"], *([] if is_explained else break_sentences(measure, texts))],
        "about": when,
        "source": Markup(". ").join(part.rstrip(".") for part in named),
    }


def _chart(measure: Measure, texts: Texts) -> dict[str, Any] | None:
    chart = groups_chart(measure, texts)
    if chart is None:
        return None
    place = measure.featured[0].place
    name = texts(f"measure.{measure.measure_id}")
    described = Markup("; ").join(
        named_figure(line.label, line.figure or line.status or Markup(), line.interval, texts) for line in chart.rows
    )
    has_room = not chart.ticks or len(chart.ticks[-1][1]) <= 5  # for every number of the scale, else for both ends
    return {
        "caption": Markup("{}. {}").format(name, texts("page.by_group_caption", period=chart.period, place=place)),
        "heading": texts("page.figure_unit", unit=Name("unit", chart.unit)),
        "note": texts("sentence.where_people_live_note") if {row.basis for row in measure.groups} & {PLACES} else None,
        "cautions": chart.cautions,
        "ticks": [(x, plain(tick)) for x, tick in (chart.ticks if has_room else (chart.ticks[0], chart.ticks[-1]))],
        "rows": [{**line, "row": None, "status_code": line.row.status_code} for line in chart.rows],
        "alt": plain(texts("page.chart_alt", measure=name, place=place, period=chart.period, figures=described)),
        "trend": _trend(measure, texts),
    }


def _trend(measure: Measure, texts: Texts) -> dict[str, Any] | None:
    """Return the line for everyone where the series breaks, with a mark and the reason."""
    line, _ = lines(measure, texts)
    if line is None or not line.breaks:
        return None
    points = line.trend.points
    caption = Markup("{}: {}. {}").format(texts(f"measure.{measure.measure_id}"), line.label, texts("page.over_time"))
    named = [texts("page.named_figure", name=one.label, figure=one.figure or one.status) for one in line.rows]
    for _, after, date in reversed(line.breaks):
        named.insert(after, texts("page.named_figure", name=texts("page.series_break"), figure=date))
    return {
        "caption": caption,
        "alt": plain(Markup("{}: {}.").format(caption, Markup("; ").join(named))),
        "labels": [(y, plain(label)) for y, label in line.labels],
        "points": [(point.x, point.y) for point in points],
        "joins": [(before.x, before.y, point.x, point.y) for before, point in pairwise(points) if point.follows],
        "breaks": [
            (x, plain(texts("page.named_figure", name=texts("page.series_break"), figure=date))) for x, _, date in line.breaks
        ],
        "ends": line.ends,
        "why": break_sentences(measure, texts),
    }

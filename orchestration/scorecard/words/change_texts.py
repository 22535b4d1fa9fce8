"""Put the changes since an edition into words: for the page of corrections, for that of a measure, and for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.release_data.changes import Cause, Changes
from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.figures import Cell, Count
from orchestration.scorecard.words.sentences import group
from orchestration.scorecard.words.texts import Joined, Name, Period, Texts, day

MOST_PERIODS = 3  # that a list names
MOST_FIGURES = 30  # revised figures that the page of a measure lists, the newest first
NO_LONGER = {"hidden_at_source": "withdrawn_figures", "hidden": "hidden_figures", "not_shown": "no_longer_shown"}


def corrections(changes: Changes, measures: Iterable[Measure], data: ReleaseData, texts: Texts) -> list[Record]:
    """Return the changed measures in words: kinds with numbers, and revised figures with period, group, before and now."""
    found = []
    for measure in (measure for measure in measures if measure.measure_id in changes.measures):
        one = changes.measures[measure.measure_id]
        counts = {"revised_figures": one.revised} | {text: one.no_longer.get(reason, 0) for reason, text in NO_LONGER.items()}
        counts["new_figures"] = one.added
        shown = tuple((texts(f"page.{name}"), Count(count)(texts)) for name, count in counts.items() if count)
        reasons = [texts("sentence.measure_redefined")] if one.is_redefined else []
        reasons += [cause(each, data, texts) for each in one.causes]
        periods = _periods([Period(**period) for period in one.new_periods], texts)
        figures = revised_figures(one.figures, texts)
        found.append(Record(one, measure=measure, counts=shown, new_periods=periods, reasons=reasons, figures=figures))
    return found


def revised_figures(figures: Iterable[Record], texts: Texts) -> list[Record]:
    """Return figures in words with what they were before; a change below the last digit is not listed."""
    lines = []
    for figure in figures:
        before, now = (Cell(value, figure.unit)(texts) for value in (figure.before, figure.now))
        if before != now:
            period = Period(figure.period_type, figure.period_start, figure.period_end)(texts)
            lines.append(Record(figure, period=period, group=group(figure)(texts), before=before, now=now))
    return lines[:MOST_FIGURES]


def cause(one: Cause, data: ReleaseData, texts: Texts) -> Markup:
    """Return the sentence of a cause; sources are named by their titles, which are in English."""
    named = [source for source in data.sources if source["source"] in one.sources and source["title"]]
    if one.kind == "records" and named:
        if all(source["agreement_status"] in ("ended", "removed") for source in named):
            return texts("availability.agreement_ended")
        return texts("sentence.cause_records_of", sources=Joined([texts.marked_english(source["title"]) for source in named]))
    return texts(f"sentence.cause_{one.kind}")


def said_corrections(data: ReleaseData, texts: Texts) -> list[Record]:
    """Return what the office has said of its editions, the newest first."""
    return [Record(one, measure=data.measures.get(one["measure_id"]), text=in_words(one, texts)) for one in data.said_corrections]


def in_words(correction: Mapping[str, Any], texts: Texts) -> Markup:
    """Return a correction by the office as a sentence: when, how severe, and its own words, which are in English."""
    label = texts(f"page.correction_{correction['severity']}", date=day(correction["at"].date()))
    said = [texts.marked_english(correction[name]) for name in ("what", "why") if correction[name]]
    return Markup("<b>{}</b> {}").format(label, Markup(" ").join(said))


def goal_changes(changes: Changes, data: ReleaseData, texts: Texts) -> list[Mapping[str, Any]]:
    """Return each goal with another status, in words."""
    known = {row["goal_id"] for row in data.goals}
    found: list[Mapping[str, Any]] = []
    for goal_id, statuses in changes.goals.items():
        if goal_id in known:
            named = zip(("before", "status"), statuses, strict=True)
            parts = {name: Name("goal_status", status) for name, status in named if status is not None}
            text_id = "goal_changed" if "before" in parts else "goal_first_status"
            found.append({"goal_id": goal_id, "text": texts(f"sentence.{text_id}", **parts)})
    return found


def _periods(periods: Sequence[Period], texts: Texts) -> Markup | None:
    """Name the newest periods first, and count the others."""
    if not periods:
        return None
    newest = Joined(tuple(reversed(periods[-MOST_PERIODS:])))(texts)
    more = len(periods) - MOST_PERIODS
    return texts("page.more_periods", periods=newest, count=Count(more)) if more > 0 else newest

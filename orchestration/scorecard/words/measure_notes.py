"""Say what the page of a measure has besides figures.

Breaks of its series and redrawn maps, why figures are to be used with care, reasons without an answer, population, license, and
how many people a gap is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from operator import itemgetter

from markupsafe import Markup

from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.read_release import Measure
from orchestration.scorecard.release_data.row import PLACES, Row
from orchestration.scorecard.words.figures import Count, Ends
from orchestration.scorecard.words.sentences import group, marked, period
from orchestration.scorecard.words.texts import Joined, Name, Part, People, Texts, day


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


def later(measure: Measure, texts: Texts, row: Row | None = None) -> list[Markup]:
    """Name the newer periods than that of a page, or of a place's `row`, that have records and no figure."""
    place = (row.period_type, row.geography_type, row.geoid) if row else (None, None, None)
    found = (one for one in measure.later if (one.period_type, one.geography_type, one.geoid) == place)
    return [texts(f"sentence.later_{one.status_code}", periods=Joined([*map(period, one.periods)])) for one in found]


CAUTION = "use_with_caution"


def caution_mark(row: Row | Record, texts: Texts) -> Markup | None:
    """Return the mark next to a figure; None where the figure is reliable."""
    return texts("page.use_with_care") if row.is_shown and row.reliability == CAUTION else None


def caution(row: Row | Record, texts: Texts) -> Markup:
    """Return why a figure is to be used with care."""
    return texts(text_id if texts.has(text_id := f"caution.{row.status_reason}") else "caution.other")


def cautions(labelled: Iterable[tuple[Row | Record, Markup]], texts: Texts) -> tuple[Markup, ...]:
    """Return a sentence per reason, with the labels of its rows, each once."""
    with_care = [(caution(row, texts), label) for row, label in labelled if caution_mark(row, texts) is not None]
    return tuple(
        texts("page.caution_note", mark=texts("page.use_with_care"), names=Joined([label for _, label in found]), why=why)
        for why, found in grouped(dict.fromkeys(with_care), itemgetter(0)).items()
    )


SHOWN, NO_OWN_RACE, NO_RECORDS, ONLY_PARTS = "shown", "no_own_race", "no_records", "only_parts"
# The order of the page; `availability.*` are their texts.
ORDER = ("not_delivered", "other_places", "stand_in", "agreement_ended", "not_republished", "not_planned", "retired",
    "not_recorded", "not_observable", "contradicted", "incomplete", NO_RECORDS, "hidden_at_source", "hidden",
    "too_few", "by_topic", ONLY_PARTS, NO_OWN_RACE)  # fmt: skip


def reason(measure: Measure) -> str | None:
    """Return why a measure has no figure, or none by people's own race; None where it has both."""
    availability = str(measure.about["availability"])
    if availability != SHOWN:
        return availability
    if not measure.is_answered:
        return NO_RECORDS  # its figures are of smaller places, such as schools
    if measure.about["has_figures_by_race"] or any(row.has_only_a_range for row in measure.groups):
        return None
    codes = {row.status_code for row in measure.groups}
    if measure.everyone is not None and codes & {"hidden", "hidden_at_source"} and "too_few" not in codes:
        return "hidden_by_race"
    return NO_OWN_RACE if measure.everyone is not None else ONLY_PARTS


def by_reason(measures: Iterable[Measure]) -> list[tuple[str, list[Measure]]]:
    """Return the measures of each reason, in the order of the page; a reason that is new comes before the last one."""
    found = [(code, of_reason) for code, of_reason in grouped(measures, reason).items() if code is not None]
    return sorted(found, key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER) - 1.5)


def population(measure: Measure, texts: Texts) -> Markup | None:
    """Say which people of which day a rate is divided by."""
    rows = measure.groups if measure.is_about_places else measure.featured  # those of the table
    row = next((row for row in rows if row.is_shown and row.population_scheme is not None), None)
    if row is None or not texts.has(f"population_scheme.{row.population_scheme}"):
        return None
    people = Name("population_scheme", row.population_scheme or "")
    # the name of some people has their day
    if row.population_on is None or str(row.population_on.year) in people(texts):
        return texts("sentence.population", people=people)
    return texts("sentence.population_on", people=people, date=day(row.population_on))


def licence(measure: Measure, texts: Texts) -> list[Markup]:
    """Return the license of the figures and what it asks of who shows them elsewhere."""
    about = measure.about
    code = about["licence_id"]
    if code in (None, "not_stated"):
        of_city = "own" if about.get("source_is_of_city") else "unknown"
        return [texts(f"page.licence_{'not_stated' if code else of_city}")]
    found = [texts.marked_english(str(code))]
    if about["licence_share_alike"]:
        found.append(texts("sentence.licence_share_alike"))
    if about["licence_commercial"] is False:
        found.append(texts("sentence.licence_not_commercial"))
    return found


CLEAR = ("higher", "lower")
WITH_WORD = ("about_the_same", "cannot_tell")
COUNTED = ("percent", "per_100", "per_1000", "per_100000")  # units of which a gap is a number of people


def excess(measure: Measure, texts: Texts) -> Record | None:
    """Return the gaps of a page in people; None where it compares no groups."""
    compared = [row for row in measure.groups if row.is_shown and row.compared_with_reference is not None]
    counted = sorted((row for row in compared if row.excess is not None), key=lambda row: -abs(row.excess or 0.0))
    if counted:
        said = [Record(key=row.key, sentence=_sentence(row, measure, texts)) for row in counted]
        left_out = [row for row in compared if row.compared_with_reference in CLEAR and row.excess is None]
        named = None
        if left_out:
            why = texts(f"sentence.no_excess_{_reason(measure.groups, left_out)}")
            named = texts("page.named_figure", name=Joined([*map(group, left_out)]), figure=why)
        return Record(sentences=said, left_out=named, reason=None)
    if not any(row.is_shown and (row.compared_with_reference is not None or row.basis == PLACES) for row in measure.groups):
        return None
    return Record(sentences=[], reason=texts(f"sentence.no_excess_{_reason(measure.groups, compared)}"))


def _sentence(row: Row, measure: Measure, texts: Texts) -> Markup:
    """How many fewer or more there would be with the rate of the group compared with, per year or of a survey."""
    is_survey = bool(measure.about["is_estimate"])
    low, high = sorted(abs(value or 0.0) for value in (row.excess_low, row.excess_high))
    named = (("group", row.race_ethnicity_code), ("reference", row.reference_code or ""))
    parts: dict[str, Part | str] = {"period": period(row), **{name: People(code, row.measure_id) for name, code in named}}
    # a survey knows hundreds of people; tens where both ends are the same hundred, or one of them would be none
    step = next((step for step in (100, 10) if is_survey and 0 < round(low / step) < round(high / step)), 1)
    count, first, last = (Count(round(number / step) * step) for number in (abs(row.excess or 0.0), low, high))
    parts |= {"count": count, "range": Ends(first, last)}
    word = "fewer" if (row.excess or 0.0) > 0 else "more"
    return marked(texts(f"sentence.excess_{word}{'' if is_survey else '_a_year'}", **parts), row.is_hidden_in_public, texts)


def _reason(groups: Iterable[Row], compared: Sequence[Row]) -> str:
    if any(row.is_shown and row.basis == PLACES for row in groups):
        return "places"
    clear = [row for row in compared if row.compared_with_reference in CLEAR]
    if not clear:
        if any(row.compared_reason == "few_events" for row in compared):
            return "few_events"
        return "no_clear_gap" if any(row.compared_with_reference in WITH_WORD for row in compared) else "not_compared"
    if any(row.unit not in COUNTED for row in clear):
        return "not_counted"
    if all(row.denominator is None for row in clear):
        return "no_people"
    return "no_range" if all(row.gap_low is None for row in clear) else "not_persons"

"""Say how many people a gap is, where the scorecard counts it, or in one sentence why no number of people is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.scorecard.release_data.read_release import Measure, Row
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.gap_words import Ends
from orchestration.scorecard.words.sentences import PLACES, marked, period
from orchestration.scorecard.words.texts import Name, Part, Texts

CLEAR = ("higher", "lower")
WITH_WORD = ("about_the_same", "cannot_tell")
COUNTED = ("percent", "per_100", "per_1000", "per_100000")  # units of which a gap is a number of people
HUNDREDS = 100


@dataclass(frozen=True)
class ExcessSentence:
    """The gap of one group in people, and the key of its row."""

    key: str
    sentence: Markup


@dataclass(frozen=True)
class Excess:
    """What the page has of a gap in people: sentences, or the reason why there are none."""

    sentences: tuple[ExcessSentence, ...]
    reason: Markup | None


def excess(measure: Measure, texts: Texts) -> Excess | None:
    """Return the gaps of a page in people; None where it compares no groups."""
    compared = [row for row in measure.groups if row.is_shown and row.compared_with_reference is not None]
    counted = sorted((row for row in compared if row.excess is not None), key=lambda row: -abs(row.excess or 0.0))
    if counted:
        return Excess(tuple(ExcessSentence(row.key, _sentence(row, measure, texts)) for row in counted), None)
    if not any(row.is_shown and (row.compared_with_reference is not None or row.basis == PLACES) for row in measure.groups):
        return None
    return Excess((), texts(f"sentence.no_excess_{_reason(measure.groups, compared)}"))


def _sentence(row: Row, measure: Measure, texts: Texts) -> Markup:
    """How many fewer or more there would be with the rate of the group compared with, per year or of a survey."""
    is_survey = bool(measure.about["is_estimate"])
    low, high = sorted(abs(value or 0.0) for value in (row.excess_low, row.excess_high))
    parts: dict[str, Part | str] = {"period": period(row)}
    for name, code in (("group", row.race_ethnicity_code), ("reference", row.reference_code or "")):
        parts[name] = Name("residents" if texts.has(f"residents.{code}") else "reference_in_sentence", code)
    parts |= {"count": _people(row.excess, is_survey), "range": Ends(_people(low, is_survey), _people(high, is_survey))}
    word = "fewer" if (row.excess or 0.0) > 0 else "more"
    return marked(texts(f"sentence.excess_{word}{'' if is_survey else '_a_year'}", **parts), row.is_hidden_in_public, texts)


def _people(value: float | None, is_survey: bool) -> Count:
    """Counts are whole people; a survey knows hundreds."""
    size = abs(value or 0.0)
    return Count(round(size / HUNDREDS) * HUNDREDS if is_survey and size >= HUNDREDS else size)


def _reason(groups: Iterable[Row], compared: Iterable[Row]) -> str:
    if any(row.is_shown and row.basis == PLACES for row in groups):
        return "places"
    compared = list(compared)
    clear = [row for row in compared if row.compared_with_reference in CLEAR]
    if not clear:
        if any(row.compared_reason == "few_events" for row in compared):
            return "few_events"
        return "no_clear_gap" if any(row.compared_with_reference in WITH_WORD for row in compared) else "not_compared"
    if any(row.unit not in COUNTED for row in clear):
        return "not_counted"
    return "no_people" if all(row.denominator is None for row in clear) else "not_persons"

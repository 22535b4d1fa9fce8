"""Say what the page of a measure has besides figures: adjustment, population, license, successor, caveat."""

from __future__ import annotations

import datetime as dt

from markupsafe import Markup

from orchestration.scorecard.release_data.read_release import Measure, Row
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.texts import Name, Texts, day


def adjusted(featured: Row | None, texts: Texts) -> Markup | None:
    """Explain in plain words that rates are adjusted for age."""
    text_id = f"sentence.adjusted_{featured.stratum_code}" if featured else ""
    return texts(text_id) if texts.has(text_id) else None


def population(measure: Measure, texts: Texts) -> Markup | None:
    """Say which people of which day a rate is divided by."""
    row = next((row for row in measure.featured if row.is_shown and row.population_scheme is not None), None)
    if row is None or not texts.has(f"population_scheme.{row.population_scheme}"):
        return None
    people = Name("population_scheme", row.population_scheme or "")
    # the name of some people has their day
    if row.population_on is None or str(row.population_on.year) in people.in_language(texts):
        return texts("sentence.population", people=people)
    return texts("sentence.population_on", people=people, date=day(row.population_on))


def successor(measure: Measure, texts: Texts) -> Markup | None:
    """Return a link to the measure that follows a retired one."""
    code = measure.about.get("successor")
    return Markup('<a href="{}.html">{}</a>').format(code, texts(f"measure.{code}")) if code else None


def later_records(measure: Measure, texts: Texts) -> Markup | None:
    """Say how many records are dated ahead, and do not count yet; nothing of sources of persons."""
    count, until = measure.about.get("source_later_records"), measure.about.get("source_counted_until")
    return texts("sentence.later_records", count=Count(count), day=day(until)) if count and until else None


def only_ranges(measure: Measure, texts: Texts) -> list[Markup]:
    """Say that no figure is known exactly, where that is so of each group."""
    return [texts("sentence.only_ranges")] if any(row.has_only_a_range for row in measure.featured) else []


def licence(measure: Measure, texts: Texts) -> list[Markup]:
    """Return the license of the figures and what it asks of who shows them elsewhere."""
    about = measure.about
    code = about["licence_id"]
    if code in (None, "not_stated"):
        return [texts("page.licence_not_stated" if code else "page.licence_own")]
    found = [texts.marked_english(str(code))]
    if about["licence_share_alike"]:
        found.append(texts("sentence.licence_share_alike"))
    if about["licence_commercial"] is False:
        found.append(texts("sentence.licence_not_commercial"))
    return found


def caveat(measure: Measure, texts: Texts) -> Markup | None:
    """Return what readers need to know about a measure; None without a text for readers."""
    text_id = f"measure_caveat.{measure.measure_id}"
    return texts(text_id) if texts.has(text_id) else None


def changed_on(measure: Measure) -> dt.date | None:
    """Return when the definition changed, where figures of the time before exist."""
    changed: dt.date | None = measure.about["series_break_on"]
    first = min((row.period_start for row in measure.series), default=None)
    return changed if changed and first and changed >= first else None

"""Prepare the page of a place: who is there, its figures next to the city's, by race, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from markupsafe import Markup

from orchestration.figures import number
from orchestration.scorecard.pages.charts import axis, dot, ticks
from orchestration.scorecard.pages.measure_page import chart, compared_words
from orchestration.scorecard.release_data.open_release import grouped
from orchestration.scorecard.release_data.places import Place
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.release_data.row import PLACES, Row
from orchestration.scorecard.words.figures import Count, Figure, Tick
from orchestration.scorecard.words.measure_notes import caution, caution_mark, later
from orchestration.scorecard.words.sentences import group, likely_range, marked, period
from orchestration.scorecard.words.texts import Joined, Name, Part, Texts, part

MOST_SENTENCES = 3  # after the one on who is there
ON_A_SHEET = 6  # questions of a printed page; the others are on the page of the web alone
MOST_CHARTS = 3  # by where people live, so that a page has at most 60 kB; further ones are on pages of measures
LEAST_SHARE = 0.05  # that one decimal can show
SIGNS = {"higher": "▲", "lower": "▼", "about_the_same": "=", "cannot_tell": "?"}
OLD_MAP = "old_map"
UNLISTED = ("not_recorded", "nothing_to_compare")  # groups that the records do not have


@part
def _bold(texts: Texts, value: float, unit: str) -> Markup:
    """A figure of a sentence that the gate of the pages compares with its row."""
    return Markup("<b>{}</b>").format(Figure(value, unit)(texts))


def place_content(place: Place, name: str, others: Iterable[Place], data: ReleaseData, texts: Texts) -> dict[str, Any]:
    """Return what the page of a place shows. `name`: in the language of the page. `others`: drawn next to it in charts."""
    by_code = grouped(place.rows, attrgetter("measure_id"))
    known = [(data.measures[code], rows) for code, rows in by_code.items() if code in data.measures]
    measures = sorted(known, key=lambda one: (one[0].policy_area, texts.plain(f"measure.{one[0].measure_id}").casefold()))
    has_map = data.district_places.get(place.geoid) is place
    now: list[tuple[Measure, list[Row]]] = []
    missing: list[tuple[str, str]] = []
    for measure, rows in measures:  # of several maps the rows of today's are kept
        if current := [row for row in rows if not has_map or row.geography_vintage == data.district_map]:
            now.append((measure, current))
        else:
            missing.append((OLD_MAP, measure.measure_id))
    missing.sort()
    about = [(measure, rows) for measure, rows in now if not measure.is_composition]
    compared = [entry for measure, rows in about for entry in _next_to_city(measure, rows, others, texts)]
    compared.sort(key=lambda entry: entry["row"].compared_with_city in (None, "not_compared", "no_range"))
    people = [one for measure, rows in now if measure.is_composition and (one := _people(measure, rows, texts))]
    for measure, rows in now:
        total = next((row for row in rows if row.is_total), rows[0])
        if not any(row.is_shown for row in rows):
            missing.append((total.status_code, measure.measure_id))
    return {
        "place_name": name,
        "lead": [one["sentence"] for one in people if one["sentence"]],
        "sentences": _sentences(compared, texts),
        "people": people,
        "compared": compared,
        "on_a_sheet": ON_A_SHEET,
        "most_charts": MOST_CHARTS,
        "inside": _charts(about, name, texts, is_by_place=True),
        "by_race": _charts(about, name, texts, is_by_place=False),
        "missing": _names_by_status([(code, Name("measure", measure)) for code, measure in missing], texts),
    }


def _names_by_status(named: Iterable[tuple[str, Part]], texts: Texts) -> list[tuple[str, Markup]]:
    """Return the names of each reason for which there is no figure, as one list."""
    return [(code, Joined([name for _, name in names])(texts)) for code, names in grouped(named, itemgetter(0)).items()]


def _people(measure: Measure, rows: Sequence[Row], texts: Texts) -> Mapping[str, Any] | None:
    """The groups of a composition with their shares, each next to the city's; None without a share."""
    groups = [row for row in rows if not row.is_total and row.status_code != "not_recorded"]  # the records have no other group
    shown = [row for row in groups if row.is_shown]
    total = next((row for row in rows if row.is_total and row.is_shown), None)
    if not shown or total is None:
        return None
    hidden = 100.0 - sum(row.value or 0.0 for row in shown) if len(shown) < len(groups) else 0.0  # may be one group
    largest = max(shown, key=lambda row: row.value or 0.0)
    text = f"sentence.place_people_{measure.measure_id}"
    parts: dict[str, Part | str] = {"count": Count(total.numerator or 0.0), "period": period(total), "group": group(largest)}
    parts |= {"figure": _bold(largest.value or 0.0, largest.unit)}
    if largest.city_value is not None:
        text, parts = f"{text}_city", parts | {"city_figure": Figure(largest.city_value, largest.unit)}
    has_sentence = texts.has(text) and total.numerator is not None and (largest.value or 0.0) > hidden
    return {
        "measure": measure,
        "period": period(total)(texts),
        "sentence": (largest, marked(texts(text, **parts), largest.is_hidden_in_public, texts)) if has_sentence else None,
        "has_city": any(row.city_value is not None for row in groups),
        "later": later(measure, texts, total),
        "rows": [
            {
                "row": row,
                "label": group(row)(texts),
                "width": round(row.value or 0.0, 1) if row.is_shown else None,
                "mark": None if row.city_value is None or not row.is_shown else round(row.city_value, 1),
                "count": None if row.numerator is None or not row.is_shown else Count(row.numerator)(texts),
                **_figure(row, texts),
            }
            for row in groups
        ],
    }


def _figure(row: Row, texts: Texts) -> dict[str, Any]:
    written = Figure(row.value or 0.0, row.unit)(texts)
    if row.unit == "percent" and 0.0 < (row.value or 0.0) < LEAST_SHARE:  # few people of a group are not none
        written = texts("quantity.percent", number=number(row.value or 0.0, 2, texts.locale))
    figure = marked(written, row.is_hidden_in_public, texts)
    mark = caution_mark(row, texts)
    return {
        "figure": figure if row.is_shown else None,
        "interval": texts.put(likely_range(row)),
        "status": None if row.is_shown else texts(f"status.{row.status_code}"),
        "city": None if row.city_value is None or not row.is_shown else Figure(row.city_value, row.unit)(texts),
        "caution": mark,
        "caution_why": caution(row, texts) if mark else None,
    }


def _next_to_city(measure: Measure, rows: Sequence[Row], others: Iterable[Place], texts: Texts) -> Iterable[Mapping[str, Any]]:
    """Yield the line of a measure for everyone, with its marks; a measure without such a figure is listed elsewhere."""
    row = next((row for row in rows if row.is_total and row.is_shown), None)
    if row is None:
        return
    like = attrgetter("measure_id", "period_type", "period_start", "geography_vintage", "is_total")
    elsewhere = (other for place in others if place.geoid != row.geoid for other in place.rows)
    near = [other.value or 0.0 for other in elsewhere if other.is_shown and like(other) == like(row)]
    scale = axis([0.0, row.value, row.ci_low, row.ci_high, row.city_value, *near])
    whole = measure.everyone
    city = _figure(row, texts)
    if row.unit == "count" and whole is not None and period(whole) == period(row):
        city["city"] = Figure(whole.value or 0.0, whole.unit)(texts)
    word, reason = row.compared_with_city, row.compared_with_city_reason
    yield {
        "measure": measure,
        "row": row,
        "period": period(row)(texts),
        "dot": dot(row, scale),
        "near": [scale.at(value) for value in near] if scale else [],
        "mark": scale.at(row.city_value) if scale and row.city_value is not None else None,
        "ticks": ticks(scale, partial(Tick, unit=row.unit), texts),
        "compared": compared_words("city", word, reason, texts) if word else None,
        "sign": SIGNS.get(word or "", "") if reason is None else "",
        "later": later(measure, texts, row),
        **city,
    }


def _sentences(compared: Sequence[Mapping[str, Any]], texts: Texts) -> list[tuple[Row, Markup]]:
    """Return whole sentences on the clearest figures: those that differ for the worse first, then other differences."""
    clear: list[tuple[int, int, Row, str]] = []
    for nth, entry in enumerate(compared):
        row: Row = entry["row"]
        word = row.compared_with_city if row.compared_with_city_reason is None else None
        if row.city_value is None or entry["caution"] or word not in ("higher", "lower", "about_the_same"):
            continue
        is_worse = word == entry["measure"].worse_word
        clear.append((0 if is_worse else 2 if word == "about_the_same" else 1, nth, row, str(word)))
    return [
        (row, marked(texts(
            f"sentence.place_{word}", measure=Name("measure", row.measure_id), period=period(row),
            figure=_bold(row.value or 0.0, row.unit), city_figure=Figure(row.city_value or 0.0, row.unit),
        ), row.is_hidden_in_public, texts))
        for _, _, row, word in sorted(clear, key=lambda one: one[:2])[:MOST_SENTENCES]
    ]  # fmt: skip


def _charts(
    measures: Iterable[tuple[Measure, Sequence[Row]]], name: str, texts: Texts, *, is_by_place: bool
) -> list[Mapping[str, Any]]:
    """Return a chart per measure with figures of groups, and which groups have none for which reason."""
    found = []
    for measure, rows in measures:
        of_groups = [row for row in rows if not row.is_total and (row.basis == PLACES) is is_by_place]
        shown = [row for row in of_groups if row.is_shown or row.has_only_a_range]
        if not shown:
            continue
        total = [row for row in rows if row.is_total and row.is_shown and not is_by_place]
        code = measure.measure_id
        listed = [(row, group(row)(texts), f"{code}-{row.race_ethnicity_code}") for row in [*total, *shown]]
        missing = [row for row in of_groups if row not in shown and row.status_code not in UNLISTED]
        drawn = chart(listed, texts)
        if drawn is None:
            continue
        found.append(
            {
                "measure": measure,
                "chart": drawn,
                "caption": texts("page.by_group_caption", place=name, period=drawn.period),
                "starts_at": drawn.ticks[0][1] if drawn.scale and drawn.scale.ticks[0] else None,
                "without": _names_by_status([(row.status_code, group(row)) for row in missing], texts),
            }
        )
    # a sheet of paper has the first chart alone: one with likely ranges, of figures without a caution
    return sorted(found, key=lambda one: (not any(line.interval for line in one["chart"].rows), len(one["chart"].cautions)))

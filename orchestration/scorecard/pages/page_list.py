"""List the pages of the site in one language, each with its template and what the template shows.

The home page has the gaps of the city as cards, what is done about them, and which of them have changed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from markupsafe import Markup

from orchestration.figures import gap_decimals
from orchestration.scorecard.editions import Edition
from orchestration.scorecard.pages import measure_page
from orchestration.scorecard.pages.charts import axis
from orchestration.scorecard.pages.gap_chart import gap_charts
from orchestration.scorecard.pages.measure_page import groups_chart
from orchestration.scorecard.pages.place_page import place_content
from orchestration.scorecard.pages.streets import street_pages
from orchestration.scorecard.reach.catalogue import FEED, NEWS, corrections_feed, news_feed
from orchestration.scorecard.release_data.changes import Changes
from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.places import Place, Places, by_letter
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.release_data.row import PLACES, TOTAL, Row
from orchestration.scorecard.words.change_texts import corrections, goal_changes, said_corrections
from orchestration.scorecard.words.figures import Cell, Count, Points, Range
from orchestration.scorecard.words.measure_notes import by_reason, cautions, reason
from orchestration.scorecard.words.sentences import marked, period, reference_row, summary, worse_off_groups, worst
from orchestration.scorecard.words.texts import Name, Period, Texts, day

POPULATION = "population_by_race"
MOST_GAPS = 8
MOST_OF_AREA = 2  # of gaps that no editor chose
WEAK = "3"  # the grade of a publisher that calls its own figure weak
MOST_CHANGES = 3  # clear changes that are listed


def home(data: ReleaseData, measures: Sequence[Measure], goals: Sequence[Mapping[str, Any]], texts: Texts) -> dict[str, Any]:
    """Return what the template shows. `measures`: by name."""
    answered = [measure for measure in measures if measure.is_answered]
    people = data.measures.get(POPULATION)
    shares = [row for row in people.groups if row.is_shown] if people else []
    large = people.about.get("large_groups") or () if people else ()
    gaps = [(measure, gap) for measure in answered for gap in measure.gaps if gap.followed]
    words = Counter("mixed" if len(gap.followed) > 1 else gap.followed[0] for _, gap in gaps)
    clear = sorted((one for one in gaps if one[1].followed != ["cannot_tell"]), key=_change_order)
    return {
        "answered": sum(bool(measure.is_answered or measure.strata) for measure in measures),
        "asked": len(measures),
        "people": people.everyone if people else None,
        "period": period,
        "people_of": [
            texts("page.share_of_hundred", group=Name("race_ethnicity", row.race_ethnicity_code), count=Count(row.value or 0.0))
            for row in shares
            if row.race_ethnicity_code in large
        ],
        "large": list(large),
        "gaps": [card(measure, texts) for measure in chosen(answered)],
        "goals": goals,
        "actions": [(measure, [one for one in data.actions if one["measure_id"] == measure.measure_id]) for measure in measures],
        "followed": words,
        "changed_gaps": [
            (measure, gap.trends, shown) for measure, gap in clear[:MOST_CHANGES] for shown in gap_charts(measure, texts, gap)
        ],
        "is_selection": len(clear) > MOST_CHANGES,
        "areas": [(area, [measure for measure in answered if measure.policy_area == area]) for area in data.areas],
        "reasons": by_reason(measures),
    }


def _change_order(one: tuple[Measure, Record]) -> tuple[Any, ...]:
    """Gaps that widened come first, then those of which both ways agree: the same order in each language."""
    words, about = one[1].followed, one[0].about
    return "widened" not in words, len(words), about.get("headline_order") or math.inf, about["measure_id"]


def chosen(answered: Sequence[Measure]) -> list[Measure]:
    """Return the measures of the cards: those that an editor chose, in that order, else the widest clear gaps of this city."""
    ordered = [measure for measure in answered if measure.about.get("headline_order") is not None]
    if ordered:
        return sorted(ordered, key=lambda measure: measure.about["headline_order"])[:MOST_GAPS]
    of_area: Counter[str] = Counter()
    found = []
    for measure in sorted(answered, key=lambda measure: (-width(measure), measure.measure_id)):
        of_area[measure.policy_area] += 1
        if width(measure) > 0 and of_area[measure.policy_area] <= MOST_OF_AREA:
            found.append(measure)
    return found[:MOST_GAPS]


def width(measure: Measure) -> float:
    """How wide the gap of the group is that is clearly worst off, as the size of the logarithm of its ratio; 0 without one."""
    worse = [row for row in measure.worse_off if row.publisher_quality != WEAK]
    if not worse:
        return 0.0
    row = worst(worse, measure)
    other = reference_row(measure, row)
    ratio = row.rate_ratio or (row.value or 0.0) / (other.value if other and other.value else math.inf)
    return abs(math.log(ratio)) if ratio > 0 else 0.0


def card(measure: Measure, texts: Texts) -> Mapping[str, Any]:
    """Return a gap with its opening sentences, which name each group that is worse off, and its chart."""
    return {
        "named": [row.race_ethnicity_code for row in measure.worse_off],
        "every": [row.race_ethnicity_code for row in measure.groups],  # where the release does not say how large groups are
        "measure": measure,
        "sentences": list(dict.fromkeys([*summary(measure, texts)[:2], *worse_off_groups(measure, texts)])),
        "chart": groups_chart(measure, texts),
        "place": measure.featured[0].place,
        "period": period(measure.featured[0])(texts),
    }


GOAL_POINTS = ("value", "expected_value", "target", "baseline")  # figures of a goal that its chart draws
GAPS = ("gap_baseline", "gap")
EMBED_HEADING, EMBED_ROW = 240, 120  # pixels of a chart in a frame that is 600 pixels wide, measured as the highest


@dataclass(frozen=True)
class Page:
    """A page: its path below the folder of its language, its template and what that shows."""

    path: str
    template: str
    title: str  # a text without markup
    content: Mapping[str, Any]

    @property
    def up(self) -> str:
        """The way from the page to the folder of its language."""
        return "../" * self.path.count("/")


def pages(
    data: ReleaseData, texts: Texts, changes: Changes | None = None, is_edition: bool = False, editions: Sequence[Edition] = ()
) -> Iterator[Page]:
    """Yield every page of one language. `changes`: since the last edition. An edition has no list of editions of its own."""
    measures = list(data.measures.values())
    ordered = by_name(measures, texts)
    goals = [goal(row, texts) for row in data.goals]
    look_ups = [(f"places/{places.geography_type}/index.html", places_title(places, texts)) for places in data.places]
    shared: dict[str, Any] = {
        "outlines": data.outlines.get(data.district_map or "", {}),
        "street_pages": street_pages(data.streets),
        "districts": data.districts,
    }
    content = shared | home(data, ordered, [one for one in goals if one["is_adopted"]], texts) | {"changes": changes}
    yield Page("index.html", "home.html", texts.plain("page.title"), content)
    for area in data.areas:
        listed = [entry(measure, texts) for measure in ordered if measure.policy_area == area]
        yield Page(f"areas/{area}.html", "area.html", texts.plain(f"policy_area.{area}"), {"area": area, "measures": listed})
    changed = corrections(changes, ordered, data, texts) if changes else []
    by_measure = {found.measure.measure_id: found for found in changed}
    since = {"changes": changes, "changed": changed}
    said = said_corrections(data, texts)
    for measure in measures:
        code, title = measure.measure_id, texts.plain(f"measure.{measure.measure_id}")
        content = dict(measure_page.content(measure, data, texts)) | {"reason": reason(measure)}
        content["embed_height"] = EMBED_HEADING + EMBED_ROW * len(content["groups"].rows) if content["groups"] else 0
        content["goals"] = [one for one in goals if one["measure_id"] == code and (one["is_adopted"] or one["is_example"])]
        content |= since | {"correction": by_measure.get(code), "said": [one for one in said if one.measure is measure]}
        yield Page(f"measures/{code}.html", "measure.html", title, content)
        if content["area_maps"]:  # the outlines of many places make a page of their own
            yield Page(f"maps/{code}.html", "area_map.html", title, content)
        if content["groups"] is not None and measure.is_answered:
            yield Page(f"embed/{code}.html", "embed.html", title, content)
    yield from place_pages(data, texts, shared)
    yield Page("goals.html", "goals.html", texts.plain("page.goals"), {"goals": goals})
    yield Page("accessibility.html", "accessibility.html", texts.plain("page.accessibility"), {})
    themes = data.theme_measures.items()
    read = {theme: [data.measures[code] for code in codes if code in data.measures] for theme, codes in themes}
    yield Page("you-said.html", "you_said.html", texts.plain("page.you_said"), {"responses": data.responses, "read": read})
    yield Page("cannot-show.html", "cannot_show.html", texts.plain("page.cannot_show"), {"reasons": by_reason(ordered)})
    by_letters = [(*one, by_letter(kind.listed)) for one, kind in zip(look_ups, data.places, strict=True)]
    a_to_z = {"letters": letters(ordered, data, texts), "look_ups": by_letters}
    yield Page("measures.html", "a_to_z.html", texts.plain("page.a_to_z"), a_to_z)
    yield from group_pages(ordered, texts)
    title = texts.plain("page.your_district")
    yield Page("your-district.html", "your_district.html", title, shared | {"look_ups": look_ups})
    content = {"data": data, "measures": [measure for measure in ordered if measure.is_answered]}
    yield Page("data.html", "data.html", texts.plain("page.methods"), content | since)
    content = since | {"goal_changes": goal_changes(changes, data, texts) if changes else [], "said": said}
    revised = [row for row in data.revised_editions if row.measure_id in data.measures]
    content |= {"revised": grouped(revised, attrgetter("edition"))}
    yield Page("corrections.html", "corrections.html", texts.plain("page.corrections"), content)
    if not is_edition:
        yield Page(FEED, "feed.atom", texts.plain("page.corrections"), {"feed": corrections_feed(data, texts)})
        yield Page(NEWS, "feed.atom", texts.plain("page.news"), {"feed": news_feed(data, texts, editions, changed)})
        yield Page("editions.html", "editions.html", texts.plain("page.editions"), {})


def by_name(measures: list[Measure], texts: Texts) -> list[Measure]:
    """Return measures in the order of their names in the language of the page."""
    return sorted(measures, key=lambda measure: (texts.plain(f"measure.{measure.measure_id}").casefold(), measure.measure_id))


def letters(measures: list[Measure], data: ReleaseData, texts: Texts) -> dict[str, list[tuple[str, str, bool]]]:
    """Return questions, groups and districts by their first letters: name, path and whether it has a figure."""
    named = [(texts.plain(f"measure.{one.measure_id}"), one) for one in measures]
    entries = [(name, f"measures/{one.measure_id}.html", bool(one.is_answered or one.strata)) for name, one in named]
    entries += [(texts.plain("page.district", district=geoid), f"districts/{geoid}.html", True) for geoid, _ in data.districts]
    entries += [
        (texts.plain(f"race_ethnicity.{code}"), f"groups/{code}.html", True) for code in _groups(measures) if code != TOTAL
    ]
    ordered = sorted(entries, key=lambda entry: (entry[0].casefold(), entry[1]))
    return grouped(ordered, lambda entry: entry[0][:1].upper())


def _groups(measures: list[Measure]) -> dict[str, list[tuple[Measure, Row]]]:
    """The figures of each group of people, in the fixed order of groups."""
    rows = [(measure, row) for measure in measures for row in measure.groups if row.is_shown and not measure.is_composition]
    return grouped(sorted(rows, key=lambda one: one[1].group_order), lambda one: one[1].race_ethnicity_code)


def group_pages(measures: list[Measure], texts: Texts) -> Iterator[Page]:
    """Yield a page per group of people: each question with a figure of the group, by people's own race or by where they live."""
    for code, shown in _groups(measures).items():
        title = texts.plain(f"race_ethnicity.{code}")
        named = [(measure, Name("measure", measure.measure_id)(texts), row) for measure, row in shown]
        listed = [(measure, measure_page.table_row(row, name, texts, None, ""), row) for measure, name, row in named]
        lines = {by_place: [one for one in listed if (one[2].basis == PLACES) is by_place] for by_place in (False, True)}
        notes = {kind: cautions(((row, line.label) for _, line, row in lines[kind]), texts) for kind in lines}
        yield Page(f"groups/{code}.html", "group.html", title, {"parts": lines, "period": period, "cautions": notes})


def entry(measure: Measure, texts: Texts) -> Mapping[str, Any]:
    """Return a measure with its summary, or the reason why it has no figure."""
    return {"measure": measure, "sentences": summary(measure, texts), "reason": reason(measure)}


def place_pages(data: ReleaseData, texts: Texts, shared: dict[str, Any]) -> Iterator[Page]:
    """Yield the page of each district, then per kind of place the list of names and a page each."""
    districts = list(data.district_places.values())
    parent = ("your-district.html", texts("page.your_district"))
    for geoid, _ in data.districts:
        title = texts.plain("page.district", district=geoid)
        place = data.district_places.get(geoid) or Place("", geoid, geoid, geoid, ())
        content = shared | place_content(place, title, districts, data, texts) | {"parent": parent}
        content |= {"here": geoid, "inset": None, "near_is_drawn": len(districts) > 1}
        yield Page(f"districts/{geoid}.html", "place.html", title, content)
    for places in data.places:
        path, title = f"places/{places.geography_type}/index.html", places_title(places, texts)
        yield Page(path, "places.html", title, {"letters": by_letter(places.listed), "total": len(places.listed)})
        for place in places.listed:
            content = shared | place_content(place, place.name, (), data, texts) | {"parent": (path, title)}
            content |= {"here": None, "inset": places.outlines.get(place.geoid), "near_is_drawn": False}
            content["outlines"] = content["outlines"] if content["inset"] else {}
            yield Page(f"places/{places.geography_type}/{place.file}.html", "place.html", place.name, content)


def places_title(places: Places, texts: Texts) -> str:
    """Return the title of the list of a kind of place."""
    kind = texts.or_english(f"geography_type.{places.geography_type}", places.geography_type.replace("_", " ").capitalize())
    return texts.plain("page.places_a_to_z", kind=kind)


def goal(row: Record, texts: Texts) -> Mapping[str, Any]:
    """Return a goal with its figures, and where the chart draws them."""
    of_now = {"value", "expected_value", "gap"} if row.status_reason == "baseline_period" else set()  # not known yet
    known = {name: row[name] for name in (*GOAL_POINTS, *GAPS, "ci_low", "ci_high") if row[name] is not None}
    drawn = {name: known[name] for name in known if name not in GAPS and (name == "value" or name not in of_now)}
    scale, places = axis(drawn.values()), gap_decimals(row.unit, row.value, row.baseline, row.target)
    return {
        "goal_id": row.goal_id,
        "measure_id": row.measure_id,
        "owner": Name("department", row.owner_department)(texts) if row.owner_department else texts.marked_english(row.owner),
        "is_example": row.is_example,
        "is_adopted": row.adopted_on is not None,
        "adopted": adopted(row, texts),
        "status": row.status,
        "sentence": row.status_reason if texts.has(f"sentence.goal_{row.status_reason}") else row.status,
        "hidden_mark": marked(Markup(), bool(row.is_hidden_in_public), texts),
        "marks": {name: scale.at(value) for name, value in drawn.items() if scale},
        "figures": {name: Cell(known[name], row.unit)(texts) for name in GOAL_POINTS if name in known.keys() - of_now},
        "range": texts.put(Range(row.ci_low, row.ci_high, row.unit)),
        "gap": {name: Points(known[name], row.unit, places=places)(texts) for name in GAPS if name in known.keys() - of_now},
        "earlier_targets": [
            {
                "until": texts("page.target_until", date=day(one.valid_to)),
                "figure": Cell(one.target_value, row.unit)(texts),
                "why": Markup("{} {}").format(
                    texts("sentence.goal_target_changed", date=day(one.valid_to)), texts.marked_english(one.reason)
                ),
            }
            for one in row.earlier_targets or ()
        ],
        "due": day(row.due_on)(texts) if row.due_on else None,
        "period": Period(row.period_type, row.period_start, row.period_end)(texts) if row.period_start else None,
    }


def adopted(row: Record, texts: Texts) -> Markup:
    """Say when the council adopted a goal, or that it has not; of an example what it is."""
    if row.is_example:
        return texts("sentence.goal_example")
    if row.adopted_on is None:
        return texts("sentence.goal_not_adopted")
    text_id, file = ("goal_adopted_file", {"file": row.council_file}) if row.council_file else ("goal_adopted", {})
    return texts(f"sentence.{text_id}", date=day(row.adopted_on), **file)

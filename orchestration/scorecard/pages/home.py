"""Prepare the home page: the gaps of the city as cards, what is done about them, and which of them have changed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.scorecard.pages.gap_chart import gap_charts
from orchestration.scorecard.pages.measure_page import groups_chart
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.reasons import by_reason
from orchestration.scorecard.words.sentences import PLACES, WORSE, period, reference_row, summary, worst
from orchestration.scorecard.words.texts import Name, Texts

POPULATION = "population_by_race"
MOST_GAPS = 8
MOST_OF_AREA = 2  # of gaps that no editor chose
WEAK = "3"  # the grade of a publisher that calls its own figure weak
MOST_CHANGES = 3  # clear changes that are listed


def home(data: ReleaseData, measures: Sequence[Measure], goals: Sequence[Mapping[str, Any]], texts: Texts) -> Mapping[str, Any]:
    """Return what the template shows. `measures`: by name."""
    answered = [measure for measure in measures if measure.is_answered]
    people = data.measures.get(POPULATION)
    shares = [row for row in people.groups if row.is_shown] if people else []
    large = people.about.get("large_groups") or () if people else ()
    followed = [(measure, gap) for measure in answered for gap in measure.gaps]
    words = Counter("mixed" if len(said := {one.word for one in gap.trends}) > 1 else next(iter(said)) for _, gap in followed)
    clear = [(measure, gap) for measure, gap in followed if {one.word for one in gap.trends} & {"narrowed", "widened"}]
    return {
        "answered": len(answered),
        "asked": len(measures),
        "people": people.everyone.denominator if people and people.everyone else None,
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
        "areas": [(area, [measure for measure in answered if measure.policy_area == area]) for area in data.areas],
        "reasons": by_reason(measures),
    }


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
    word = WORSE.get(str(measure.about["favourable_direction"]))
    worse = [
        row
        for row in measure.groups
        if word and row.is_shown and row.basis != PLACES and row.compared_with_reference == word and row.publisher_quality != WEAK
    ]
    if word is None or not worse:
        return 0.0
    row = worst(worse, word)
    other = reference_row(measure, row)
    ratio = row.rate_ratio or (row.value or 0.0) / (other.value if other and other.value else math.inf)
    return abs(math.log(ratio)) if ratio > 0 else 0.0


def card(measure: Measure, texts: Texts) -> Mapping[str, Any]:
    """Return a gap with its opening sentences and its chart."""
    first = measure.featured[0]
    word = WORSE.get(str(measure.about["favourable_direction"]))
    worse = [row for row in measure.groups if word and row.is_shown and row.compared_with_reference == word]
    return {
        "named": [worst(worse, word).race_ethnicity_code] if word and worse else [],
        "every": [row.race_ethnicity_code for row in measure.groups],  # where the release does not say how large groups are
        "measure": measure,
        "sentences": summary(measure, texts)[:2],
        "chart": groups_chart(measure, texts),
        "place": first.place,
        "period": period(first).in_language(texts),
    }

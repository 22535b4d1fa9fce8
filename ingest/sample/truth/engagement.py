"""The truths of engagement: who came, how long people waited for an answer, in which language it was, why a no was one.

Here: what the chances in `engagement` mean for its inputs, which are set, and for the adults of the sample's
census, who are drawn from the seed. Not here: the other truths (`truth`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ingest.sample import engagement as planted
from ingest.sample.city import GROUPS, NEIGHBORHOODS, SAMPLETON, Profile
from ingest.sample.delivery import random_stream
from ingest.sample.engagement import Input
from ingest.sample.people import census
from ingest.sample.truth.published import PlantedValue, percent

_GROUPS = {"white": "white", "black": "black", "hispanic": "hisp", "asian": "asian"}
_LANGUAGES = ("en", "es", "hmn")  # of the others there are too few
_OWN_STANDARD = "spd15_2024"
_HORIZON = 90  # days within which an answer counts as in time
_FEWEST = 30  # inputs of which a truth is given: a median of fewer has no interval
_NEIGHBORHOODS = 3  # of which a truth is given; every other one is made the same way


def _median(inputs: Sequence[Input]) -> float:
    """The first day by which half of some inputs are answered."""
    days = 1
    while sum(planted.answered_by(item.race, days) for item in inputs) < (0.5 - 1e-9) * len(inputs):
        days += 1
    return float(days)


def _share(inputs: Sequence[Input], of: Callable[[Input], float]) -> float:
    """The mean of a share, weighted by the chance that an input is answered before the log ends."""
    weights = [planted.answered_by(item.race, (planted.LAST_DAY - item.received).days) for item in inputs]
    return percent(sum(weight * of(item) for weight, item in zip(weights, inputs, strict=True)) / sum(weights))


def _parts(inputs: Sequence[Input], year: str) -> Iterator[tuple[PlantedValue, list[Input]]]:
    """Everybody's inputs, those of each group, and those in each language, each with the rest of its truth's grain."""
    blank = PlantedValue("", "year", year, "all", 0.0, race_standard=_OWN_STANDARD)
    yield blank, list(inputs)
    for race in planted.RACES:
        of_race = [item for item in inputs if item.race == race]
        if race != "multiracial" and len(of_race) >= _FEWEST:
            yield replace(blank, race_ethnicity_code=race), of_race
    for language in _LANGUAGES:
        spoken = [item for item in inputs if item.language == language]
        if len(spoken) >= _FEWEST:
            yield replace(blank, stratum_type="language", stratum_code=language), spoken


def _inputs(year: int, city: Profile) -> Iterator[PlantedValue]:
    """The truths of what people said in a year."""
    start = f"{year}-01-01"
    inputs = [item for item in planted.every_input(city) if item.received.year == year]
    followed = [item for item in inputs if (planted.LAST_DAY - item.received).days >= _HORIZON]
    best = percent(planted.answered_by("white", _HORIZON))
    for blank, part in _parts(followed, start):
        value = percent(sum(planted.answered_by(item.race, _HORIZON) for item in part) / len(part))
        ratio = None if blank.race_ethnicity_code in ("all", "white") else value / best
        yield replace(blank, measure_id="engagement_inputs_answered_share", value=value, rate_ratio=ratio)
    for blank, part in _parts(inputs, start):
        median = _median(part)
        ratio = None if blank.race_ethnicity_code in ("all", "white") else median / planted.HALF_ANSWERED["white"]
        yield replace(blank, measure_id="engagement_days_to_answer_median", value=median, rate_ratio=ratio)
        own = _share(part, lambda item: planted.TOLD_IN_OWN[item.language])
        yield replace(blank, measure_id="engagement_answered_in_language_share", value=own)
        reason = _share(part, lambda item: planted.REASON_GIVEN[item.race])
        yield replace(blank, measure_id="engagement_declined_with_reason_share", value=reason)
    for number in range(_NEIGHBORHOODS):
        median = _median([item for item in inputs if item.neighborhood == number])
        yield PlantedValue(
            "engagement_days_to_answer_median", "year", start, "all", median, race_standard=_OWN_STANDARD,
            geography_type="neighborhood", geoid=NEIGHBORHOODS[number].upper(),
        )  # fmt: skip


def _participation(seed: int, year: int, city: Profile) -> Iterator[PlantedValue]:
    adults = census.residents(random_stream(seed, census.blocks.name), city)[1].sum(axis=0)
    events = (at * planted.EVENTS // planted.PARTICIPANTS for at in range(planted.PARTICIPANTS))
    counted = sum(planted.event_day(event).year == year for event in events) * (1 - planted.MINORS)
    own = ("engagement_participation_per_1000", "year", f"{year}-01-01")
    yield PlantedValue(*own, "all", 1000 * counted / float(adults.sum()))
    who = city.tilted(planted.PARTICIPANT_GROUPS, planted.GROUPS_OF_PARTICIPANTS)
    for code, group in _GROUPS.items():
        rate = 1000 * counted * who[code] / float(adults[GROUPS.index(group)])
        yield PlantedValue(*own, code, rate)


def _interpreters(year: int) -> Iterator[PlantedValue]:
    own = ("engagement_interpreter_need_met_share", "year", f"{year}-01-01", "all")
    met = sum(planted.ASKED[code] * planted.GIVEN[code] for code in planted.ASKED) / sum(planted.ASKED.values())
    yield PlantedValue(*own, percent(met))
    for code in ("es", "hmn"):
        yield PlantedValue(*own, percent(planted.GIVEN[code]), stratum_type="language", stratum_code=code)


def engagement_values(seed: int, city: Profile = SAMPLETON) -> Iterator[PlantedValue]:
    """Every planted value of engagement in the sample of a seed."""
    for year in planted.YEARS:
        yield from (*_participation(seed, year, city), *_inputs(year, city), *_interpreters(year))

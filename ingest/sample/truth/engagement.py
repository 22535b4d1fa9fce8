"""The truths of engagement: who came, how long people waited for an answer, in which language it was, why a no was one.

Here: what the chances in `engagement.plan` mean for its inputs, which are set, and for the adults of the sample's census, who are
drawn from the seed. Not here: the other truths (`truth`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from ingest.sample.city import NEIGHBORHOODS
from ingest.sample.engagement import participation, plan
from ingest.sample.engagement.plan import Input
from ingest.sample.population import blocks, settlement
from ingest.sample.sample_folder import random_stream
from ingest.sample.truth.planted_value import PlantedValue, percent

_GROUPS = {"white": "white", "black": "black", "hispanic": "hisp", "asian": "asian"}
_LANGUAGES = ("en", "es", "hmn")  # of the others there are too few
_OWN_STANDARD = "spd15_2024"
_HORIZON = 90  # days within which an answer counts as in time
_NEIGHBORHOODS = 3  # of which a truth is given; every other one is made the same way


def _median(inputs: list[Input]) -> float:
    """The first day by which half of some inputs are answered."""
    days = 1
    while sum(plan.answered_by(item.race, days) for item in inputs) < (0.5 - 1e-9) * len(inputs):
        days += 1
    return float(days)


def _share(inputs: Iterable[Input], of: Callable[[Input], float], weight: Callable[[Input], float]) -> float:
    weights = [(weight(item), of(item)) for item in inputs]
    return sum(much * share for much, share in weights) / sum(much for much, _ in weights)


def _answered_in_all(item: Input) -> float:
    """The chance that an input is answered before the log ends."""
    return plan.answered_by(item.race, (plan.LAST_DAY - item.received).days)


def _parts(inputs: list[Input]) -> Iterator[tuple[PlantedValue, list[Input]]]:
    """Everybody's inputs, those of each group, and those in each language, each with the rest of its truth's grain."""
    blank = PlantedValue("", "year", "", "all", 0.0, race_standard=_OWN_STANDARD)
    yield blank, inputs
    for race in plan.RACES:
        if race != "multiracial":
            yield replace(blank, race_ethnicity_code=race), [item for item in inputs if item.race == race]
    for language in _LANGUAGES:
        spoken = [item for item in inputs if item.language == language]
        yield replace(blank, stratum_type="language", stratum_code=language), spoken


def _inputs(year: int) -> Iterator[PlantedValue]:
    """The truths of what people said in a year."""
    start = f"{year}-01-01"
    inputs = [item for item in plan.inputs() if item.received.year == year]
    followed = [item for item in inputs if (plan.LAST_DAY - item.received).days >= _HORIZON]
    best = percent(plan.answered_by("white", _HORIZON))
    for blank, part in _parts(followed):
        value = percent(_share(part, lambda item: plan.answered_by(item.race, _HORIZON), lambda _: 1.0))
        ratio = None if blank.race_ethnicity_code in ("all", "white") else value / best
        yield replace(blank, measure_id="engagement_inputs_answered_share", period_start=start, value=value, rate_ratio=ratio)
    for blank, part in _parts(inputs):
        of = partial(replace, blank, period_start=start)
        median = _median(part)
        ratio = None if blank.race_ethnicity_code in ("all", "white") else median / plan.HALF_ANSWERED["white"]
        yield of(measure_id="engagement_days_to_answer_median", value=median, rate_ratio=ratio)
        own = percent(_share(part, lambda item: plan.TOLD_IN_OWN[item.language], _answered_in_all))
        yield of(measure_id="engagement_answered_in_language_share", value=own)
        reason = percent(_share(part, lambda item: plan.REASON_GIVEN[item.race], _answered_in_all))
        yield of(measure_id="engagement_declined_with_reason_share", value=reason)
    for number in range(_NEIGHBORHOODS):
        part = [item for item in inputs if item.neighborhood == number]
        yield PlantedValue(
            "engagement_days_to_answer_median", "year", start, "all", _median(part), race_standard=_OWN_STANDARD,
            geography_type="neighborhood", geoid=NEIGHBORHOODS[number].upper(),
        )  # fmt: skip


def _participation(seed: int, year: int) -> Iterator[PlantedValue]:
    adults = blocks.residents(random_stream(seed, blocks.SOURCE))[1].sum(axis=0)
    events = (at * plan.EVENTS // participation.PARTICIPANTS for at in range(participation.PARTICIPANTS))
    counted = sum(plan.event_day(event).year == year for event in events) * (1 - participation.MINORS)
    period = ("year", f"{year}-01-01")
    yield PlantedValue("engagement_participation_per_1000", *period, "all", 1000 * counted / float(adults.sum()))
    for code, group in _GROUPS.items():
        rate = 1000 * counted * participation.GROUPS[code] / float(adults[settlement.GROUPS.index(group)])
        yield PlantedValue("engagement_participation_per_1000", *period, code, rate)


def _interpreters(year: int) -> Iterator[PlantedValue]:
    period = ("year", f"{year}-01-01")
    met = sum(plan.ASKED[code] * plan.GIVEN[code] for code in plan.ASKED) / sum(plan.ASKED.values())
    yield PlantedValue("engagement_interpreter_need_met_share", *period, "all", percent(met))
    for code in ("es", "hmn"):
        yield PlantedValue(
            "engagement_interpreter_need_met_share", *period, "all", percent(plan.GIVEN[code]), stratum_type="language",
            stratum_code=code,
        )  # fmt: skip


def engagement_values(seed: int) -> list[PlantedValue]:
    """Every planted value of engagement in the sample of a seed."""
    return [truth for year in plan.YEARS for truth in (*_participation(seed, year), *_inputs(year), *_interpreters(year))]

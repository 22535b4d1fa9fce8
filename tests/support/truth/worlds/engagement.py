"""Engagement: participants of events, time and kind of answers, and whether requested interpreters are present."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, cells, chosen, days_within, dealt, quarters, with_unknown, years

MEASURES = (
    "engagement_participation_per_1000",
    "engagement_inputs_answered_share",
    "engagement_days_to_answer_median",
    "engagement_answered_in_language_share",
    "engagement_declined_with_reason_share",
    "engagement_interpreter_need_met_share",
)
_ADULTS = 0.75 * town.PEOPLE
# Per adult of each group and quarter. No place has about the 20 events below which there is no ratio: leaving out groups
# because of few events would bias the mean of the others upward.
_COME = np.array([0.180, 0.084, 0.120, 0.240]) / 4
_MENA = 0.1  # of the people that the census counts as white
_A_QUARTER = 1_400
_SPEAK = np.array([0.42, 0.27, 0.17, 0.14])  # groups of the inputs
_LANGUAGES, _SPOKEN = np.array(["en", "es"]), np.array([0.7, 0.3])
# Whole weeks, to which days of persons are rounded; half a day more, because counting whole days removes as much as it adds.
_MEDIANS = np.array([28.5, 63.5, 49.5, 56.5])
_IN_LANGUAGE, _WITH_REASON, _DECLINED = np.array([0.95, 0.70, 0.80, 0.75]), np.array([0.85, 0.55, 0.65, 0.60]), 0.9
_ASKED, _GIVEN = np.array([4.0, 2.5]), np.array([0.8, 0.4])  # of Spanish and Hmong, per part and quarter
_INTERPRETED = np.array(["es", "hmn"])
_RACES = np.array(town.RACES)


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    world = World()
    _participation(world, rng, seeds, switches)
    _inputs(world, rng, seeds, switches)
    _interpreters(world, rng, seeds)
    return world


def _participation(world: World, rng: np.random.Generator, seeds: int, switches: Switches) -> None:
    rate = np.full(len(_RACES), _COME.mean()) if switches.shuffled else _COME
    counts = rng.poisson(np.broadcast_to(rate * _ADULTS, (4 * seeds, *_ADULTS.shape)))
    quarter, piece, race = cells(counts, np.arange(4 * seeds), np.arange(town.PIECES), np.arange(len(_RACES)))
    old = with_unknown(rng, _RACES[race], np.zeros(len(race), dtype=bool), switches, "declined")
    world.fact(
        "fct_engagement_participation", source="oei__engagement_participation", **town.placed(piece), age_band_code="25_34",
        occurred_on=days_within(rng, quarters(seeds).ravel()[quarter], 85), race_standard="spd15_2024",
        race_ethnicity_code=np.where((old == "white") & (rng.random(len(old)) < _MENA), "mena", old),
        race_ethnicity_code_1997=old,
    )  # fmt: skip
    for place, period, length in (("city", _quarters(seeds), 1), ("neighborhood", _years(seeds), 4)):
        geoids, people = town.sums(_ADULTS.T, place)  # race × place
        come = length * rate[:, None] * people
        rest = (come.sum(axis=0) - come) / (people.sum(axis=0) - people)
        world.truth(
            "engagement_participation_per_1000", **period, **_place(place, geoids), race_ethnicity_code=_RACES,
            truth=1_000 * length * rate, rest_truth=1_000 * rest.T,
        )  # fmt: skip


def _inputs(world: World, rng: np.random.Generator, seeds: int, switches: Switches) -> None:
    counts = rng.multinomial(_A_QUARTER, _SPEAK, size=4 * seeds)
    quarter, race = cells(counts, np.arange(4 * seeds), np.arange(len(_RACES)))
    medians, in_language, with_reason = (
        np.full(len(_RACES), own[0]) if switches.shuffled else own for own in (_MEDIANS, _IN_LANGUAGE, _WITH_REASON)
    )
    received_on = days_within(rng, quarters(seeds).ravel()[quarter], 85)
    waited = medians[race] * rng.exponential(1, len(race)) / np.log(2)
    language = (rng.random(len(race)) < _SPOKEN[1]).astype(np.int64)
    told_in = np.where(rng.random(len(race)) < in_language[race], language, 1 - language)
    labels = dealt(rng, quarter, _RACES[race]) if switches.shuffled else _RACES[race]
    key = np.arange(len(race)).astype(str)
    world.fact(
        "fct_engagement_inputs", source="oei__engagement_inputs", engagement_input_key=key, occurred_on=received_on,
        **town.placed(rng.integers(0, town.PIECES, len(race))), race_standard="spd15_2024", language_code=_LANGUAGES[language],
        race_ethnicity_code=with_unknown(rng, labels, waited < 91, switches, "declined"),
    )  # fmt: skip
    world.fact(
        "fct_engagement_responses", source="oei__engagement_responses", engagement_input_key=key,
        told_on=received_on + np.floor(waited).astype("timedelta64[D]"), told_language_codes=_alone(_LANGUAGES, told_in),
        answer_code=np.where(rng.random(len(race)) < _DECLINED, "declined", "adopted"),
        declined_reason_code=np.where(rng.random(len(race)) < with_reason[race], "cost", "not_collected"),
    )  # fmt: skip
    shares = {
        "engagement_inputs_answered_share": 1 - 0.5 ** (91 / medians),  # by the end of the ninetieth day
        "engagement_answered_in_language_share": in_language,
        "engagement_declined_with_reason_share": with_reason,
    }
    for place, period in (("city", _quarters(seeds)), ("neighborhood", _years(seeds))):
        geography = period | _place(place, np.unique(town.PLACES[place][1])) | {"race_standard": "spd15_2024"}
        for measure, share in shares.items():
            everybody = share @ _SPEAK
            truth = 100 * np.append(share, everybody)
            world.truth(measure, **geography, race_ethnicity_code=np.array([*_RACES, "all"]), truth=truth)
            if place == "city":
                world.truth(measure, **geography, stratum_type="language", stratum_code=_LANGUAGES, truth=100 * everybody)
        world.truth("engagement_days_to_answer_median", **geography, race_ethnicity_code=_RACES, truth=np.floor(medians))


def _interpreters(world: World, rng: np.random.Generator, seeds: int) -> None:
    counts = rng.poisson(np.broadcast_to(_ASKED, (4 * seeds, town.PIECES, 2)))
    quarter, piece, language = cells(counts, np.arange(4 * seeds), np.arange(town.PIECES), np.arange(2))
    is_met = rng.random(len(piece)) < _GIVEN[language]
    world.fact(
        "fct_engagement_events", source="oei__engagement_events", **town.placed(piece),
        occurred_on=days_within(rng, quarters(seeds).ravel()[quarter], 85), interpreters_asked=_alone(_INTERPRETED, language),
        interpreters_given=_alone(_INTERPRETED, np.where(is_met, language, 1 - language)),
    )  # fmt: skip
    together = 100 * _ASKED @ _GIVEN / _ASKED.sum()
    measure = "engagement_interpreter_need_met_share"
    for place, period in (("city", _quarters(seeds)), ("aldermanic_district", _years(seeds))):
        geography = period | _place(place, np.unique(town.PLACES[place][1]))
        world.truth(measure, **geography, truth=together)
        if place == "city":
            world.truth(measure, **geography, stratum_type="language", stratum_code=_INTERPRETED, truth=100 * _GIVEN)


def _quarters(seeds: int) -> dict[str, Any]:
    return {
        "period_type": "quarter",
        "period_start": quarters(seeds).ravel()[:, None, None],
        "seed": np.repeat(np.arange(seeds), 4)[:, None, None],
    }


def _years(seeds: int) -> dict[str, Any]:
    return {"period_type": "year", "period_start": years(seeds)[:, None, None], "seed": np.arange(seeds)[:, None, None]}


def _place(place: str, geoids: Any) -> dict[str, Any]:
    return {"geography_type": place, "geography_vintage": town.PLACES[place][0], "geoid": geoids[:, None]}


def _alone(words: Any, at: Any) -> pa.Array:
    """A list of one word for each row."""
    return pa.ListArray.from_arrays(np.arange(len(at) + 1, dtype=np.int32), chosen(words, at).cast(pa.string()))

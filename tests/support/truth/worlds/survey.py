"""The waves of a survey: satisfaction by item; some respondents select two races and also count in each of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.support.truth.planted import Switches, World, cells, dealt, with_unknown
from tests.support.truth.town import GEOID

MEASURES = ("survey_satisfied_share",)
_ANSWERS = 700  # to each item, in each wave
_ASKED = {"white": 0.50, "black": 0.26, "hispanic": 0.14, "asian": 0.05, "multiracial": 0.05}
_SATISFIED = np.array([[0.80, 0.52, 0.60, 0.50, 0.55], [0.50, 0.30, 0.28, 0.25, 0.40]])
_ITEMS, _DIRECTIONS = np.array(["q1_01", "q2_01"]), np.array(["higher", "lower"])  # of the second, 1 is the good end
_OF_TWO = ["black", "white"]  # the selections of multiracial respondents
_SOURCE = "planted__survey"  # the delivered survey allows one race only


def plant(rng: np.random.Generator, seeds: int, switches: Switches) -> World:
    races, respondents = np.array([*_ASKED]), np.array([*_ASKED.values()])
    satisfied = np.repeat(_SATISFIED[:, :1], len(races), axis=1) if switches.shuffled else _SATISFIED
    counts = rng.multinomial(_ANSWERS, respondents, size=(seeds, 2))
    wave, item, race = cells(counts, np.arange(seeds), np.arange(2), np.arange(len(races)))
    is_satisfied = rng.random(len(race)) < satisfied[item, race]
    labels = dealt(rng, 2 * wave + item, races[race]) if switches.shuffled else races[race]
    noted = with_unknown(rng, labels, is_satisfied, switches, "declined")
    sets = {code: [code] for code in races} | {"multiracial": _OF_TWO, "declined": None}
    first_day = np.datetime64("2023-01-01") + np.arange(seeds)
    world = World()
    contract = {"source": [_SOURCE], "jurisdiction": GEOID, "race_standard": "spd15_2024", "race_selection": "multiple"}
    world.fact("dim_source", **contract)
    world.fact("stg_receipts__contracts", **contract)
    answer = np.where(is_satisfied, rng.integers(4, 6, len(race)), rng.integers(1, 4, len(race)))
    world.fact(
        "fct_survey_answers", source=_SOURCE, jurisdiction=GEOID, race_standard="spd15_2024", is_rating=True,
        is_confirmed=True, direction=_DIRECTIONS[item],
        survey_mode_code="web", item=_ITEMS[item], period_start=first_day[wave], period_end=first_day[wave],
        answer=np.where(_DIRECTIONS[item] == "lower", 6 - answer, answer),
        race_ethnicity_code=noted, race_ethnicity_set=pa.array([sets[code] for code in noted], pa.list_(pa.string())),
    )  # fmt: skip
    wave_of = {
        "period_type": "snapshot", "period_start": first_day[:, None, None], "seed": np.arange(seeds)[:, None, None],
        "geoid": GEOID, "race_standard": "spd15_2024", "measure_version": 2,
        "stratum_type": "survey_item", "stratum_code": _ITEMS[:, None],
    }  # fmt: skip
    everybody = satisfied @ respondents
    world.truth(
        "survey_satisfied_share", **wave_of, race_ethnicity_code=np.array([*races, "all"]),
        truth=100 * np.column_stack([satisfied, everybody]),
    )  # fmt: skip
    both = races == "multiracial"
    for code in _OF_TWO:
        of_code = (races == code) | both
        world.truth(
            "survey_satisfied_share", **wave_of, race_ethnicity_code=code, tabulation="alone_or_in_combination",
            truth=(100 * satisfied[:, of_code] @ respondents[of_code] / respondents[of_code].sum())[:, None],
        )  # fmt: skip
    return world

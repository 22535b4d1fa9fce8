"""`oei__resident_survey`: one CSV, a respondent a row, 160 questions of which only codes are known.

Irregularities: ratings are 1 to 5 and 9 for no opinion; choices have 99 for none and NA for no further one; boxes are Y or NA;
race in words that are no federal categories, NA for some, and written in by a few; years in the city heaped on tens; no day,
only the wave's name.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ingest.sample.city import Profile
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.text import word_list

RESPONDENTS = 800
_WAVE = "1QSEP2025"

# Planted: who answers, and of each group who is satisfied (4 or 5 of those with an opinion) by the first item.
ASKED = {
    "White": 0.55, "Black/African American": 0.25, "Hispanic": 0.09, "two or more races": 0.03, "Asian/Pacific Islander": 0.025,
    "Other": 0.006, "American Indian/Eskimo": 0.005, "NA": 0.044,
}  # fmt: skip
_GROUPS = {
    "White": "white", "Black/African American": "black", "Hispanic": "hisp", "two or more races": "two",
    "Asian/Pacific Islander": "asian", "American Indian/Eskimo": "aian",
}  # fmt: skip
SATISFIED = {"White": 0.82, "Black/African American": 0.52, "Hispanic": 0.66}
_SATISFIED_OTHERWISE = 0.70
FIRST_ITEM = "q1_01"
# Of these the questionnaire (seed survey_wordings) has 1 as the good end: satisfied respondents answer 1 or 2.
REVERSED = ("q28_h", "q29_t", "q30_t")
_NO_OPINION = 0.02

_WRITTEN_IN = ("Hispanic", "Mexican", "Italian", "Arab American", "Mixed")
_WRITTEN_EVERY = 40


def _items() -> dict[str, str | int]:
    """How each item is answered."""
    return {
        f"q{question}_{part}": answered
        for question, (answered, parts) in word_list("survey_questions").items()
        for part in (parts if isinstance(parts, str) else [f"{number:02d}" for number in range(1, parts + 1)])
    }


def _answers(rng: np.random.Generator, item: str, answered: str | int, race: list[str]) -> list[str]:
    """What everybody answers to an item."""
    size = len(race)
    if answered == "box":
        answers = np.where(rng.random(size) < 0.2, "Y", "NA")
    elif answered == "choice":
        none = "99" if item.endswith("_01") else "NA"
        answers = np.where(rng.random(size) < 0.1, none, rng.integers(1, 9, size).astype(str))
    else:
        if isinstance(answered, int):
            rating = rng.integers(1, answered + 1, size)
        else:
            satisfied = np.array([SATISFIED.get(label, _SATISFIED_OTHERWISE) for label in race])
            rating = np.where(rng.random(size) < satisfied, rng.integers(4, 6, size), rng.integers(1, 4, size))
            rating = 6 - rating if item in REVERSED else rating
        answers = np.where(rng.random(size) < _NO_OPINION, 9, rating).astype(str)
    return [str(answer) for answer in answers]


def _person(rng: np.random.Generator, race: list[str], city: Profile) -> list[list[str]]:
    """The columns on the respondents themselves."""
    size = len(race)
    written = [_WRITTEN_IN[at // _WRITTEN_EVERY % len(_WRITTEN_IN)] if at % _WRITTEN_EVERY == 7 else "NA" for at in range(size)]
    years = np.where(rng.random(size) < 0.5, 10 * rng.integers(0, 7, size), rng.integers(0, 80, size)).astype(str)
    four, six, three = (rng.integers(1, high + 1, size).astype(str) for high in (4, 6, 3))
    return [
        *(rng.choice(["1", "2", "9"], size, p=[0.78, 0.19, 0.03]).tolist() for _ in range(2)), four.tolist(),
        ["Condo" if at == 3 else "NA" for at in range(size)], np.where(rng.random(size) < 0.03, "NA", years).tolist(), race,
        written,
        np.where(rng.random(size) < 0.13, "NA", four).tolist(), np.where(rng.random(size) < 0.04, "NA", six).tolist(),
        three.tolist(),
        [city.name] * size, [city.state] * size, [f"{1 + at % 20:05d}" for at in range(size)],
        [str(1 + at % city.districts) for at in range(size)],
        [_WAVE] * size,
    ]  # fmt: skip


@source("oei__resident_survey", period={"start": date(2025, 9, 1), "end": date(2025, 9, 30)})
def survey(delivery: Delivery) -> PlantedCounts:
    """The answers of one wave."""
    rng, asked = delivery.rng, delivery.city.tilted(ASKED, _GROUPS)
    race = rng.choice(list(asked), RESPONDENTS, p=np.array(list(asked.values())) / sum(asked.values())).tolist()
    method = rng.choice(["Web", "Mail", "Phone"], RESPONDENTS, p=[0.6, 0.38, 0.02]).tolist()
    number = np.sort(rng.choice(np.arange(1, 5 * RESPONDENTS), RESPONDENTS, replace=False)).tolist()
    columns = [number, method, *(_answers(rng, *item, race) for item in _items().items()), *_person(rng, race, delivery.city)]
    header = ["id", "method", *_items(), *word_list("survey_person_columns")]
    delivery.table("resident_survey_fy2026.csv", header, zip(*columns, strict=True))
    return delivery.planted(race_not_given=race.count("NA"))

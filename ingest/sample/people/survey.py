"""`oei__resident_survey`: one CSV, a respondent a row, 160 questions of which only codes are known.

Irregularities: ratings are 1 to 5 and 9 for no opinion; choices have 99 for none and NA for no further one; boxes are Y or NA;
race in words that are no federal categories, NA for some, and written in by a few; years in the city heaped on tens; no day,
only the wave's name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.city import STATE
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "oei__resident_survey"
RESPONDENTS = 800
WAVE = "1QSEP2025"

# Planted: who answers, and of each group who is satisfied (4 or 5 of those with an opinion) by the first item.
ASKED = {
    "White": 0.55, "Black/African American": 0.25, "Hispanic": 0.09, "two or more races": 0.03, "Asian/Pacific Islander": 0.025,
    "Other": 0.006, "American Indian/Eskimo": 0.005, "NA": 0.044,
}  # fmt: skip
SATISFIED = {"White": 0.82, "Black/African American": 0.52, "Hispanic": 0.66}
SATISFIED_OTHERWISE = 0.70
FIRST_ITEM = "q1_01"
# Of these the questionnaire (seed survey_wordings) has 1 as the good end: satisfied respondents answer 1 or 2.
REVERSED = ("q28_h", "q29_t", "q30_t")
_NO_OPINION = 0.02

# How many parts each question has, and how it is answered.
_RATINGS = {
    1: 3, 2: 8, 3: 16, 5: 7, 7: 4, 9: 10, 11: 2, 12: 10, 14: 4, 15: 5, 17: 4, 19: 6, 32: 4,
}  # fmt: skip
_CHOICES = {4: 3, 6: 2, 8: 2, 10: 2, 13: 2, 16: 2, 18: 2, 20: 2, 21: 2}
_BOXES = {22: 4, 23: 5}
_SINGLE = {  # question, its code, the highest answer
    24: ("q24_w", 2), 25: ("q25_d", 4), 28: ("q28_h", 5), 29: ("q29_t", 5), 30: ("q30_t", 5),
}  # fmt: skip
_SMALL = {26: (2, 4), 27: (3, 4), 31: (22, 2)}  # parts, the highest answer
_WRITTEN_IN = ("Hispanic", "Mexican", "Italian", "Arab American", "Mixed")
_WRITTEN_EVERY = 40


def items() -> list[str]:
    """The codes of the questions of opinion, in the order of the file."""
    out = []
    for question in range(1, 33):
        if question in _SINGLE:
            out.append(_SINGLE[question][0])
            continue
        parts = (_RATINGS | _CHOICES | _BOXES | {number: parts for number, (parts, _) in _SMALL.items()})[question]
        out += [f"q{question}_{part:02d}" for part in range(1, parts + 1)]
    return out


HEADER = [
    "id", "method", *items(), "q33_d", "q34_d", "q35_w", "q35x4", "q36_a", "q37_race", "q37x5", "q39_w", "q40_w", "q41_w",
    "city", "state", "zip", "counci", "quarte",
]  # fmt: skip


def _answers(rng: np.random.Generator, item: str, race: list[str]) -> list[str]:
    """What everybody answers to an item."""
    question, size = int(item[1:].split("_", maxsplit=1)[0]), len(race)
    if question in _BOXES:
        answers = np.where(rng.random(size) < 0.2, "Y", "NA")
    elif question in _CHOICES:
        none = "99" if item.endswith("_01") else "NA"
        answers = np.where(rng.random(size) < 0.1, none, rng.integers(1, 9, size).astype(str))
    else:
        if question in _RATINGS or item in REVERSED:
            satisfied = np.array([SATISFIED.get(label, SATISFIED_OTHERWISE) for label in race])
            rating = np.where(rng.random(size) < satisfied, rng.integers(4, 6, size), rng.integers(1, 4, size))
            rating = 6 - rating if item in REVERSED else rating
        else:
            highest = _SINGLE[question][1] if question in _SINGLE else _SMALL[question][1]
            rating = rng.integers(1, highest + 1, size)
        answers = np.where(rng.random(size) < _NO_OPINION, 9, rating).astype(str)
    return [str(answer) for answer in answers]


def _person(rng: np.random.Generator, race: list[str]) -> list[list[str]]:
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
        ["Sampleton"] * size, [STATE] * size, [f"{1 + at % 20:05d}" for at in range(size)],
        [str(1 + at % 15) for at in range(size)],
        [WAVE] * size,
    ]  # fmt: skip


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the answers into `folder`; returns what was planted."""
    race = rng.choice(list(ASKED), RESPONDENTS, p=np.array(list(ASKED.values())) / sum(ASKED.values())).tolist()
    method = rng.choice(["Web", "Mail", "Phone"], RESPONDENTS, p=[0.6, 0.38, 0.02]).tolist()
    number = np.sort(rng.choice(np.arange(1, 5 * RESPONDENTS), RESPONDENTS, replace=False)).astype(str).tolist()
    columns = [number, method, *(_answers(rng, item, race) for item in items()), *_person(rng, race)]
    lines = [",".join(row) + "\n" for row in zip(*columns, strict=True)]
    text = ",".join(HEADER) + "\n" + "".join(lines)
    (folder / "resident_survey_fy2026.csv").write_text(text, encoding="ascii", newline="")
    return PlantedCounts(delivered=RESPONDENTS, facts={"race_not_given": race.count("NA")})

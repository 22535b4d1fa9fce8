"""What is planted in the sample's engagement, and the inputs, which are set and not drawn.

Here: events by day, the inputs of residents with their day and language, and the chances from which answers are drawn. The four
deliveries contain the same inputs, each from a stream of its own, so what they share is the same for every seed. Not here: files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import ceil, exp, log

import numpy as np

from ingest.sample.city import SAMPLETON, Profile, person

FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2025, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
YEARS = (2024, 2025)
EVENTS, INPUTS, OLD_INPUTS = 240, 2_400, 40
OLD_DAY = date(2022, 11, 15)  # their three years are over before the city's as-of day
KEPT_YEARS = 3

LANGUAGES = {"en": "English", "es": "Spanish", "hmn": "Hmong", "so": "Somali", "my": "Burmese"}
# Selections, by the resulting group of SPD-15.
SELECTIONS = {
    "white": "White", "black": "Black or African American", "hispanic": "Hispanic or Latino", "asian": "Asian;Hmong",
    "multiracial": "Black or African American; White",
}  # fmt: skip
RACES = {"white": 0.36, "black": 0.30, "hispanic": 0.20, "asian": 0.10, "multiracial": 0.04}
_GROUPS = dict(zip(RACES, ("white", "black", "hisp", "asian", "two"), strict=True))
SPOKEN = {
    "white": {"en": 1.0}, "black": {"en": 0.96, "so": 0.04}, "hispanic": {"en": 0.45, "es": 0.55},
    "asian": {"en": 0.45, "hmn": 0.45, "my": 0.10}, "multiracial": {"en": 1.0},
}  # fmt: skip
THEMES = {
    "Housing": 0.19, "Public safety": 0.17, "Streets and traffic": 0.16, "Parks": 0.13, "Jobs": 0.12, "Youth": 0.11,
    "Lead and water": 0.11,
}  # fmt: skip
RARE_THEME, RARE_EVERY = "Libraries", 200
_TAGGED_BY_NAME = 401  # every 401st input has a theme that is not in the list, and names a person

# Planted: of all inputs some are never answered; half of a group's are within so many days.
NEVER = 0.15
HALF_ANSWERED = {"white": 30, "black": 45, "hispanic": 60, "asian": 60, "multiracial": 45}
ANSWERS = {"Adopted": 0.40, "Adapted": 0.30, "Declined": 0.30}
REASON_GIVEN = {"white": 0.90, "black": 0.80, "hispanic": 0.70, "asian": 0.70, "multiracial": 0.80}
TOLD_IN_OWN = {"en": 1.0, "es": 0.75, "hmn": 0.45, "so": 0.30, "my": 0.20}
# Of interpreters: at how many events one is asked for, and how often one is there then.
ASKED = {"es": 0.50, "hmn": 0.30, "my": 0.10}
GIVEN = {"es": 0.90, "hmn": 0.60, "my": 0.40}
RACE_NOT_TOLD = 0.07


@dataclass(frozen=True)
class Input:
    """One input before it is answered. `race` is the person's own, reported or not."""

    number: str
    event: int
    received: date
    race: str
    language: str
    theme: str
    neighborhood: int


def event_day(event: int) -> date:
    """The day of an event; the first is on the first day of the two years and the last on the last."""
    return FIRST_DAY + timedelta(days=round(event * (DAYS - 1) / (EVENTS - 1)))


def event_number(event: int) -> str:
    """What the platform calls an event."""
    return str(1_000 + event)


@cache
def inputs(city: Profile = SAMPLETON) -> tuple[Input, ...]:
    """Every input of the two years, in the order in which they came; the same for every seed."""
    rng = np.random.default_rng(2907)
    races = rng.choice(list(RACES), INPUTS, p=list(city.tilted(RACES, _GROUPS).values())).tolist()
    themes = rng.choice(list(THEMES), INPUTS, p=np.array(list(THEMES.values())) / sum(THEMES.values())).tolist()
    planned = []
    for at, race in enumerate(races):
        event = at * EVENTS // INPUTS
        spoken = SPOKEN[race]
        theme = RARE_THEME if at % RARE_EVERY == 9 else themes[at]
        if at % _TAGGED_BY_NAME == 5:
            theme = f"Fence of {person(at)}"
        planned.append(
            Input(
                f"IN-{10_000 + at}", event, min(event_day(event) + timedelta(days=at % 7), LAST_DAY), race,
                str(rng.choice(list(spoken), p=list(spoken.values()))), theme, int(rng.integers(0, 12)),
            )
        )  # fmt: skip
    return tuple(planned)


@cache
def answered_by(race: str, days: int) -> float:
    """The chance that an input of a group is answered within so many days."""
    scale = HALF_ANSWERED[race] / -log(1 - 0.5 / (1 - NEVER))
    return (1 - NEVER) * (1 - exp(-max(days, 0) / scale))


def days_to_answer(race: str, luck: float) -> int | None:
    """After how many days an input is answered, by a number drawn evenly from 0 to 1; None: never."""
    if luck >= 1 - NEVER:
        return None
    scale = HALF_ANSWERED[race] / -log(1 - 0.5 / (1 - NEVER))
    return max(1, ceil(-scale * log(1 - luck / (1 - NEVER))))

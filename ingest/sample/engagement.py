"""Engagement: events by day, the inputs of residents, the answers, and the four deliveries that contain them.

The inputs are set and not drawn, with their day and language; answers are drawn from planted chances. The deliveries contain the
same inputs, each from a stream of its own, so what they share is the same for every seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from math import ceil, exp, log
from zoneinfo import ZoneInfo

import numpy as np

from ingest.sample.city import FIRST_NAMES, NAMES, NEIGHBORHOODS, SAMPLETON, Profile, person, phone
from ingest.sample.delivery import Delivery, PlantedCounts, source, write_json
from ingest.sample.places.houses import addresses
from ingest.sample.text import word_list

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
_GROUPS_OF_RACES = dict(zip(RACES, ("white", "black", "hisp", "asian", "two"), strict=True))
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
_SCALES = {race: days / -log(1 - 0.5 / (1 - NEVER)) for race, days in HALF_ANSWERED.items()}
ANSWERS = {"Adopted": 0.40, "Adapted": 0.30, "Declined": 0.30}
REASON_GIVEN = {"white": 0.90, "black": 0.80, "hispanic": 0.70, "asian": 0.70, "multiracial": 0.80}
TOLD_IN_OWN = {"en": 1.0, "es": 0.75, "hmn": 0.45, "so": 0.30, "my": 0.20}
# Of interpreters: at how many events one is asked for, and how often one is there then.
ASKED = {"es": 0.50, "hmn": 0.30, "my": 0.10}
GIVEN = {"es": 0.90, "hmn": 0.60, "my": 0.40}
RACE_NOT_TOLD = 0.07
_ON_LINE = ("Online survey", "Phone call")
PARTICIPANTS = 2_400  # of the two years, as many in each
# Planted: who comes, by the group under the standard of 1997, including those who do not answer; and how many are under 18.
PARTICIPANT_GROUPS = {"white": 0.44, "black": 0.22, "hispanic": 0.13, "asian": 0.07, "multiracial": 0.06, "": 0.08}
GROUPS_OF_PARTICIPANTS = {"white": "white", "black": "black", "hispanic": "hisp", "asian": "asian", "multiracial": "two"}
MINORS = 0.05
_PARTICIPANTS_REPEATED = 5
_OWN_NAMES = {"es": "Español", "hmn": "Hmoob"}
_INPUTS_REPEATED = 4
_LOGGED_AFTER = 3


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
def every_input(city: Profile = SAMPLETON) -> tuple[Input, ...]:
    """Every input of the two years, in the order in which they came; the same for every seed."""
    rng = np.random.default_rng(2907)
    races = rng.choice(list(RACES), INPUTS, p=list(city.tilted(RACES, _GROUPS_OF_RACES).values())).tolist()
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
    return (1 - NEVER) * (1 - exp(-max(days, 0) / _SCALES[race]))


def _interpreters(rng: np.random.Generator) -> list[dict[str, object]]:
    """Asked for or not, offered, given, language by language."""
    events: list[dict[str, object]] = []
    for code, share in ASKED.items():
        is_asked, is_given, is_offered = (bool(rng.random() < chance) for chance in (share, GIVEN[code], 0.3))
        if is_asked or is_offered:
            given = is_asked and is_given
            language = LANGUAGES[code]
            events.append({"language": language, "asked": is_asked, "offered": given or is_offered, "given": given})
    return events


@source("oei__engagement_events")
def events(delivery: Delivery) -> PlantedCounts:
    """One JSON file as the interface of an engagement platform exports it.

    Irregularities: lists and objects inside a record, instants with their offset across daylight saving, events on line without a
    place, the level that was delivered below the one that was promised, or empty.
    """
    zone, records, asked = ZoneInfo(delivery.city.time_zone), [], 0
    levels, channels = word_list("levels_of_engagement"), word_list("channels_of_engagement")
    for event in range(EVENTS):
        starts = datetime.combine(event_day(event), time(10 + event % 9, 30 * (event % 2)), zone)
        channel, number = channels[event % len(channels)], event_number(event)
        promised = 1 + event % 4
        kept = promised - (1 if event % 5 == 3 else 0)
        languages = ["English"] + (["Spanish"] if event % 3 == 0 else []) + (["Hmong"] if event % 4 == 0 else [])
        interpreters = [] if channel == "Online survey" and event % 2 else _interpreters(delivery.rng)
        asked += sum(bool(one["asked"]) for one in interpreters)
        records.append(
            {
                "id": int(number), "title": f"{NAMES[event % len(NAMES)].title()} conversation {event + 1}",
                "promise": levels[promised], "delivered": "" if event % 40 == 39 else levels[kept], "channel": channel,
                "languages": languages, "interpreters": interpreters, "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=2)).isoformat(),
                "venue_address": "" if channel in _ON_LINE else addresses()[(4_007 * event + 31) % len(addresses())],
                "url": f"https://engage.example/{number}",
            }
        )  # fmt: skip
    write_json(delivery.folder / "events.json", {"exported_at": f"{LAST_DAY}", "results": records})
    delivery.delivered = len(records)
    return delivery.planted(interpreters_asked=asked)


@source("oei__engagement_participation")
def participation(delivery: Delivery) -> PlantedCounts:
    """One CSV with a byte order mark, one row per participant and event, typed from sheets.

    Irregularities: all selected races in one cell; skipped questions, or `Prefer not to answer`; names and
    mail addresses; repeated rows.
    """
    rng, shares = delivery.rng, list(delivery.city.tilted(PARTICIPANT_GROUPS, GROUPS_OF_PARTICIPANTS).values())
    groups = rng.choice(list(PARTICIPANT_GROUPS), PARTICIPANTS, p=shares).tolist()
    minor = (rng.random(PARTICIPANTS) < MINORS).tolist()
    of_ages = word_list("participants_ages")
    ages = rng.choice(list(of_ages), PARTICIPANTS, p=list(of_ages.values())).tolist()
    ticked, live = rng.integers(0, 2_520, PARTICIPANTS).tolist(), rng.integers(0, 14, PARTICIPANTS).tolist()
    rows = []
    for at, group in enumerate(groups):
        event, labels = at * EVENTS // PARTICIPANTS, word_list("participants_tick")[group]
        rows.append(
            (
                f"P{at:06d}", event_number(event), f"{event_day(event):%m/%d/%Y}", person(at),
                f"{person(at).replace(' ', '.').lower()}@mail.example", labels[ticked[at] % len(labels)],
                ("English", "Spanish", "Hmong", "")[ticked[at] % 4] if group in ("hispanic", "asian") else "English",
                "Under 18" if minor[at] else ages[at], NEIGHBORHOODS[live[at]] if live[at] < 12 else "",
            )
        )  # fmt: skip
    rows += rows[100 : 100 + _PARTICIPANTS_REPEATED]
    delivery.table("participation.csv", word_list("participation_columns"), rows, encoding="utf-8-sig", end="\r\n")
    return delivery.planted(duplicate=_PARTICIPANTS_REPEATED, under_18=sum(minor), race_not_told=groups.count(""))


def _comment(at: int, theme: str) -> str:
    name = f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {NAMES[(at + 3) % len(NAMES)].title()}"
    return (
        f"About {theme.lower()}: nobody listens.\nI am {name}, call me at {phone(at)}\r\n"
        f'My neighbor {NAMES[at % len(NAMES)].title()} said "it was always so".'
    )


def _input_row(at: int, item: Input, gave_race: bool, kept_until: date) -> tuple[object, ...]:
    is_foreign, language = item.language != "en", LANGUAGES[item.language]
    return (
        item.number, event_number(item.event), item.received, person(at), phone(at), _comment(at, item.theme),
        "A translation, with the same names in it" if is_foreign else "", "Yes" if is_foreign else "", item.theme,
        _OWN_NAMES.get(item.language, language) if at % 3 == 0 else language,
        SELECTIONS[item.race] if gave_race else "", NEIGHBORHOODS[item.neighborhood], kept_until,
    )  # fmt: skip


@source("oei__engagement_inputs")
def inputs(delivery: Delivery) -> PlantedCounts:
    """One file in UTF-16 with tabs, one row per input, as a spreadsheet saves "Unicode text".

    Irregularities: comments over several lines with quotes, names, telephones and addresses in them; columns of names and
    contacts; a theme that names a person; inputs past their retention; languages under their own names; repeated rows.
    """
    gave_race = (delivery.rng.random(INPUTS + OLD_INPUTS) >= RACE_NOT_TOLD).tolist()
    rows = []
    for at in range(OLD_INPUTS):
        received = OLD_DAY + timedelta(days=at % 20)
        old = Input(f"IN-{9_000 + at}", 0, received, list(RACES)[at % 5], "en", "Parks", at % 12)
        rows.append(_input_row(at, old, gave_race[at], received.replace(year=received.year + KEPT_YEARS)))
    for at, item in enumerate(every_input(delivery.city), start=OLD_INPUTS):
        rows.append(_input_row(at, item, gave_race[at], item.received + timedelta(days=366 * KEPT_YEARS)))
    rows += rows[200 : 200 + _INPUTS_REPEATED]
    delivery.table("inputs.csv", word_list("input_columns"), rows, encoding="utf-16", delimiter="\t", end="\r\n")
    return delivery.planted(duplicate=_INPUTS_REPEATED, past_retention=OLD_INPUTS, race_not_told=gave_race.count(False))


def _answered(item: Input, at: int, answered_on: date, luck: np.ndarray) -> tuple[object, ...]:
    """The cells of an input that was answered, from `Answer` on."""
    answer = list(ANSWERS)[int(np.searchsorted(np.cumsum(list(ANSWERS.values())), luck[1]))]
    reasons = word_list("reasons_to_decline")
    reason = reasons[at % len(reasons)] if answer == "Declined" and luck[2] < REASON_GIVEN[item.race] else None
    is_own = item.language != "en" and luck[3] < TOLD_IN_OWN[item.language]
    decided = answered_on - timedelta(days=2 + at % 5)
    decision: tuple[object, ...] = (None, None, None)
    if answer != "Declined":
        theme = list(THEMES).index(item.theme) if item.theme in THEMES else 9
        decision = ("Common Council", decided, f"{decided:%y}0{decided.month // 4}{theme}7")
    languages = f"English; {LANGUAGES[item.language]}" if is_own else "English"
    return (answer, reason, f"Dear {person(at)}, …", *decision, answered_on, word_list("told_by")[at % 4], languages)


def _logged(rng: np.random.Generator, city: Profile) -> Iterator[tuple[object, ...]]:
    every = every_input(city)
    for at, (item, luck) in enumerate(zip(every, rng.random((len(every), 4)), strict=True)):
        answered_on = None
        if luck[0] < 1 - NEVER:
            answered_on = item.received + timedelta(days=max(1, ceil(-_SCALES[item.race] * log(1 - luck[0] / (1 - NEVER)))))
        logged = min(item.received + timedelta(days=_LOGGED_AFTER), LAST_DAY)
        if answered_on is not None and answered_on <= LAST_DAY:
            yield (item.number, min(logged, answered_on), *_answered(item, at, answered_on, luck))
        elif at % 2:
            yield (item.number, logged, "Pending")


@source("oei__engagement_responses")
def responses(delivery: Delivery) -> PlantedCounts:
    """An Excel workbook, the office's log of comments and responses, below a title block.

    Irregularities: an input without a handler is not in the log; one with a handler is `Pending` until the person is answered;
    empty reasons; the letter to the person, with the name in it; two languages in one cell. Planted: the days to an answer, the
    answer, its reason and its language are drawn from the chances in `planted_inputs`.
    """
    title = (f"{delivery.city.title}: what we heard and what we did", "Comments and responses", "For the office")
    rows = list(_logged(delivery.rng, delivery.city))
    delivery.workbook("comment_response_log.xlsx", "Log", title, {"": word_list("log_columns")}, rows)
    return delivery.planted(answered=sum(row[2] != "Pending" for row in rows))

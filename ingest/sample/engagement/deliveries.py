"""The four deliveries of engagement: events, participation, what residents said, and the answers to it.

See `planted_inputs` for what they share and for the chances from which they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from ingest.sample.city import FIRST_NAMES, NAMES, NEIGHBORHOODS, SAMPLETON, Profile, person, phone
from ingest.sample.delivery import Delivery, PlantedCounts, source, write_json
from ingest.sample.engagement import planted_inputs as planted
from ingest.sample.engagement.planted_inputs import Input
from ingest.sample.places.houses import addresses
from ingest.sample.text import word_list

_LEVELS = ("Inform", "Consult", "Involve", "Collaborate", "Empower")
_CHANNELS = ("Public meeting", "Open house", "Pop-up", "Online survey", "Listening session", "Phone call")
_ON_LINE = ("Online survey", "Phone call")

PARTICIPANTS = 2_400  # of the two years, as many in each
# Planted: who comes, by the group under the standard of 1997, including those who do not answer; and how many are under 18.
PARTICIPANT_GROUPS = {"white": 0.44, "black": 0.22, "hispanic": 0.13, "asian": 0.07, "multiracial": 0.06, "": 0.08}
_GROUPS = {"white": "white", "black": "black", "hispanic": "hisp", "asian": "asian", "multiracial": "two"}
MINORS = 0.05
# Selections: a tenth of white is Middle Eastern or North African, some Hispanic participants also tick a race.
_TICKED = {
    "white": ("White",) * 9 + ("Middle Eastern or North African",),
    "black": ("Black or African American",),
    "hispanic": ("Hispanic or Latino", "Hispanic or Latino; White", "Mexican"),
    "asian": ("Asian", "Hmong", "Asian;Hmong"),
    "multiracial": ("Black or African American; White", "Asian; White"),
    "": ("", "Prefer not to answer"),
}
_AGES = ("18-24", "25-44", "45-64", "65 and over", "", "Prefer not to answer")
_AGE_SHARES = (0.10, 0.35, 0.30, 0.20, 0.03, 0.02)
_PARTICIPANTS_REPEATED = 5

_OWN_NAMES = {"es": "Español", "hmn": "Hmoob"}
_INPUTS_REPEATED = 4

_REASONS = ("No money in the budget", "Not the city's to decide", "Against the law", "Already under way")
_TOLD_BY = ("Letter", "Email", "Public meeting", "Phone call")
_LOGGED_AFTER = 3


def participant_groups(city: Profile = SAMPLETON) -> dict[str, float]:
    """Who comes in a city."""
    return city.tilted(PARTICIPANT_GROUPS, _GROUPS)


def _interpreters(rng: np.random.Generator) -> list[dict[str, object]]:
    """Asked for or not, offered, given, language by language."""
    events: list[dict[str, object]] = []
    for code, share in planted.ASKED.items():
        is_asked, is_given, is_offered = (bool(rng.random() < chance) for chance in (share, planted.GIVEN[code], 0.3))
        if is_asked or is_offered:
            given = is_asked and is_given
            language = planted.LANGUAGES[code]
            events.append({"language": language, "asked": is_asked, "offered": given or is_offered, "given": given})
    return events


@source("oei__engagement_events")
def events(delivery: Delivery) -> PlantedCounts:
    """One JSON file as the interface of an engagement platform exports it.

    Irregularities: lists and objects inside a record, instants with their offset across daylight saving, events on line without a
    place, the level that was delivered below the one that was promised, or empty.
    """
    zone, records, asked = ZoneInfo(delivery.city.time_zone), [], 0
    for event in range(planted.EVENTS):
        starts = datetime.combine(planted.event_day(event), time(10 + event % 9, 30 * (event % 2)), zone)
        channel, number = _CHANNELS[event % len(_CHANNELS)], planted.event_number(event)
        promised = 1 + event % 4
        kept = promised - (1 if event % 5 == 3 else 0)
        languages = ["English"] + (["Spanish"] if event % 3 == 0 else []) + (["Hmong"] if event % 4 == 0 else [])
        interpreters = [] if channel == "Online survey" and event % 2 else _interpreters(delivery.rng)
        asked += sum(bool(one["asked"]) for one in interpreters)
        records.append(
            {
                "id": int(number), "title": f"{NAMES[event % len(NAMES)].title()} conversation {event + 1}",
                "promise": _LEVELS[promised], "delivered": "" if event % 40 == 39 else _LEVELS[kept], "channel": channel,
                "languages": languages, "interpreters": interpreters, "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=2)).isoformat(),
                "venue_address": "" if channel in _ON_LINE else addresses()[(4_007 * event + 31) % len(addresses())],
                "url": f"https://engage.example/{number}",
            }
        )  # fmt: skip
    write_json(delivery.folder / "events.json", {"exported_at": f"{planted.LAST_DAY}", "results": records})
    delivery.delivered = len(records)
    return delivery.planted(interpreters_asked=asked)


@source("oei__engagement_participation")
def participation(delivery: Delivery) -> PlantedCounts:
    """One CSV with a byte order mark, one row per participant and event, typed from sheets.

    Irregularities: all selected races in one cell; skipped questions, or `Prefer not to answer`; names and
    mail addresses; repeated rows.
    """
    rng, shares = delivery.rng, list(participant_groups(delivery.city).values())
    groups = rng.choice(list(PARTICIPANT_GROUPS), PARTICIPANTS, p=shares).tolist()
    minor = (rng.random(PARTICIPANTS) < MINORS).tolist()
    ages = rng.choice(len(_AGES), PARTICIPANTS, p=_AGE_SHARES).tolist()
    ticked, live = rng.integers(0, 2_520, PARTICIPANTS).tolist(), rng.integers(0, 14, PARTICIPANTS).tolist()
    rows = []
    for at, group in enumerate(groups):
        event, labels = at * planted.EVENTS // PARTICIPANTS, _TICKED[group]
        rows.append(
            (
                f"P{at:06d}", planted.event_number(event), f"{planted.event_day(event):%m/%d/%Y}", person(at),
                f"{person(at).replace(' ', '.').lower()}@mail.example", labels[ticked[at] % len(labels)],
                ("English", "Spanish", "Hmong", "")[ticked[at] % 4] if group in ("hispanic", "asian") else "English",
                "Under 18" if minor[at] else _AGES[ages[at]], NEIGHBORHOODS[live[at]] if live[at] < 12 else "",
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
    is_foreign, language = item.language != "en", planted.LANGUAGES[item.language]
    return (
        item.number, planted.event_number(item.event), item.received, person(at), phone(at), _comment(at, item.theme),
        "A translation, with the same names in it" if is_foreign else "", "Yes" if is_foreign else "", item.theme,
        _OWN_NAMES.get(item.language, language) if at % 3 == 0 else language,
        planted.SELECTIONS[item.race] if gave_race else "", NEIGHBORHOODS[item.neighborhood], kept_until,
    )  # fmt: skip


@source("oei__engagement_inputs")
def inputs(delivery: Delivery) -> PlantedCounts:
    """One file in UTF-16 with tabs, one row per input, as a spreadsheet saves "Unicode text".

    Irregularities: comments over several lines with quotes, names, telephones and addresses in them; columns of names and
    contacts; a theme that names a person; inputs past their retention; languages under their own names; repeated rows.
    """
    gave_race = (delivery.rng.random(planted.INPUTS + planted.OLD_INPUTS) >= planted.RACE_NOT_TOLD).tolist()
    rows = []
    for at in range(planted.OLD_INPUTS):
        received = planted.OLD_DAY + timedelta(days=at % 20)
        old = Input(f"IN-{9_000 + at}", 0, received, list(planted.RACES)[at % 5], "en", "Parks", at % 12)
        rows.append(_input_row(at, old, gave_race[at], received.replace(year=received.year + planted.KEPT_YEARS)))
    for at, item in enumerate(planted.inputs(delivery.city), start=planted.OLD_INPUTS):
        rows.append(_input_row(at, item, gave_race[at], item.received + timedelta(days=366 * planted.KEPT_YEARS)))
    rows += rows[200 : 200 + _INPUTS_REPEATED]
    delivery.table("inputs.csv", word_list("input_columns"), rows, encoding="utf-16", delimiter="\t", end="\r\n")
    return delivery.planted(duplicate=_INPUTS_REPEATED, past_retention=planted.OLD_INPUTS, race_not_told=gave_race.count(False))


def _answered(item: Input, at: int, answered_on: date, luck: np.ndarray) -> tuple[object, ...]:
    """The cells of an input that was answered, from `Answer` on."""
    answer = list(planted.ANSWERS)[int(np.searchsorted(np.cumsum(list(planted.ANSWERS.values())), luck[1]))]
    reason = _REASONS[at % len(_REASONS)] if answer == "Declined" and luck[2] < planted.REASON_GIVEN[item.race] else None
    is_own = item.language != "en" and luck[3] < planted.TOLD_IN_OWN[item.language]
    decided = answered_on - timedelta(days=2 + at % 5)
    decision: tuple[object, ...] = (None, None, None)
    if answer != "Declined":
        theme = list(planted.THEMES).index(item.theme) if item.theme in planted.THEMES else 9
        decision = ("Common Council", decided, f"{decided:%y}0{decided.month // 4}{theme}7")
    languages = f"English; {planted.LANGUAGES[item.language]}" if is_own else "English"
    return (answer, reason, f"Dear {person(at)}, …", *decision, answered_on, _TOLD_BY[at % 4], languages)


def _logged(rng: np.random.Generator, city: Profile) -> Iterator[tuple[object, ...]]:
    every = planted.inputs(city)
    for at, (item, luck) in enumerate(zip(every, rng.random((len(every), 4)), strict=True)):
        days = planted.days_to_answer(item.race, float(luck[0]))
        answered_on = None if days is None else item.received + timedelta(days=days)
        logged = min(item.received + timedelta(days=_LOGGED_AFTER), planted.LAST_DAY)
        if answered_on is not None and answered_on <= planted.LAST_DAY:
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

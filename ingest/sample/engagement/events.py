"""`oei__engagement_events`: one JSON file as the interface of an engagement platform exports it.

Irregularities: lists and objects inside a record, instants with their offset across daylight saving, events on line without a
place, the level that was delivered below the one that was promised, or empty.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from ingest.sample.city import NAMES, TIME_ZONE
from ingest.sample.engagement import plan
from ingest.sample.places.houses import addresses
from ingest.sample.sample_folder import PlantedCounts, write_json

SOURCE = "oei__engagement_events"
_LEVELS = ("Inform", "Consult", "Involve", "Collaborate", "Empower")
_CHANNELS = ("Public meeting", "Open house", "Pop-up", "Online survey", "Listening session", "Phone call")
_ON_LINE = ("Online survey", "Phone call")


def _interpreters(rng: np.random.Generator) -> list[dict[str, object]]:
    """Asked for or not, offered, given, language by language."""
    events: list[dict[str, object]] = []
    for code, share in plan.ASKED.items():
        asked, given, offered = rng.random() < share, rng.random() < plan.GIVEN[code], rng.random() < 0.3
        if asked or offered:
            was_provided = bool(asked and given)
            events.append(
                {
                    "language": plan.LANGUAGES[code],
                    "asked": bool(asked),
                    "offered": was_provided or bool(offered),
                    "given": was_provided,
                }
            )
    return events


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the export into `folder`; returns what was planted."""
    zone, records, asked = ZoneInfo(TIME_ZONE), [], 0
    for event in range(plan.EVENTS):
        starts = datetime.combine(plan.event_day(event), time(10 + event % 9, 30 * (event % 2)), zone)
        channel = _CHANNELS[event % len(_CHANNELS)]
        promised = 1 + event % 4
        delivered = promised - (1 if event % 5 == 3 else 0)
        languages = ["English"] + (["Spanish"] if event % 3 == 0 else []) + (["Hmong"] if event % 4 == 0 else [])
        interpreters = [] if channel == "Online survey" and event % 2 else _interpreters(rng)
        asked += sum(bool(one["asked"]) for one in interpreters)
        records.append(
            {
                "id": int(plan.event_number(event)), "title": f"{NAMES[event % len(NAMES)].title()} conversation {event + 1}",
                "promise": _LEVELS[promised], "delivered": "" if event % 40 == 39 else _LEVELS[delivered], "channel": channel,
                "languages": languages, "interpreters": interpreters, "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=2)).isoformat(),
                "venue_address": "" if channel in _ON_LINE else addresses()[(4_007 * event + 31) % len(addresses())],
                "url": f"https://engage.example/{plan.event_number(event)}",
            }
        )  # fmt: skip
    write_json(folder / "events.json", {"exported_at": f"{plan.LAST_DAY}", "results": records})
    return PlantedCounts(delivered=len(records), facts={"interpreters_asked": asked})

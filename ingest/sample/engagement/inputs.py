"""`oei__engagement_inputs`: one file in UTF-16 with tabs, one row per input, as a spreadsheet saves "Unicode text".

Irregularities: comments over several lines with quotes, names, telephones and addresses in them; columns of names and contacts;
a theme that names a person; inputs past their retention; languages under their own names; repeated rows.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.city import FIRST_NAMES, NAMES, NEIGHBORHOODS, phone
from ingest.sample.engagement import plan
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "oei__engagement_inputs"
HEADER = (
    "Input ID", "Event ID", "Received", "Name", "Contact", "Comment", "Translation", "Translated", "Theme", "Language",
    "Race and/or ethnicity", "Neighborhood", "Keep until",
)  # fmt: skip
_OWN_NAMES = {"es": "Español", "hmn": "Hmoob"}
_REPEATED = 4


def _comment(at: int, theme: str) -> str:
    name = f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {NAMES[(at + 3) % len(NAMES)].title()}"
    return (
        f"About {theme.lower()}: nobody listens.\nI am {name}, call me at {phone(at)}\r\n"
        f'My neighbor {NAMES[at % len(NAMES)].title()} said "it was always so".'
    )


def _row(at: int, item: plan.Input, gave_race: bool, kept_until: date) -> tuple[object, ...]:
    name = f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {NAMES[at % len(NAMES)].title()}"
    foreign = item.language != "en"
    language = _OWN_NAMES.get(item.language, plan.LANGUAGES[item.language]) if at % 3 == 0 else plan.LANGUAGES[item.language]
    return (
        item.number, plan.event_number(item.event), item.received, name, phone(at), _comment(at, item.theme),
        "A translation, with the same names in it" if foreign else "", "Yes" if foreign else "", item.theme, language,
        plan.SELECTIONS[item.race] if gave_race else "", NEIGHBORHOODS[item.neighborhood], kept_until,
    )  # fmt: skip


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the inputs into `folder`; returns what was planted."""
    gave_race = (rng.random(plan.INPUTS + plan.OLD_INPUTS) >= plan.RACE_NOT_TOLD).tolist()
    rows = []
    for at in range(plan.OLD_INPUTS):
        received = plan.OLD_DAY + timedelta(days=at % 20)
        old = plan.Input(f"IN-{9_000 + at}", 0, received, list(plan.RACES)[at % 5], "en", "Parks", at % 12)
        rows.append(_row(at, old, gave_race[at], received.replace(year=received.year + plan.KEPT_YEARS)))
    for at, item in enumerate(plan.inputs(), start=plan.OLD_INPUTS):
        rows.append(_row(at, item, gave_race[at], item.received + timedelta(days=366 * plan.KEPT_YEARS)))
    rows += rows[200 : 200 + _REPEATED]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    (folder / "inputs.csv").write_bytes(text.getvalue().encode("utf-16"))
    return PlantedCounts(
        delivered=len(rows),
        duplicate=_REPEATED,
        facts={"past_retention": plan.OLD_INPUTS, "race_not_told": gave_race.count(False)},
    )

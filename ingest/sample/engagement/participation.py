"""`oei__engagement_participation`: one CSV with a byte order mark, one row per participant and event, typed from sheets.

Irregularities: all selected races in one cell; skipped questions, or `Prefer not to answer`; names and
mail addresses; repeated rows.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.city import FIRST_NAMES, NAMES, NEIGHBORHOODS
from ingest.sample.engagement import plan
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "oei__engagement_participation"
PARTICIPANTS = 2_400  # of the two years, as many in each
HEADER = (
    "Response ID", "Event ID", "Date", "Name", "Email", "Race and/or ethnicity (select all that apply)", "Preferred language",
    "Age", "Neighborhood",
)  # fmt: skip
# Planted: who comes, by the group under the standard of 1997, including those who do not answer; and how many are under 18.
GROUPS = {"white": 0.44, "black": 0.22, "hispanic": 0.13, "asian": 0.07, "multiracial": 0.06, "": 0.08}
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
_REPEATED = 5


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the sheet into `folder`; returns what was planted."""
    groups = rng.choice(list(GROUPS), PARTICIPANTS, p=list(GROUPS.values())).tolist()
    minor = (rng.random(PARTICIPANTS) < MINORS).tolist()
    ages = rng.choice(len(_AGES), PARTICIPANTS, p=_AGE_SHARES).tolist()
    ticked, live = rng.integers(0, 2_520, PARTICIPANTS).tolist(), rng.integers(0, 14, PARTICIPANTS).tolist()
    rows = []
    for at, group in enumerate(groups):
        event = at * plan.EVENTS // PARTICIPANTS
        name = f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {NAMES[at % len(NAMES)].title()}"
        labels = _TICKED[group]
        rows.append(
            (
                f"P{at:06d}", plan.event_number(event), f"{plan.event_day(event):%m/%d/%Y}", name,
                f"{name.replace(' ', '.').lower()}@mail.example", labels[ticked[at] % len(labels)],
                ("English", "Spanish", "Hmong", "")[ticked[at] % 4] if group in ("hispanic", "asian") else "English",
                "Under 18" if minor[at] else _AGES[ages[at]], NEIGHBORHOODS[live[at]] if live[at] < 12 else "",
            )
        )  # fmt: skip
    rows += rows[100 : 100 + _REPEATED]
    with (folder / "participation.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    return PlantedCounts(
        delivered=len(rows), duplicate=_REPEATED, facts={"under_18": sum(minor), "race_not_told": groups.count("")}
    )

"""`mhd__lead_tests`: one file with bars between the cells, one row per tested child and year, as a registry's extract.

Irregularities: names, days of birth and telephones in the file; samples too small for a result (`QNS`), some corrected by a
later row of the same number; repeated rows; addresses with a flat; children of unknown race; a definition of elevated that
changed.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.city import FIRST_NAMES, NAMES, phone
from ingest.sample.places.houses import addresses, houses
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "mhd__lead_tests"
HEADER = "RECORD_NO|CHILD_NAME|DOB|GUARDIAN_PHONE|SAMPLE_DATE|AGE_MONTHS|RACE_ETHNICITY|SAMPLE_TYPE|RESULT_UG_DL|ADDRESS\n"
YEARS = range(2020, 2026)
TESTED = 6_000  # children a year: over three years 20 and more elevated results of each large group in most districts
# From which result on it is elevated, and since which year.
THRESHOLDS = {2020: 5.0, 2022: 3.5}

# Planted: who is tested, and the share of each group with 5.0 micrograms per decilitre or more, and with 3.5 or more.
RACES = {
    "Black, non-Hispanic": 0.45, "White, non-Hispanic": 0.25, "Hispanic": 0.22, "Asian, non-Hispanic": 0.05,
    "American Indian, non-Hispanic": 0.03,
}  # fmt: skip
ELEVATED = {
    "Black, non-Hispanic": (0.11, 0.21), "White, non-Hispanic": (0.05, 0.10), "Hispanic": (0.07, 0.13),
    "Asian, non-Hispanic": (0.06, 0.12), "American Indian, non-Hispanic": (0.08, 0.15),
}  # fmt: skip
UNKNOWN = 0.06
_NO_RESULT_EVERY, _MENDED_EVERY = 90, 180
_REPEATED = 4


def threshold(year: int) -> float:
    """From which result on a child's lead is elevated in a year."""
    return THRESHOLDS[max(first for first in THRESHOLDS if first <= year)]


def elevated(label: str, year: int) -> float:
    """The planted share of a group's tested children whose lead is elevated by the definition of the year."""
    return ELEVATED[label][0 if threshold(year) == THRESHOLDS[2020] else 1]


def _results(rng: np.random.Generator, race: np.ndarray) -> list[str]:
    """A result for each child: above the higher threshold, between the two, or below both."""
    higher, lower = np.array(list(ELEVATED.values()))[race].T
    luck, within = rng.random(len(race)), rng.random(len(race))
    tenths = np.where(
        luck < higher, 50 + np.floor(within * 200), np.where(luck < lower, 35 + np.floor(within * 15), 1 + np.floor(within * 34))
    )
    return [f"{value / 10:.1f}" for value in tenths.tolist()]


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the extract into `folder`; returns what was planted."""
    labels, count = list(RACES), TESTED * len(YEARS)
    race = rng.choice(len(labels), count, p=list(RACES.values()))
    results, unknown, home = _results(rng, race), rng.random(count) < UNKNOWN, rng.integers(0, len(houses()), count)
    days, months = rng.integers(0, 365, count).tolist(), rng.integers(6, 72, count).tolist()
    days[-1] = 363  # the extract is as fresh as it can be
    lines, corrected = [], []
    for at in range(count):
        day = date(YEARS[at // TESTED], 1, 1) + timedelta(days=days[at])
        born = day - timedelta(days=int(30.44 * months[at]))
        race_label = ("Unknown" if at % 3 else "") if unknown[at] else labels[race[at]]
        address = addresses()[home[at]] + (" #2" if at % 12 == 0 else "")
        name = f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {NAMES[at % len(NAMES)].title()}"
        row = (
            f"R{at:06d}|{name}|{born:%m/%d/%Y}|{phone(at)}|{day:%m/%d/%Y}|{months[at]}|{race_label}|"
            f"{'capillary' if at % 3 else 'venous'}|{{}}|{address}\n"
        )  # fmt: skip
        lines.append(row.format("QNS" if at % _NO_RESULT_EVERY == 7 else results[at]))
        if at % _MENDED_EVERY == 7:
            corrected.append(row.format(results[at]))
    lines += lines[50 : 50 + _REPEATED] + corrected
    (folder / "lead_registry_extract.txt").write_text(HEADER + "".join(lines), encoding="ascii", newline="")
    return PlantedCounts(delivered=len(lines), duplicate=_REPEATED, superseded=len(corrected), facts={"children": count})

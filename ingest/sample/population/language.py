"""`census__acs_language`: language spoken at home by ability to speak English (C16001) for the tracts of 2020, in an archive.

Irregularities: two header rows, codes and then labels with `!!`; GEO_ID with its summary level in front; a margin next to every
estimate; a text file about the table next to it; the county and not the city; Hmong within a group of languages.
Planted: each tract's people by group are fixed, and so are those who speak English less than very well.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.places import ground
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "census__acs_language"
GROUPS = (
    "Spanish", "French, Haitian, or Cajun", "German or other West Germanic languages",
    "Russian, Polish, or other Slavic languages",
    "Other Indo-European languages", "Korean", "Chinese (incl. Mandarin, Cantonese)", "Vietnamese", "Tagalog (incl. Filipino)",
    "Other Asian and Pacific Island languages", "Arabic", "Other and unspecified languages",
)  # fmt: skip
# Planted: of a tract's people 5 and over those who speak a group's languages at home, and of these those who speak English less
# than very well.
_SPEAK = (0.14, 0.004, 0.004, 0.008, 0.012, 0.001, 0.004, 0.002, 0.002, 0.028, 0.008, 0.008)
_LESS_THAN_VERY_WELL = (0.42, 0.2, 0.15, 0.3, 0.3, 0.45, 0.45, 0.5, 0.3, 0.48, 0.35, 0.45)
_PEOPLE = (1_400, 5_600)
_ABILITIES = ("", '!!Speak English "very well"', '!!Speak English less than "very well"')


def _lines() -> list[str]:
    line_labels = ["Total:", "Total:!!Speak only English"]
    for group in GROUPS:
        line_labels += [
            f"Total:!!{group}:{ability}"
            for ability in ("", '!!Speak English "very well"', '!!Speak English less than "very well"')
        ]
    return line_labels


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the archive into `folder`; returns what was planted."""
    tracts = np.unique(ground.tracts(2020)).tolist()
    totals = rng.integers(*_PEOPLE, len(tracts))
    speak = rng.poisson(totals[:, None] * np.array(_SPEAK) * rng.uniform(0.4, 1.6, (len(tracts), 1)))
    less = rng.binomial(speak, _LESS_THAN_VERY_WELL)
    lines = np.empty((len(tracts), 38), dtype=np.int64)
    lines[:, 0], lines[:, 1] = totals, totals - speak.sum(axis=1)
    lines[:, 2::3], lines[:, 3::3], lines[:, 4::3] = speak, speak - less, less
    margins = np.where(lines == 0, 9, np.rint(1.645 * 2 * np.sqrt(lines)).astype(np.int64))
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["GEO_ID", "NAME", *(f"C16001_{at:03d}{kind}" for at in range(1, 39) for kind in "EM")])
    rows.writerow(
        [
            "Geography",
            "Geographic Area Name",
            *(f"{kind}!!{label}" for label in _lines() for kind in ("Estimate", "Margin of Error")),
        ]
    )
    for tract, estimate, margin in zip(tracts, lines.tolist(), margins.tolist(), strict=True):
        pairs = [value for pair in zip(estimate, margin, strict=True) for value in pair]
        rows.writerow(
            [f"1400000US{COUNTY_GEOID}{tract:06d}", f"Census Tract {tract / 100:g}; Sample County; Sample State", *pairs]
        )
    with zipfile.ZipFile(folder / "ACSDT5Y2022.C16001.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("ACSDT5Y2022.C16001-Data.csv", text.getvalue()),
            ("ACSDT5Y2022.C16001-Table-Notes.txt", "C16001, five years, people 5 and over"),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return PlantedCounts(delivered=len(tracts), facts={"less_than_very_well": int(less.sum())})

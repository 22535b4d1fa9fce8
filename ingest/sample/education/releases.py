"""The two releases of each school table: withdrawals, corrections and hidden cells of the newer one, and the names of the files.

A release lists every school year up to its own. The newer one lists the school year REVISED again: one school is withdrawn, one
group's figures are corrected, and cells that must not be shown are hidden. See the table's own module for the cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest.sample.education.schools import OPEN_DISTRICT, YEARS, School, write_rows
from ingest.sample.sample_folder import PlantedCounts

FIRST, SECOND = "2025-01-15", "2025-11-15"
REVISED, LATEST = YEARS[-2], YEARS[-1]
REVISED_STARTS = f"{REVISED[:4]}-07-01"
# Listed for REVISED by the first release alone: its pupils had been counted at the other schools of the district, too.
WITHDRAWN = School(OPEN_DISTRICT, "Placeholder Annex High", 200)
CORRECTED = "Black"  # the group whose figures the second release corrects, in OPEN_DISTRICT
SHOWN_BY_MISTAKE = 6  # cells that the first release shows and the second hides


def write_releases(
    folder: Path, stem: str, header: str, second: Mapping[str, list[str]], revised: list[str], facts: Mapping[str, int]
) -> PlantedCounts:
    """Write both files into `folder`; returns what was planted.

    second: the rows of each school year that the second release lists; the first lists all but the latest, with `revised` instead
    of the rows of REVISED
    """
    first = {year: revised if year == REVISED else rows for year, rows in second.items() if year != LATEST}
    for date, years in ((FIRST, first), (SECOND, second)):
        write_rows(folder / f"{stem}_released_{date}.csv", header, [row for rows in years.values() for row in rows])
    earlier, newer = (sum(map(len, years.values())) for years in (first, second))
    withdrawn = sum(f"{WITHDRAWN.district},{WITHDRAWN.name}," in row for row in revised)
    return PlantedCounts(
        delivered=earlier + newer, superseded=earlier, facts={**facts, "of_the_first_release": earlier, "withdrawn": withdrawn}
    )

"""`dpw__lead_service_lines`: two CSV files, addresses with a lead service line on two days half a year apart.

Irregularities: the house number in two columns, the second one a single space where there is nothing; the state written out in
the first rows and empty in the others; a few nine-digit ZIP codes; addresses beyond the city; rows that repeat; a blank row and
a footer that holds nothing but the file's date. Lines end in CR LF.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from ingest.sample.places.ground import zip_areas
from ingest.sample.places.houses import addresses, houses
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "dpw__lead_service_lines"
AS_OF, BEFORE = date(2025, 7, 1), date(2025, 1, 1)
HEADER = "House Number Range,House Number contd.,Street Name,City,State,Zip Code\r\n"
# Planted: every sixteenth house, from the fourth on, has a lead line on both days; further ones were replaced between the two.
FIRST, EVERY = 3, 16
FIRST_REPLACED, REPLACED_EVERY = 11, 160
BEYOND, REPEATED = 15, 4
_STATE_ROWS = 70


def lines_on(day: date) -> list[int]:
    """The positions of the houses that have a lead line on a day."""
    positions = list(range(FIRST, len(houses()), EVERY))
    return sorted([*positions, *range(FIRST_REPLACED, len(houses()), REPLACED_EVERY)]) if day == BEFORE else positions


def _file(day: date) -> tuple[str, int]:
    """The text of the list of a day, and how many rows it has."""
    zips = houses().on(zip_areas()).tolist()
    lines: list[str] = []
    for at in lines_on(day):
        number, street = addresses()[at].split(" ", 1)
        more = f"{int(number[-2:]) + 4:02d}" if at % 5 == 0 and int(number[-2:]) < 90 else " A" if at % 37 == 0 else " "
        zip_code = f"{zips[at]:05d}" + (f"-{1000 + at % 9000}" if at % 151 == 0 else "")
        lines.append(f"{number},{more},{street},SAMPLETON,{'SAMPLE STATE' if len(lines) < _STATE_ROWS else ''},{zip_code}\r\n")
    lines += lines[100 : 100 + REPEATED]
    lines += [f"{6000 + 2 * at}, ,W OUTLINE ST,FARVILLE,,00021\r\n" for at in range(BEYOND)]
    footer = f",,,,,\r\n,,,,,{day.month}/{day.day}/{day.year}\r\n"
    return HEADER + "".join(lines) + footer, len(lines) + 2


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write both lists into `folder`; returns what was planted."""
    rows = 0
    for day, name in ((AS_OF, "leadservicelines.csv"), (BEFORE, f"leadservicelines_{BEFORE}.csv")):
        text, rows_of_day = _file(day)
        (folder / name).write_text(text, encoding="ascii", newline="")
        rows += rows_of_day
    facts = {"houses": len(lines_on(AS_OF)), "houses_before": len(lines_on(BEFORE)), "beyond_the_city": BEYOND}
    return PlantedCounts(delivered=rows, blank=4, duplicate=2 * REPEATED, facts=facts)

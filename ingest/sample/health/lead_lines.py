"""`dpw__lead_service_lines`: one CSV, addresses with a lead service line.

Warts kept: the house number in two columns, the second one a single space where there is nothing; the state written out in the
first rows and empty in the others; a few nine-digit ZIP codes; addresses beyond the city; rows that repeat; a blank row and a
footer that holds nothing but the file's date. Lines end in CR LF.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from ingest.sample.places.ground import zip_areas
from ingest.sample.places.houses import addresses, houses
from ingest.sample.writing import Delivery

SOURCE = "dpw__lead_service_lines"
AS_OF = date(2025, 7, 1)
HEADER = "House Number Range,House Number contd.,Street Name,City,State,Zip Code\r\n"
# Planted: every sixteenth house, from the fourth on, has a lead line.
FIRST, EVERY = 3, 16
BEYOND, REPEATED = 15, 4
_STATE_ROWS = 70


def write(folder: Path, _: np.random.Generator) -> Delivery:
    """Write the list into `folder`; returns what was planted."""
    zips = houses().on(zip_areas()).tolist()
    lines: list[str] = []
    for at in range(FIRST, len(zips), EVERY):
        number, street = addresses()[at].split(" ", 1)
        more = f"{int(number[-2:]) + 4:02d}" if at % 5 == 0 and int(number[-2:]) < 90 else " A" if at % 37 == 0 else " "
        zip_code = f"{zips[at]:05d}" + (f"-{1000 + at % 9000}" if at % 151 == 0 else "")
        lines.append(f"{number},{more},{street},SAMPLETON,{'SAMPLE STATE' if len(lines) < _STATE_ROWS else ''},{zip_code}\r\n")
    houses_with = len(lines)
    lines += lines[100 : 100 + REPEATED]
    lines += [f"{6000 + 2 * at}, ,W OUTLINE ST,FARVILLE,,00021\r\n" for at in range(BEYOND)]
    footer = f",,,,,\r\n,,,,,{AS_OF.month}/{AS_OF.day}/{AS_OF.year}\r\n"
    (folder / "leadservicelines.csv").write_text(HEADER + "".join(lines) + footer, encoding="ascii", newline="")
    return Delivery(
        delivered=len(lines) + 2, blank=2, duplicate=REPEATED, facts={"houses": houses_with, "beyond_the_city": BEYOND}
    )

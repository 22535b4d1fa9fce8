"""`census__acs_county`: two wide files of the ACS, counties with the state, and tracts, with margins of error.

Irregularities: a column per table, line and part; tables of a race alone, Hispanics included, next to White not Hispanic and
Hispanic; few children of a small group; columns that are not read.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.estimates.urban import COUNTIES, STATE
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "census__acs_county"
# Planted: children of the county by table: how many are poor, and how many there are.
CHILDREN = {
    "B": (24_000, 66_000),
    "H": (4_800, 60_000),
    "I": (13_200, 51_000),
    "C": (400, 1_500),
    "D": (3_000, 11_000),
    "E": (8, 60),
}
INCOMES = {"": 62_000, "C": 55_000, "D": 79_000, "B": 38_000, "I": 55_000, "H": 77_000}
_POOR, _OTHERS = ("003", "004", "005"), ("011", "012", "013")
_MARGIN = 0.04  # of an estimate, as a share of it
_TRACTS = ("000101", "000102")


def _cells(times: float) -> dict[str, float | None]:
    cells: dict[str, float | None] = {}
    for table, (poor, children) in CHILDREN.items():
        for lines, people in ((_POOR, poor), (_OTHERS, children - poor)):
            first = people - 2 * (people // 3)
            parts = zip(lines, (first, people // 3, people // 3), strict=True)
            cells |= {f"B17020{table}_{line}": round(part * times) for line, part in parts}
    cells |= {f"B19013{table}_001": income if times == 1 else None for table, income in INCOMES.items()}
    cells |= {"B25003_001": round(400_000 * times), "B25003_002": round(200_000 * times)}
    return _with_margins(cells | _households(900_000 * times))


def _households(people: float) -> dict[str, float | None]:
    return {"B11002_001": round(people), "B11002A_001": round(people * 0.5), "B11002B_001": round(people * 0.3)}


def _with_margins(cells: dict[str, float | None]) -> dict[str, float | None]:
    return {
        f"{name}{part}": None if value is None else round(value * share)
        for name, value in cells.items()
        for part, share in (("E", 1), ("M", _MARGIN))
    }


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write both files; a delivered record is a cell, because each column becomes a row."""
    counties = [
        (
            {"GEOID": f"{STATE}{code}", "statecode": STATE, "countycode": code, "NAME": f"County {code}"},
            _cells(1 if at == 1 else 6 if at == 0 else 0.1),
        )
        for at, code in enumerate(("000", *COUNTIES))
    ]
    tracts = [
        (
            {
                "GEOID": f"{COUNTY_GEOID}{code}",
                "fipscode": COUNTY_GEOID,
                "statecode": STATE,
                "countycode": COUNTY_GEOID[2:],
                "NAME": f"Tract {code}",
            },
            _with_margins(_households(4_000)),
        )
        for code in _TRACTS
    ]
    delivered = 0
    for name, rows in (("acs_data_2019-2023.csv", counties), ("acs_data_2019-2023_tract.csv", tracts)):
        with (folder / name).open("w", encoding="ascii", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*rows[0][0], *rows[0][1]])
            writer.writerows([*place.values(), *cells.values()] for place, cells in rows)
        delivered += len(rows) * len(rows[0][1])
    return PlantedCounts(delivered=delivered)

"""`mpd__incidents`: one CSV, an incident a row with up to four offences, and no number, day or time.

Irregularities: every code is written as a float number (`5.0`, `2301.0` for tract 002301, `7.0` for ZIP code 00007); the
address is withheld for every sexual offence; a few rows have no code at all, a tenth no offence, some two to four; some rows
repeat others to the letter; one address in ten is not as the index has it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.places import ground
from ingest.sample.places.houses import addresses, houses
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "mpd__incidents"
INCIDENTS, REPEATED = 1_300, 150
OFFENSES = {
    "Arson": 1, "Assault": 28, "Burglary": 7, "CriminalDamage": 18, "Homicide": 1, "Robbery": 6, "SexOffense": 2, "Theft": 20,
    "VehicleTheft": 17,
}  # fmt: skip
HEADER = "address,ALD,NSP,POLICE,TRACT,WARD,ZIP," + ",".join(OFFENSES) + "\n"
NONE, SEVERAL = 0.076, 0.057  # the share of incidents without an offence, and with two to four
_NO_CODES_EVERY = 70
_ODD_FORMS = ("{0} {1} #2", "{0}-A {1}", "{0} {1} APT 1")
_ODD_EVERY = 12


def _offenses(rng: np.random.Generator) -> np.ndarray:
    """A row an incident: 1 in the column of each offence."""
    weights = np.array(list(OFFENSES.values())) / sum(OFFENSES.values())
    luck = rng.random(INCIDENTS)
    number = np.where(luck < NONE, 0, np.where(luck < NONE + SEVERAL, rng.integers(2, 5, INCIDENTS), 1))
    flags = np.zeros((INCIDENTS, len(OFFENSES)), dtype=np.int64)
    for at, count in enumerate(number.tolist()):
        flags[at, rng.choice(len(OFFENSES), count, replace=False, p=weights)] = 1
    return flags


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the incidents into `folder`; returns what was planted."""
    points, flags = houses(), _offenses(rng)
    house = rng.integers(0, len(points), INCIDENTS)
    grids = (
        ground.aldermanic_districts(2022),
        ground.police_districts(),
        ground.tracts(2020),
        ground.wards(2021),
        ground.zip_areas(),
    )
    district, police, tract, ward, zip_area = (
        [f"{label}.0" if label else "" for label in points.on(grid)[house].tolist()] for grid in grids
    )
    lines = []
    for at, where in enumerate(house.tolist()):
        address = addresses()[where]
        if at % _ODD_EVERY == 0:
            address = _ODD_FORMS[at // _ODD_EVERY % len(_ODD_FORMS)].format(*address.split(" ", 1))
        if flags[at, list(OFFENSES).index("SexOffense")]:
            address = ""
        area = f"{1 + where % 18}.0" if where % 3 == 0 else ""
        codes = [district[at], area, police[at], tract[at], ward[at], zip_area[at]] if at % _NO_CODES_EVERY else [""] * 6
        lines.append(",".join([address, *codes, *map(str, flags[at])]) + "\n")
    lines += lines[200 : 200 + REPEATED]
    (folder / "wibr_2025_stripped.csv").write_text(HEADER + "".join(lines), encoding="ascii", newline="")
    return PlantedCounts(delivered=len(lines), duplicate=len(lines) - len(set(lines)), facts={"offenses": int(flags.sum())})

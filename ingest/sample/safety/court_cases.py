"""`mmc__court_cases`: a zipped CSV, one row per case of the Municipal Court, with a geocoder's guess at the place.

Irregularities: a few cases have a number and nothing else, at latitude and longitude 0; points beyond the county, points with the
coordinates swapped, and one point for every address that was not found; addresses run into the name of the city, most
with a street type written otherwise than in the index, some without one, some with a unit; one case in forty is listed again in a
later state.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.city import STATE
from ingest.sample.places.ground import zip_areas
from ingest.sample.places.houses import addresses, houses
from ingest.sample.places.projection import to_degrees
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "mmc__court_cases"
CASES, EMPTY, UPDATED = 1_600, 4, 40
HEADER = ("g_case_no", "y_lat", "x_lng", "f_addr", "gf_addr", "c_case_type", "c_violation", "c_violation_date", "j_finding")
# Planted: what the court finds. The first two are findings of guilt.
FINDINGS = {
    "Guilty": 0.90, "Guilty - Suspended Sentence": 0.02, "Dismissed without Prejudice": 0.06, "Not Guilty": 0.015,
    "Dismissed with Prejudice": 0.005,
}  # fmt: skip
GUILTY = ("Guilty", "Guilty - Suspended Sentence")
_VIOLATIONS = {
    "Ordinance 106-1-1, Disorderly Conduct": 30, "Ordinance 110-35-1, Retail Theft": 18,
    "Ordinance 105-138-2, Resisting / Obstructing Police Officer": 14, "Ordinance 200 through 295, Building Code Violations": 14,
    "Ordinance 106-31-1, Loitering or Prowling": 12, "Ordinance 105-2, Assault and Battery": 10,
    "Ordinance 80-63-1, Excessive Noise Prohibited": 2,
}  # fmt: skip
_FIRST_DAY, _DAYS = datetime(2024, 1, 1), 725
_LONG_TYPES = {"ST": "STREET", "AV": "AVENUE", "BL": "BOULEVARD", "DR": "DRIVE", "CT": "COURT"}
_TYPES = {"ST": "ST", "AV": "AVE", "BL": "BLVD", "DR": "DR", "CT": "CT"}
_NOWHERE = (43.8, -86.98)  # the middle of the city, for addresses that the geocoder did not find
_BEYOND = (41.88, -87.63)  # a street of the same name in another city


def _written(address: str, at: int) -> str:
    number, direction, name, kind = address.split()
    if at % 4 == 0:
        return address
    if at % 17 == 0:
        return f"{number} {direction} {name}"
    types = _LONG_TYPES if at % 2 else _TYPES
    return f"{number} {direction} {name} {types[kind]}" + (" #3" if at % 13 == 0 else "")


def _point(latitude: float, longitude: float, at: int) -> tuple[object, object]:
    """The delivered latitude and longitude: mostly the house's, at a hundredth of the places something else."""
    match at % 200:
        case 20:
            return longitude, latitude
        case 60 | 61:
            return _BEYOND
        case 100 | 101 | 102 | 103:
            return _NOWHERE
        case 140:
            return 0, 0
    return latitude, longitude


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the cases into `folder`; returns what was planted."""
    points = houses()
    house = rng.choice(len(points), CASES, replace=False)
    longitude, latitude = to_degrees(points.x[house], points.y[house])
    zips = points.on(zip_areas())[house].tolist()
    finding = rng.choice(list(FINDINGS), CASES, p=list(FINDINGS.values())).tolist()
    weights = np.array(list(_VIOLATIONS.values())) / sum(_VIOLATIONS.values())
    violation = rng.choice(list(_VIOLATIONS), CASES, p=weights).tolist()
    minutes = np.sort(rng.integers(0, _DAYS * 24 * 60, CASES)).tolist()
    rows: list[tuple[object, ...]] = []
    for at, where in enumerate(house.tolist()):
        address = _written(addresses()[where], at)
        north, east = _point(latitude[at], longitude[at], at)
        guess = f"{address.title()}, Sampleton, {STATE} {zips[at]:05d}, USA"
        # a summons names the day and not the hour
        is_summons = violation[at].startswith("Ordinance 200")
        moment = _FIRST_DAY + timedelta(days=minutes[at] // 1440) if is_summons else _FIRST_DAY + timedelta(minutes=minutes[at])
        if moment.date() == datetime(2024, 3, 10).date() or moment.date() == datetime(2025, 3, 9).date():
            moment = moment.replace(hour=12)  # no time in the hour that the clock skips
        kind = "Summons & Complaint" if is_summons else "Municipal citation"
        address_cell = f"{address} SAMPLETON, {STATE}" if at % 90 else f"SAMPLETON, {STATE}"
        stamp = f"{moment:%Y-%m-%d %H:%M:%S}.000000"
        rows.append((f"{24_000_000 + 7 * at:08d}", north, east, address_cell, guess, kind, violation[at], stamp, finding[at]))
    nothing = [(f"{25_900_000 + at:08d}", 0, 0, f"SAME SAMPLETON, {STATE}", "", "", "", "", "") for at in range(EMPTY)]
    # found first, dismissed later: the state that counts is further down, with the same place and time
    updated = [rows[40 * at] for at in range(UPDATED)]
    earlier = [(*row[:-1], "Dismissed without Prejudice" if row[-1] in GUILTY else "Guilty") for row in updated]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *earlier, *rows, *nothing])
    with (
        zipfile.ZipFile(folder / "testdata.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("testdata.csv", "w") as file,  # opened by name: dated 1980, not now
    ):
        file.write(text.getvalue().encode("ascii"))
    return PlantedCounts(delivered=CASES + UPDATED + EMPTY, superseded=UPDATED, rejected=EMPTY, facts={"cases": CASES})

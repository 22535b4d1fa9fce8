"""Hand-made deliveries of Kansas City, Missouri, in the form of its layer: maps, addresses, a registry of children, a survey.

All records are invented. The city is six squares of forty houses each, its districts; twelve strips are the ZIP codes.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ingest.layers import CITIES

LAYER = CITIES / "kansas_city"
WEST, SOUTH, SIDE = -94.7, 38.9, 0.1
DISTRICTS = {str(number): ((number - 1) % 2, (number - 1) // 2) for number in range(1, 7)}  # column and row of each square
ZIP_CODES = {str(64101 + number): (number % 4 / 2, number // 4) for number in range(12)}
STREETS = ("MAIN ST", "OAK ST", "TROOST AV", "BALTIMORE AV", "CENTRAL ST", "HOLMES ST")
RACES = ("Black, non-Hispanic", "White, non-Hispanic", "Hispanic")
HOUSES, CHILDREN = 40, 240  # of each district; children in a year


def write_deliveries(folder: Path, survey: Path) -> Path:
    """Write all deliveries; `survey` is a file in the form of the resident survey."""
    folder.mkdir(parents=True)
    (folder / "city.yml").write_text("city: kansas_city\nas_of: 2026-01-15\n", encoding="utf-8")
    _write_map(folder / "kcmo__council_districts" / "council_districts.geojson", "DISTRICT", DISTRICTS, width=1.0)
    _write_map(folder / "kcmo__zip_codes" / "zip_codes.geojson", "ZIP", ZIP_CODES, width=0.5)
    _write_rows(folder / "city__addresses" / "addresses.csv", ("LONGITUDE", "LATITUDE", "ADDRESS"), _addresses())
    header = ("record", "child", "born", "phone", "tested", "months", "race", "sample", "result", "home")
    _write_rows(folder / "mhd__lead_tests" / "lead_tests.csv", header, _tests())
    target = folder / "oei__resident_survey"
    target.mkdir()
    shutil.copy(survey, target)
    return folder


def address(district: str, house: int) -> str:
    """The address of a house."""
    return f"{100 + 2 * house} {STREETS[int(district) - 1]}"


def _addresses() -> Iterator[Sequence[object]]:
    for district, (column, row) in DISTRICTS.items():
        for house in range(HOUSES):
            east, north = 0.1 + 0.8 * (house % 8) / 7, 0.1 + 0.8 * (house // 8) / 4
            yield round(WEST + SIDE * (column + east), 6), round(SOUTH + SIDE * (row + north), 6), address(district, house)


def _tests() -> Iterator[Sequence[object]]:
    """Children of 2023 to 2025; in district 6 two Hispanic children of a year are elevated, so that cells must be hidden."""
    number = 0
    for year in (2023, 2024, 2025):
        for district in DISTRICTS:
            for child in range(CHILDREN):
                number += 1
                race = RACES[child % 3] if child % 20 else "Unknown"
                is_elevated = child % 9 in ((0, 1) if race == RACES[0] else (0,))
                if district == "6" and race == RACES[2]:
                    is_elevated = child < 10
                result = 5 + child % 7 if is_elevated else 1 + child % 2
                home = f"{address(district, child % HOUSES)}, KANSAS CITY, MO"
                yield (
                    f"R{number}", "Sample Child", "2021-01-01", "816 555 0100", f"{year}-{1 + child % 12:02}-15", 12 + child % 60,
                    race, ("venous", "capillary")[child % 2], result, home,
                )  # fmt: skip


def _write_map(file: Path, name: str, squares: dict[str, tuple[float, int]], width: float) -> None:
    def ring(column: float, row: int) -> list[list[float]]:
        west, south = WEST + SIDE * column, SOUTH + SIDE * row
        east, north = west + SIDE * width, south + SIDE
        return [[west, south], [east, south], [east, north], [west, north], [west, south]]

    features = [
        {"type": "Feature", "properties": {name: code}, "geometry": {"type": "Polygon", "coordinates": [ring(*square)]}}
        for code, square in squares.items()
    ]
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _write_rows(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)

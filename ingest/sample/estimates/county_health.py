"""`chr__county_health`: one or two wide files per measure, in the form of County Health Rankings.

Irregularities: race in the names of columns, whose order differs by file; no years; counts of infant deaths under the names
that a merge left; NA in one measure and blanks in the others; the state as county 000; groups without a figure; a wide interval
of a small group.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.estimates.urban import COUNTIES, STATE
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "chr__county_health"
COUNTY = COUNTY_GEOID[2:]
# Planted: the figures of the county by measure: release, decimals, all residents, and the groups.
MEASURES: dict[str, tuple[str, float, dict[str, float]]] = {
    "v147": ("r2026", 74.9, {"white": 77.5, "black": 67.5, "aian": 83.8, "asian": 82.0, "hispanic": 79.4}),
    "v129": ("r2026", 8.4, {"white": 3.72, "black": 15.08, "aian": 14.0, "asian": 6.1, "hispanic": 6.6}),
    "v127": ("r2026", 490.0, {"white": 380.0, "black": 800.0, "asian": 280.0, "hispanic": 330.0}),
    "v015": ("r2025", 18.1, {"white": 3.2, "black": 55.0, "hispanic": 10.4}),
    "v148": ("r2025", 23.5, {"white": 9.7, "black": 60.7, "hispanic": 13.1}),
    "v138": ("r2025", 63.2, {"white": 56.0, "black": 92.0, "hispanic": 52.0}),
    "v128": ("r2026", 81.0, {"white": 34.2, "black": 162.5, "asian": 51.5, "hispanic": 49.5}),
    "v161": ("r2025", 13.2, {"white": 16.0, "black": 9.7, "asian": 11.8, "hispanic": 8.4}),
    "v135": ("r2025", 140.6, {"white": 148.1, "black": 188.8, "aian": 185.2, "asian": 42.4, "hispanic": 78.7}),
    "v039": ("r2025", 10.9, {"white": 7.4, "black": 20.8, "asian": 5.9, "hispanic": 8.0}),
    "v014": ("R2025", 20.0, {"white": 5.0, "black": 36.0, "asian": 9.0, "hispanic": 31.0}),
    "v063": ("r2025", 63_304.0, {"white": 77_000.0, "black": 38_000.0, "asian": 79_000.0, "hispanic": 55_000.0}),
}
WIDE = "aian"  # the group with the wide interval
BIRTHS = {"white": 30_000, "black": 30_000, "aian": 500, "asian": 7_000}
_GROUPS = ("white", "black", "aian", "asian", "nhopi", "tom", "hispanic")
_ACS_GROUPS = ("black", "white", "hispanic", "asian", "aian")
_LEFT_BY_MERGE = {"white": "x", "black": "y", "aian": "x.x", "asian": "y.y", "nhopi": "x.x.x", "tom": "y.y.y"}
_HALF_WIDTH, _WIDE_HALF_WIDTH = 0.05, 0.14


def bounds(value: float, group: str) -> tuple[float, float]:
    """The interval of a figure."""
    width = _WIDE_HALF_WIDTH if group == WIDE else _HALF_WIDTH
    return round(value * (1 - width), 4), round(value * (1 + width), 4)


def _cells(measure: str, county: str) -> dict[str, object]:
    """The columns of the groups: the county's own; elsewhere of White alone."""
    _, _, planted = MEASURES[measure]
    groups = _ACS_GROUPS if measure == "v063" else _GROUPS
    empty = "NA" if measure == "v014" else ""
    cells: dict[str, object] = {}
    for group in groups:
        is_shown = group in planted and (county in (COUNTY, "000") or group == "white")
        value = round(planted.get(group, 0) * (1 if county == COUNTY else 0.9 + 0.01 * int(county)), 4)
        if measure == "v129" and group in BIRTHS:
            value = 1000 * round(BIRTHS[group] * value / 1000) / BIRTHS[group]
        low, high = bounds(value, group)
        if group in _LEFT_BY_MERGE and measure == "v129":
            births = BIRTHS.get(group, 0) if is_shown else 0
            cells[f"denominator.{_LEFT_BY_MERGE[group]}"] = births or empty
            cells[f"numerator.{_LEFT_BY_MERGE[group]}"] = round(births * value / 1000) if births else empty
        start = f"{measure}_race_{group}"
        figure = {start: value, f"{start}_cilow": low, f"{start}_cihigh": high}
        cells |= {name: cell if is_shown else empty for name, cell in figure.items()}
    return cells


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write two files per measure; a delivered record is a cell, because each column becomes a row."""
    delivered = 0
    for measure, (release, everybody, _planted) in MEASURES.items():
        counties = ("000", *COUNTIES)
        whole = []
        for county in counties:
            value = round(everybody * (1 if county == COUNTY else 0.9 + 0.01 * int(county)), 4)
            low, high = bounds(value, "all")
            counts = {} if measure == "v147" else {f"{measure}_numerator": "", f"{measure}_denominator": ""}
            whole.append({f"{measure}_rawvalue": value, **counts, f"{measure}_cilow": low, f"{measure}_cihigh": high})
        groups = [_cells(measure, county) for county in counties]
        for name, rows in ((f"{measure}_{release}.csv", whole), (f"{measure}_otherdata_{release}.csv", groups)):
            with (folder / name).open("w", encoding="ascii", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(["statecode", "countycode", *rows[0]])
                writer.writerows([STATE, county, *row.values()] for county, row in zip(counties, rows, strict=True))
            delivered += len(counties) * len(rows[0])
    return PlantedCounts(delivered=delivered)

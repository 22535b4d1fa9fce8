"""`mhd__lead_orders_open` and `mhd__lead_orders_abated`: lists scraped from a page, one row per order.

Irregularities: addresses written out (`5375 North 54th Street, Sampleton, ZZ 00018`), a letter for the flat, dates as
month-day-year text, one row twice, orders of the type `None` and without a day of issue, a due date before the issue. The
district is that of the newest map.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.city import STATE
from ingest.sample.places.ground import aldermanic_districts, zip_areas
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.sample_folder import PlantedCounts

OPEN, ABATED = "mhd__lead_orders_open", "mhd__lead_orders_abated"
# Planted: orders abated in each year, and orders open at the end of 2025.
ABATED_IN = {2021: 40, 2022: 60, 2023: 50, 2024: 90, 2025: 110}
OPEN_ORDERS = 180
AS_OF = date(2025, 12, 31)
_NO_DAY = 4
_TYPES = ("Both", "Both", "Both", "Both", "Interior", "Exterior")
_STATES = ("Open", "Open", "Open", "Enforcement", "", "Abatement in Process")
_OPEN_COLUMNS = (
    "Address", "Exterior Order Due Date", "Interior Orders Due Date", "Interior Order Status", "Exterior Order Status",
    "Type of Orders", "Order Issued Date", "alderman",
)  # fmt: skip


def _places(rng: np.random.Generator, count: int) -> list[tuple[str, int]]:
    """Addresses written out, each of another house, and their districts."""
    points = houses()
    chosen = rng.choice(np.arange(1, len(points), 2), count, replace=False)
    district, zips = points.on(aldermanic_districts(2022))[chosen].tolist(), points.on(zip_areas())[chosen].tolist()
    flats = ["", "", "", " A", "", " Lower"]
    return [
        (f"{long_form(addresses()[house])}{flats[at % len(flats)]}, Sampleton, {STATE} {zips[at]:05d}", district[at])
        for at, house in enumerate(chosen.tolist())
    ]


def _text(day: date | None) -> str:
    return f"{day:%m-%d-%Y}" if day else ""


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_abated(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the orders that were cleared into `folder`; returns what was planted."""
    years = [year for year, count in ABATED_IN.items() for _ in range(count)]
    days = rng.integers(0, 365, len(years)).tolist()
    cleared = [date(year, 1, 1) + timedelta(days=day) for year, day in zip(years, days, strict=True)]
    cleared[-1] = date(2025, 12, 30)  # the list is as fresh as it can be
    rows: list[tuple[object, ...]] = [
        (address, _text(day), district) for (address, district), day in zip(_places(rng, len(years)), cleared, strict=True)
    ]
    rows.insert(8, rows[7])
    _write(folder / "abated_lead.csv", ("Address", "Final Clearance Date", "Alderman"), rows)
    return PlantedCounts(delivered=len(rows), duplicate=1, facts={"orders": len(years)})


def write_open(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the orders that are open into `folder`; returns what was planted."""
    issued = date(2025, 12, 29) - np.array(
        [timedelta(days=day) for day in [0, *rng.integers(1, 1_400, OPEN_ORDERS - 1).tolist()]]
    )
    rows: list[tuple[object, ...]] = []
    for at, (address, district) in enumerate(_places(rng, OPEN_ORDERS)):
        kind = _TYPES[at % len(_TYPES)]
        day = issued[at] if at < OPEN_ORDERS - _NO_DAY else None
        due_on = None if day is None else day + timedelta(days=-3 if at == 40 else 30)
        exterior, interior = (due_on if kind in ("Both", side) else None for side in ("Exterior", "Interior"))
        rows.append((address, _text(exterior), _text(interior), "Open", _STATES[at % len(_STATES)], kind, _text(day), district))
    rows[-1] = (*rows[-1][:5], "None", *rows[-1][6:])
    _write(folder / "open_lead.csv", _OPEN_COLUMNS, rows)
    return PlantedCounts(delivered=len(rows), facts={"without_day": _NO_DAY})

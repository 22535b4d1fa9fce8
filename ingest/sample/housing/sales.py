"""`assessor__property_sales`: one CSV a year in five layouts, and a later file that has the last year again.

Irregularities: column names and cases, dates (2018-12, 3/11/2019, 2022-04-01) and prices (675000, "$357,000", 950000.00) differ
by file; the last one has a BOM; empty is an empty cell, `NULL` or `**`; parcel numbers of the oldest file have lost their
leading zeros; a sale is listed once more for another building; a few prices are 0 or missing; one sale of 2019 is dated in the
future.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.places.ground import aldermanic_districts
from ingest.sample.places.houses import addresses, houses
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "assessor__property_sales"
LAST_YEAR = 2022
# Planted: the median price of each year's sales; log prices are normal around it.
MEDIAN_PRICE = {2017: 110_000, 2018: 120_000, 2019: 130_000, 2020: 150_000, 2021: 170_000, 2022: 185_000}
_SPREAD = 0.6
SALES_A_YEAR = 220
_TYPES = (("Residential", "Cape Cod"), ("Residential", "Duplex O/S"), ("Residential", "Ranch"), ("Condominium", "APARTMENT"))
_WALLS = ("Aluminum/Vinyl", "Brick", "Frame")
_OLD = (
    "PropType,Taxkey,Address,CondoProject,District,Nbhd,Style,Extwall,Stories,Year_Built,Nr_of_rms,Fin_sqft,Units,Bdrms,Fbath,Hbath,"
    "Lotsize,Sale_date,Sale_price"
)
_NEW = (
    "PropertyID,PropType,taxkey,Address,CondoProject,District,nbhd,Style,Extwall,Stories,Year_Built,Rooms,FinishedSqft,Units,Bdrms,"
    "Fbath,Hbath,Lotsize,Sale_date,Sale_price"
)
FILES = {
    (2017, 2018): "2002-2018-property-sales-data.csv",
    (2019,): "2019-property-sales-data.csv",
    (2020,): "armslengthsales_2020_valid.csv",
    (2021,): "armslengthsales_2021_valid.csv",
    (2022,): "armslengthsales_2022_valid_20230404.csv",
}
AGAIN = "armslengthsales_2022_valid_20231002.csv"
_NO_DAY_YET = "6/13/2028"
_CORRECTED = 12  # sales of the last year that the later file describes otherwise
_LATE = 9  # and those that only the later file has


@dataclass(frozen=True)
class _Sale:
    number: int
    house: int
    sold_on: date
    price: int | None
    rooms: int
    kind: int
    is_of_tomorrow: bool = False


def _sales(year: int, count: int, first: int, rng: np.random.Generator) -> list[_Sale]:
    house = rng.choice(len(houses()), count, replace=False).tolist()  # a house is sold once a year
    days = np.sort(rng.integers(0, 365, count)).tolist()
    prices = np.rint(np.exp(rng.normal(np.log(MEDIAN_PRICE[year]), _SPREAD, count)) / 100).astype(int) * 100
    rooms, kinds = rng.integers(3, 12, count).tolist(), rng.integers(0, len(_TYPES), count).tolist()
    return [
        _Sale(first + at, house[at], date(year, 1, 1) + timedelta(days=days[at]), int(prices[at]), rooms[at], kinds[at])
        for at in range(count)
    ]


def _dated(sold_on: date) -> str:
    match sold_on.year:
        case 2017 | 2018:
            return f"{sold_on:%Y-%m}"
        case 2022:
            return sold_on.isoformat()
    return f"{sold_on.month}/{sold_on.day}/{sold_on.year}"


def _priced(price: int | None, year: int) -> str:
    if price is None:
        return "" if year <= 2018 else "NULL"
    return f"${price:,}" if year in (2020, 2021) else f"{price}.00" if year == 2022 else str(price)


def _row(sale: _Sale, district: Sequence[int]) -> list[str]:
    """A sale as the layout of its year writes it."""
    year, empty = sale.sold_on.year, "" if sale.sold_on.year <= 2018 else "NULL"
    comma = "," if year in (2020, 2021) else ""
    number, street = addresses()[sale.house].split(" ", 1)
    building, style = _TYPES[sale.kind]
    is_condominium = building == "Condominium"
    # a building of several numbers has a range, and since 2022 a flat its unit
    address = f"{number}-{int(number) + 4} {street}" if sale.house % 23 == 0 else f"{number} {street}"
    address += f", Unit {sale.rooms}" if is_condominium and year == 2022 else ""
    day = _NO_DAY_YET if sale.is_of_tomorrow else _dated(sale.sold_on)
    parcel = f"{10_000_000 + sale.house * 400_013:010d}"
    return [
        building, parcel.lstrip("0") if year <= 2018 else parcel, address, "REPLICA LOFTS" if is_condominium else "",
        str(district[sale.house] or empty), f"{1000 + sale.house % 40 * 20:04d}", style,
        "" if is_condominium else _WALLS[sale.house % 3],
        ("1", "1.5", "2.0")[sale.house % 3], str(1900 + sale.house % 100) if sale.house % 50 else "0",
        str(sale.rooms) if year <= 2018 or not is_condominium else empty, f"{900 + 7 * (sale.house % 300):{comma}d}", "1",
        str(1 + sale.rooms // 3), "1", empty if year > 2018 and sale.house % 4 == 0 else "0",
        "0" if is_condominium else f"{3600 + sale.house % 2000:{comma}d}", day, _priced(sale.price, year),
    ]  # fmt: skip


def _write(path: Path, sales: Sequence[_Sale]) -> list[list[str]]:
    """Write a file of one layout; returns its rows without the sale's number."""
    year = sales[0].sold_on.year
    district = houses().on(aldermanic_districts(2022)).tolist()
    rows = [_row(sale, district) for sale in sales]
    with path.open("w", encoding="utf-8-sig" if year == LAST_YEAR else "ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((_OLD if year <= 2018 else _NEW).split(","))
        writer.writerows(
            row if year <= 2018 else [str(840_000 + sale.number), *row] for sale, row in zip(sales, rows, strict=True)
        )
    return rows


def _planted(rows: Sequence[Sequence[str]]) -> PlantedCounts:
    """What a run should make of the rows of all files, in their order."""
    distinct = {tuple(row) for row in rows}
    good = [row for row in distinct if row[-1] not in ("", "NULL") and _NO_DAY_YET not in row]
    keys = {(row[1], *row[-2:]) for row in good}  # parcel, day, price
    return PlantedCounts(
        delivered=len(rows),
        duplicate=len(rows) - len(distinct),
        superseded=len(good) - len(keys),
        rejected=len(distinct) - len(good),
        facts={"corrected": _CORRECTED, "late": _LATE},
    )


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write all files into `folder`; returns what was planted."""
    rows: list[list[str]] = []
    last: list[_Sale] = []
    for years, name in FILES.items():
        sales = [sale for year in years for sale in _sales(year, SALES_A_YEAR, SALES_A_YEAR * (year - 2017), rng)]
        # another building on the parcel: the same sale to the letter, or with other rooms
        sales[5:5] = [sales[5]]
        sales[9:9] = [replace(sales[9], rooms=sales[9].rooms + 1)]
        sales[20] = replace(sales[20], price=0)
        sales[30] = replace(sales[30], price=None)
        if years == (2019,):
            sales[35] = replace(sales[35], is_of_tomorrow=True)
        rows += _write(folder / name, sales)
        last = sales
    later = [replace(sale, rooms=sale.rooms + 1) if 40 <= at < 40 + _CORRECTED else sale for at, sale in enumerate(last)]
    rows += _write(folder / AGAIN, [*later, *_sales(LAST_YEAR, _LATE, 10_000, rng)])
    return _planted(rows)

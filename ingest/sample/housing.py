"""Houses of Sampleton: sales, foreclosures and eviction filings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.people.census import city_blocks
from ingest.sample.places.ground import aldermanic_districts, tract_codes
from ingest.sample.places.houses import addresses, houses
from ingest.sample.text import word_list

# Planted: the median price of each year's sales; log prices are normal around it.
MEDIAN_PRICE = {2017: 110_000, 2018: 120_000, 2019: 130_000, 2020: 150_000, 2021: 170_000, 2022: 185_000}
_LAST_YEAR_OF_SALES = 2022
_SPREAD = 0.6
_SALES_A_YEAR = 220
_TYPES = (("Residential", "Cape Cod"), ("Residential", "Duplex O/S"), ("Residential", "Ranch"), ("Condominium", "APARTMENT"))
_WALLS = ("Aluminum/Vinyl", "Brick", "Frame")
_FILES = {
    (2017, 2018): "2002-2018-property-sales-data.csv",
    (2019,): "2019-property-sales-data.csv",
    (2020,): "armslengthsales_2020_valid.csv",
    (2021,): "armslengthsales_2021_valid.csv",
    (2022,): "armslengthsales_2022_valid_20230404.csv",
}
_AGAIN = "armslengthsales_2022_valid_20231002.csv"
_NO_DAY_YET = "6/13/2028"
_DAYS = {2017: "{0:%Y-%m}", 2018: "{0:%Y-%m}", 2022: "{0}"}  # of a sale, by its year
_DAY_OTHERWISE = "{0.month}/{0.day}/{0.year}"
_PRICES = {2020: "${:,}", 2021: "${:,}", 2022: "{}.00"}
_CORRECTED = 12  # sales of the last year that the later file describes otherwise
_LATE = 9  # and those that only the later file has

FORECLOSURE_YEARS = range(2019, 2025)
LAST_YEAR = FORECLOSURE_YEARS[-1]
_FACTORIES = 5  # the tract at this position

STARTS_ON = date(2024, 11, 1)  # the window of the evictions, to October 2025
# Planted: shares of White, Black and Latinx renter households, the majority that they make, and filings per 100 of them.
KINDS = {
    "white": ((0.72, 0.15, 0.08), 3),
    "black": ((0.12, 0.78, 0.06), 14),
    "hispanic": ((0.20, 0.14, 0.62), 6),
    "no_majority": ((0.40, 0.38, 0.16), 7),
}
NO_RENTERS, NO_FILING, NOTHING = 3, 4, 5  # the tracts at these positions
_FILINGS_WITHOUT_RENTERS = 5
_WITHOUT_A_TRACT = 17  # filings whose address is in no tract: in the table of months alone


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


def _sale_row(sale: _Sale, district: Sequence[int]) -> list[str]:
    """A sale as the layout of its year writes it, without its number."""
    year, empty = sale.sold_on.year, "" if sale.sold_on.year <= 2018 else "NULL"
    comma = "," if year in (2020, 2021) else ""
    number, street = addresses()[sale.house].split(" ", 1)
    building, style = _TYPES[sale.kind]
    is_condominium = building == "Condominium"
    # a building of several numbers has a range, and since 2022 a flat its unit
    address = f"{number}-{int(number) + 4} {street}" if sale.house % 23 == 0 else f"{number} {street}"
    address += f", Unit {sale.rooms}" if is_condominium and year == 2022 else ""
    day = _NO_DAY_YET if sale.is_of_tomorrow else _DAYS.get(year, _DAY_OTHERWISE).format(sale.sold_on)
    price = empty if sale.price is None else _PRICES.get(year, "{}").format(sale.price)
    parcel = f"{10_000_000 + sale.house * 400_013:010d}"
    return [
        building, parcel.lstrip("0") if year <= 2018 else parcel, address, "REPLICA LOFTS" if is_condominium else "",
        str(district[sale.house] or empty), f"{1000 + sale.house % 40 * 20:04d}", style,
        "" if is_condominium else _WALLS[sale.house % 3],
        ("1", "1.5", "2.0")[sale.house % 3], str(1900 + sale.house % 100) if sale.house % 50 else "0",
        str(sale.rooms) if year <= 2018 or not is_condominium else empty, f"{900 + 7 * (sale.house % 300):{comma}d}", "1",
        str(1 + sale.rooms // 3), "1", empty if year > 2018 and sale.house % 4 == 0 else "0",
        "0" if is_condominium else f"{3600 + sale.house % 2000:{comma}d}", day, price,
    ]  # fmt: skip


@source("assessor__property_sales")
def sales(delivery: Delivery) -> PlantedCounts:
    """One CSV a year in five layouts, and a later file that has the last year again.

    Irregularities: column names and cases, dates (2018-12, 3/11/2019, 2022-04-01) and prices (675000, "$357,000", 950000.00)
    differ by file; the last one has a BOM; empty is an empty cell, `NULL` or `**`; parcel numbers of the oldest file have lost
    their leading zeros; a sale is listed once more for another building; a few prices are 0 or missing; one sale of 2019 is
    dated in the future.
    """
    district = houses().on(aldermanic_districts(2022, delivery.city.districts)).tolist()
    every: list[list[str]] = []

    def write(name: str, listed: Sequence[_Sale]) -> None:
        year, rows = listed[0].sold_on.year, [_sale_row(sale, district) for sale in listed]
        numbered = [[str(840_000 + sale.number), *row] for sale, row in zip(listed, rows, strict=True)]
        encoding = "utf-8-sig" if year == _LAST_YEAR_OF_SALES else "ascii"
        header = word_list("sales_columns_before" if year <= 2018 else "sales_columns")
        delivery.table(name, header, rows if year <= 2018 else numbered, encoding=encoding)
        every.extend(rows)

    listed: list[_Sale] = []
    for years, name in _FILES.items():
        listed = [sale for year in years for sale in _sales(year, _SALES_A_YEAR, _SALES_A_YEAR * (year - 2017), delivery.rng)]
        # another building on the parcel: the same sale to the letter, or with other rooms
        listed[5:5] = [listed[5]]
        listed[9:9] = [replace(listed[9], rooms=listed[9].rooms + 1)]
        listed[20] = replace(listed[20], price=0)
        listed[30] = replace(listed[30], price=None)
        if years == (2019,):
            listed[35] = replace(listed[35], is_of_tomorrow=True)
        write(name, listed)
    later = [replace(sale, rooms=sale.rooms + 1) if 40 <= at < 40 + _CORRECTED else sale for at, sale in enumerate(listed)]
    write(_AGAIN, [*later, *_sales(_LAST_YEAR_OF_SALES, _LATE, 10_000, delivery.rng)])
    distinct = {tuple(row) for row in every}
    good = [row for row in distinct if row[-1] not in ("", "NULL") and _NO_DAY_YET not in row]
    keys = {(row[1], *row[-2:]) for row in good}  # parcel, day, price
    return delivery.planted(
        duplicate=len(every) - len(distinct), superseded=len(good) - len(keys), rejected=len(distinct) - len(good),
        corrected=_CORRECTED, late=_LATE,
    )  # fmt: skip


def foreclosed(year: int) -> dict[int, tuple[int, int]]:
    """Parcels and foreclosures of each tract of 2020 in a year; in the last year every tract had one at least."""
    out = {}
    for at, tract in enumerate(np.unique(city_blocks()[2]).tolist()):
        parcels = 12 if at == _FACTORIES else 300 + 37 * at % 800
        out[tract] = (parcels, (7 * at + 3 * (LAST_YEAR - year)) % 11 + (year == LAST_YEAR) if at != _FACTORIES else 1)
    return out


@source("dcd__foreclosures")
def foreclosures(delivery: Delivery) -> PlantedCounts:
    """One CSV, residential foreclosures by year and tract of 2020.

    Irregularities: a tract and year without a foreclosure has no row; the rate has as many digits as a computer gives; one tract
    of factories has fewer than 20 parcels. Planted: parcels and foreclosures are set and not drawn, so that every rate is known.
    """
    rows = [
        (year, f"{delivery.city.county_geoid}{tract:06d}", parcels, count, 1000 * count / parcels)
        for year in FORECLOSURE_YEARS
        for tract, (parcels, count) in foreclosed(year).items()
        if count
    ]
    header = "start_year,tract_2020,privately_owned_parcels,foreclosures,foreclosures_per_1k"
    delivery.table("AnnualForeclosureStats_tracts2020.csv", header, rows)
    return delivery.planted(years=len(FORECLOSURE_YEARS))


@dataclass(frozen=True)
class Tract:
    """The planted figures of a tract: its kind, renter households and filings; `households` is unknown without a filing."""

    geoid: str
    kind: str
    households: int
    filings: int


def filings_by_tract() -> list[Tract]:
    """Every tract of 2010, in the order of its code."""
    kinds, found = list(KINDS), []
    for at, tract in enumerate(tract_codes(2010)):
        kind = kinds[at % len(kinds)]
        households = 0 if at in (NO_RENTERS, NOTHING) else 100 * (3 + at % 8)
        filings = households // 100 * KINDS[kind][1]
        if at in (NO_RENTERS, NO_FILING, NOTHING):
            filings = _FILINGS_WITHOUT_RENTERS if at == NO_RENTERS else 0
        found.append(Tract(f"{COUNTY_GEOID}{tract:06d}", kind, households, filings))
    return found


def known_filings(kind: str | None = None) -> tuple[int, int]:
    """Filings and renter households that a reader can compute: of a kind of tracts, or of the county, whose filings are all."""
    of_kind = [tract for tract in filings_by_tract() if kind is None or (tract.kind == kind and tract.households)]
    return sum(tract.filings for tract in of_kind), sum(tract.households for tract in of_kind if tract.filings)


@source("dns__evictions", jurisdiction=COUNTY_GEOID)
def evictions(delivery: Delivery) -> PlantedCounts:
    """Three CSV files of one page of the Eviction Lab, eviction filings by tract of 2010, by month and by majority.

    Irregularities: the county and not the city; the map dates its twelve months by their first day, day first; the charts write
    month and year; a tract with filings and no renter households has the rate Inf, one with neither an empty rate; a row of the
    chart is of women and no majority. Planted: renter households, filings and shares are set and not drawn, so that every rate
    is known.
    """
    total = known_filings()[0]
    places = [
        (
            tract.geoid, f"{STARTS_ON:%d/%m/%Y}", tract.filings,
            tract.filings / tract.households if tract.households else "Inf" if tract.filings else "",
            0.2, 1.1, *(KINDS[tract.kind][0] if tract.households else ("", "", "")),
        )
        for tract in filings_by_tract()
    ]  # fmt: skip
    header = "id,month_date,month_filings,month_rate,month_rate_scale_max,month_diff,pct_white,pct_black,pct_latinx"
    delivery.table("sampleton_map.csv", header, places)
    monthly, rest = divmod(total + _WITHOUT_A_TRACT, 12)
    filed = [max(monthly - 3, 0)] * 22 + [monthly] * 11 + [monthly + rest]  # from January 2023 to October 2025
    months = [(f"{at % 12 + 1:02d}/{2023 + at // 12}", "", filings, monthly, 1.0) for at, filings in enumerate(filed)]
    header = "month,month_last_day,month_filings,avg_filings,percentage_diff"
    delivery.table("sampleton_barchart.csv", header, months)
    month = f"{STARTS_ON:%m/%Y}"
    groups = [(kind, month, "", total // 5, 100, 1.0, 0.3, 0.4) for kind in ("White", "Black", "Latinx", "Other")]
    header = "group,month,month_last_day,month_filings,avg_filings,month_diff,month_filings_imputed,baseline_share"
    delivery.table("sampleton_linechart.csv", header, [*groups, ("Female", month, "", "", "", "", 0.6, 0.5)])
    return delivery.planted(filings=total)

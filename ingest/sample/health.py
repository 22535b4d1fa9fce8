"""Lead in pipes, paint and blood, and chronic conditions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import numpy as np

from ingest.sample.city import COUNTY_GEOID, GROUPS, Profile, person, phone
from ingest.sample.delivery import Delivery, PlantedCounts, csv_text, source
from ingest.sample.people.profile import shares_of
from ingest.sample.places.ground import aldermanic_districts, tract_codes, tracts, zip_areas
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.text import word_list

LINES_ON, LINES_BEFORE = date(2025, 7, 1), date(2025, 1, 1)
# Planted: every sixteenth house, from the fourth on, has a lead line on both days; further ones were replaced between the two.
_FIRST, _EVERY = 3, 16
_FIRST_REPLACED, _REPLACED_EVERY = 11, 160
_BEYOND, _LINES_REPEATED = 15, 4
_STATE_ROWS = 70

# Planted: orders abated in each year, and orders open at the end of 2025.
ABATED_IN = {2021: 40, 2022: 60, 2023: 50, 2024: 90, 2025: 110}
OPEN_ORDERS = 180
ORDERS_ON = date(2025, 12, 31)
_NO_DAY = 4
_TYPES = ("Both", "Both", "Both", "Both", "Interior", "Exterior")
_STATES = ("Open", "Open", "Open", "Enforcement", "", "Abatement in Process")
_FLATS = ("", "", "", " A", "", " Lower")

TEST_YEARS = range(2020, 2026)
_TESTED = 6_000  # children a year: over three years 20 and more elevated results of each large group in most districts
# From which result on it is elevated, and since which year.
_THRESHOLDS = {2020: 5.0, 2022: 3.5}
# Planted: who is tested, and the share of each group with 5.0 micrograms per decilitre or more, and with 3.5 or more.
TESTED = {
    "Black, non-Hispanic": 0.45, "White, non-Hispanic": 0.25, "Hispanic": 0.22, "Asian, non-Hispanic": 0.05,
    "American Indian, non-Hispanic": 0.03,
}  # fmt: skip
GROUPS_TESTED = dict(zip(TESTED, ("black", "white", "hisp", "asian", "aian"), strict=True))
ELEVATED = {
    "Black, non-Hispanic": (0.11, 0.21), "White, non-Hispanic": (0.05, 0.10), "Hispanic": (0.07, 0.13),
    "Asian, non-Hispanic": (0.06, 0.12), "American Indian, non-Hispanic": (0.08, 0.15),
}  # fmt: skip
_RACE_UNKNOWN = 0.06
_NO_RESULT_EVERY, _MENDED_EVERY = 90, 180
_TESTS_REPEATED = 4

PREVALENCE_YEARS = (2019, 2018)
LAST_YEAR = PREVALENCE_YEARS[0]
# Planted: the prevalence in percent that each group brings to a tract.
_RISKS = {
    "diabetes_prevalence": {"white": 8.0, "black": 17.5, "hisp": 13.5, "aian": 16.0, "asian": 9.5},
    "copd_prevalence": {"white": 7.5, "black": 9.0, "hisp": 5.0, "aian": 11.0, "asian": 4.0},
    "poor_mental_health_prevalence": {"white": 13.0, "black": 17.0, "hisp": 15.0, "aian": 19.0, "asian": 10.0},
}
_RISK_OTHERWISE = 11.0
_NOTE = "Sub-county small area estimates of a city that does not exist. It is not appropriate to use this data for evaluation."
_NO_ESTIMATE = 2  # tracts without one in the earlier year, for each condition


def lines_on(day: date) -> list[int]:
    """The positions of the houses that have a lead line on a day."""
    positions = list(range(_FIRST, len(houses()), _EVERY))
    return sorted([*positions, *range(_FIRST_REPLACED, len(houses()), _REPLACED_EVERY)]) if day == LINES_BEFORE else positions


@source("dpw__lead_service_lines", as_of=LINES_ON)
def lead_lines(delivery: Delivery) -> PlantedCounts:
    """Two CSV files, addresses with a lead service line on two days half a year apart.

    Irregularities: the house number in two columns, the second one a single space where there is nothing; the state written out
    in the first rows and empty in the others; a few nine-digit ZIP codes; addresses beyond the city; rows that repeat; a blank
    row and a footer that holds nothing but the file's date. Lines end in CR LF.
    """
    zips = houses().on(zip_areas()).tolist()
    for day, name in ((LINES_ON, "leadservicelines.csv"), (LINES_BEFORE, f"leadservicelines_{LINES_BEFORE}.csv")):
        rows = []
        for row, at in enumerate(lines_on(day)):
            number, street = addresses()[at].split(" ", 1)
            more = f"{int(number[-2:]) + 4:02d}" if at % 5 == 0 and int(number[-2:]) < 90 else " A" if at % 37 == 0 else " "
            zip_code = f"{zips[at]:05d}" + (f"-{1000 + at % 9000}" if at % 151 == 0 else "")
            rows.append((number, more, street, delivery.city.name.upper(), "SAMPLE STATE" if row < _STATE_ROWS else "", zip_code))
        rows += rows[100 : 100 + _LINES_REPEATED]
        rows += [(str(6000 + 2 * at), " ", "W OUTLINE ST", "FARVILLE", "", "00021") for at in range(_BEYOND)]
        rows += [("",) * 6, ("", "", "", "", "", f"{day.month}/{day.day}/{day.year}")]
        header = "House Number Range,House Number contd.,Street Name,City,State,Zip Code"
        delivery.table(name, header, rows, end="\r\n")
    return delivery.planted(
        blank=4, duplicate=2 * _LINES_REPEATED, houses=len(lines_on(LINES_ON)), houses_before=len(lines_on(LINES_BEFORE)),
        beyond_the_city=_BEYOND,
    )  # fmt: skip


def _ordered(rng: np.random.Generator, count: int, city: Profile) -> list[tuple[str, int]]:
    """Addresses written out, each of another house, and their districts."""
    points = houses()
    chosen = rng.choice(np.arange(1, len(points), 2), count, replace=False)
    grids = (aldermanic_districts(2022, city.districts), zip_areas())
    district, zips = (points.on(grid)[chosen].tolist() for grid in grids)
    return [
        (f"{long_form(addresses()[house])}{_FLATS[at % len(_FLATS)]}, {city.name}, {city.state} {zips[at]:05d}", district[at])
        for at, house in enumerate(chosen.tolist())
    ]


def _dashed(day: date | None) -> str:
    return f"{day:%m-%d-%Y}" if day else ""


@source("mhd__lead_orders_open", as_of=ORDERS_ON)
def lead_orders_open(delivery: Delivery) -> PlantedCounts:
    """A list scraped from a page, one row per order that is open.

    Irregularities: addresses written out (`5375 North 54th Street, Sampleton, ZZ 00018`), a letter for the flat, dates as
    month-day-year text, an order of the type `None`, orders without a day of issue, a due date before the issue. The district is
    that of the newest map.
    """
    ago = [0, *delivery.rng.integers(1, 1_400, OPEN_ORDERS - 1).tolist()]
    rows = []
    for at, (address, district) in enumerate(_ordered(delivery.rng, OPEN_ORDERS, delivery.city)):
        kind = _TYPES[at % len(_TYPES)]
        day = date(2025, 12, 29) - timedelta(days=ago[at]) if at < OPEN_ORDERS - _NO_DAY else None
        due_on = None if day is None else day + timedelta(days=-3 if at == 40 else 30)
        due = (_dashed(due_on if kind in ("Both", side) else None) for side in ("Exterior", "Interior"))
        shown = "None" if at == OPEN_ORDERS - 1 else kind
        rows.append((address, *due, "Open", _STATES[at % len(_STATES)], shown, _dashed(day), district))
    delivery.table("open_lead.csv", word_list("open_order_columns"), rows)
    return delivery.planted(without_day=_NO_DAY)


@source("mhd__lead_orders_abated")
def lead_orders_abated(delivery: Delivery) -> PlantedCounts:
    """The orders that were cleared, written as the open ones are; one row is there twice."""
    years = [year for year, count in ABATED_IN.items() for _ in range(count)]
    days = delivery.rng.integers(0, 365, len(years)).tolist()
    days[-1] = 363  # the list is as fresh as it can be
    rows = [
        (address, _dashed(date(year, 1, 1) + timedelta(days=day)), district)
        for year, day, (address, district) in zip(years, days, _ordered(delivery.rng, len(years), delivery.city), strict=True)
    ]
    rows.insert(8, rows[7])
    delivery.table("abated_lead.csv", "Address,Final Clearance Date,Alderman", rows)
    return delivery.planted(duplicate=1, orders=len(years))


def threshold(year: int) -> float:
    """From which result on a child's lead is elevated in a year."""
    return _THRESHOLDS[max(first for first in _THRESHOLDS if first <= year)]


def elevated(label: str, year: int) -> float:
    """The planted share of a group's tested children whose lead is elevated by the definition of the year."""
    return ELEVATED[label][0 if threshold(year) == _THRESHOLDS[2020] else 1]


def _results(rng: np.random.Generator, race: np.ndarray) -> list[str]:
    """A result for each child: above the higher threshold, between the two, or below both."""
    higher, lower = np.array(list(ELEVATED.values()))[race].T
    luck, within = rng.random(len(race)), rng.random(len(race))
    tenths = np.where(
        luck < higher, 50 + np.floor(within * 200), np.where(luck < lower, 35 + np.floor(within * 15), 1 + np.floor(within * 34))
    )
    return [f"{value / 10:.1f}" for value in tenths.tolist()]


@source("mhd__lead_tests")
def lead_tests(delivery: Delivery) -> PlantedCounts:
    """One file with bars between the cells, one row per tested child and year, as a registry's extract.

    Irregularities: names, days of birth and telephones in the file; samples too small for a result (`QNS`), some corrected by a
    later row of the same number; repeated rows; addresses with a flat; children of unknown race; a definition of elevated that
    changed.
    """
    rng, labels, a_year = delivery.rng, list(TESTED), delivery.city.scaled(_TESTED)
    count = a_year * len(TEST_YEARS)
    race = rng.choice(len(labels), count, p=list(delivery.city.tilted(TESTED, GROUPS_TESTED).values()))
    results, unknown, home = _results(rng, race), rng.random(count) < _RACE_UNKNOWN, rng.integers(0, len(houses()), count)
    days, months = rng.integers(0, 365, count).tolist(), rng.integers(6, 72, count).tolist()
    days[-1] = 363  # the extract is as fresh as it can be

    def row(at: int, result: str) -> tuple[object, ...]:
        day = date(TEST_YEARS[at // a_year], 1, 1) + timedelta(days=days[at])
        born = day - timedelta(days=int(30.44 * months[at]))
        return (
            f"R{at:06d}", person(at), f"{born:%m/%d/%Y}", phone(at), f"{day:%m/%d/%Y}", months[at],
            ("Unknown" if at % 3 else "") if unknown[at] else labels[race[at]], "capillary" if at % 3 else "venous", result,
            addresses()[home[at]] + (" #2" if at % 12 == 0 else ""),
        )  # fmt: skip

    rows = [row(at, "QNS" if at % _NO_RESULT_EVERY == 7 else results[at]) for at in range(count)]
    corrected = [row(at, results[at]) for at in range(7, count, _MENDED_EVERY)]
    header = "RECORD_NO|CHILD_NAME|DOB|GUARDIAN_PHONE|SAMPLE_DATE|AGE_MONTHS|RACE_ETHNICITY|SAMPLE_TYPE|RESULT_UG_DL|ADDRESS"
    rows += [*rows[50 : 50 + _TESTS_REPEATED], *corrected]
    delivery.table("lead_registry_extract.txt", header, rows, delimiter="|")
    return delivery.planted(duplicate=_TESTS_REPEATED, superseded=len(corrected), children=count)


@cache
def estimates(measure: str, year: int) -> tuple[float, ...]:
    """The planted estimates, percent of adults, in the order of the tracts of 2010; rising from year to year."""
    risks = np.array([_RISKS[measure].get(group, _RISK_OTHERWISE) for group in GROUPS])
    of_residents = shares_of(tracts(2010)) @ risks
    elsewise = np.arange(len(of_residents)) * 7 % 11 / 5 - 1  # age, income and the rest: one point up or down
    return tuple(np.round(of_residents + elsewise + (year - PREVALENCE_YEARS[-1]) * 0.3, 1).tolist())


def _estimated(condition: str, definition: str, unit: str, measure: str) -> Iterator[list[object]]:
    for at, tract in enumerate(tract_codes(2010)):
        for year in PREVALENCE_YEARS:
            is_estimated = year == LAST_YEAR or at >= _NO_ESTIMATE
            value = estimates(measure, year)[at] if is_estimated else 0.0
            bounds = (round(value * 0.9, 1), round(value * 1.1, 1))
            row = [condition, definition, "Census Tract", f"{COUNTY_GEOID}{tract:06d}", value, unit, *bounds]
            yield [*row, *[""] * 4, "No", year, "Sample model", _NOTE, *[""] * 13]


@source("mhd__chronic_disease", jurisdiction=COUNTY_GEOID)
def chronic_disease(delivery: Delivery) -> PlantedCounts:
    """Three CSV files, one a condition, modelled estimates by tract of 2010 and year.

    Irregularities: 29 columns, most of them empty in every row; the definition repeated in each row; two ways of writing the
    unit; a file is named for the last of its years; rows of 0.0 with an interval of 0.0 to 0.0, which are no estimates; the
    county and not the city. Planted: estimates are set and not drawn. A tract's follows from who lives there, as a publisher's
    model has it.
    """
    header = ",".join(f'"{column}"' if " " in column else column for column in word_list("prevalence_columns"))
    for name, *condition in word_list("conditions"):
        rows = list(_estimated(*condition))
        delivery.text(name, f"{header}\n{csv_text(rows)}", len(rows))
    return delivery.planted(no_estimate=_NO_ESTIMATE * len(word_list("conditions")))

"""Police and court beyond calls and stops: incidents, cases, and people killed by police."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from ingest.sample.city import STATE, person
from ingest.sample.delivery import Delivery, PlantedCounts, csv_text, source
from ingest.sample.places import ground
from ingest.sample.places.houses import LONG_TYPES, addresses, houses, to_degrees
from ingest.sample.text import word_list

INCIDENTS, REPEATED = 1_300, 150
OFFENSES = {
    "Arson": 1, "Assault": 28, "Burglary": 7, "CriminalDamage": 18, "Homicide": 1, "Robbery": 6, "SexOffense": 2, "Theft": 20,
    "VehicleTheft": 17,
}  # fmt: skip
NO_OFFENSE, SEVERAL = 0.076, 0.057  # the share of incidents without an offence, and with two to four
_NO_CODES_EVERY = 70
_ODD_FORMS = ("{0} {1} #2", "{0}-A {1}", "{0} {1} APT 1")
_ODD_EVERY = 12

_CASES, _EMPTY, _UPDATED = 1_600, 4, 40
# Planted: what the court finds. The first two are findings of guilt.
FINDINGS = {
    "Guilty": 0.90, "Guilty - Suspended Sentence": 0.02, "Dismissed without Prejudice": 0.06, "Not Guilty": 0.015,
    "Dismissed with Prejudice": 0.005,
}  # fmt: skip
GUILTY = ("Guilty", "Guilty - Suspended Sentence")
_FIRST_DAY, _DAYS = datetime(2024, 1, 1), 725
_CLOCKS_SKIP_AN_HOUR = (date(2024, 3, 10), date(2025, 3, 9))
_COURT_TYPES = {"AV": "AVE", "BL": "BLVD"}
_NOWHERE = (43.8, -86.98)  # the middle of the city, for addresses that the geocoder did not find
_OUT_OF_TOWN = (41.88, -87.63)  # a street of the same name in another city

COVERS_FROM, _BEFORE, _RELEASED_ON = date(2015, 1, 1), date(2018, 4, 12), date(2025, 10, 31)
# Planted: deaths in the city by group, in the later register; the earlier one has the first so many persons.
KILLED_IN_THE_CITY = {"B": 14, "W": 5, "H": 3}
_EARLIER_PERSONS = 60
_ELSEWHERE = ("W", "W", "B", "", "A", "N", "W", "W", "H", "W", "O", "W") * 20
_FIRST_HERE, _EVERY = 10, 11  # the first death in the city, and how many are from one to the next


def _offenses(rng: np.random.Generator) -> np.ndarray:
    """A row an incident: 1 in the column of each offence."""
    weights = np.array(list(OFFENSES.values())) / sum(OFFENSES.values())
    luck = rng.random(INCIDENTS)
    several = rng.integers(2, 5, INCIDENTS)
    number = np.where(luck < NO_OFFENSE, 0, np.where(luck < NO_OFFENSE + SEVERAL, several, 1))
    flags = np.zeros((INCIDENTS, len(OFFENSES)), dtype=np.int64)
    for at, count in enumerate(number.tolist()):
        flags[at, rng.choice(len(OFFENSES), count, replace=False, p=weights)] = 1
    return flags


@source("mpd__incidents", period={"start": date(2025, 1, 1), "end": date(2025, 12, 31)})  # the rows carry no date
def incidents(delivery: Delivery) -> PlantedCounts:
    """One CSV, an incident a row with up to four offences, and no number, day or time.

    Irregularities: every code is written as a float number (`5.0`, `2301.0` for tract 002301, `7.0` for ZIP code 00007); the
    address is withheld for every sexual offence; a few rows have no code at all, a tenth no offence, some two to four; some rows
    repeat others to the letter; one address in ten is not as the index has it.
    """
    points, flags = houses(), _offenses(delivery.rng)
    house = delivery.rng.integers(0, len(points), INCIDENTS)
    grids = (
        ground.aldermanic_districts(2022, delivery.city.districts), ground.police_districts(), ground.tracts(2020),
        ground.wards(2021, delivery.city.districts), ground.zip_areas(),
    )  # fmt: skip
    district, police, tract, ward, zip_area = (
        [f"{label}.0" if label else "" for label in points.on(grid)[house].tolist()] for grid in grids
    )
    rows = []
    for at, where in enumerate(house.tolist()):
        address = addresses()[where]
        if at % _ODD_EVERY == 0:
            address = _ODD_FORMS[at // _ODD_EVERY % len(_ODD_FORMS)].format(*address.split(" ", 1))
        if flags[at, list(OFFENSES).index("SexOffense")]:
            address = ""
        area = f"{1 + where % 18}.0" if where % 3 == 0 else ""
        codes = [district[at], area, police[at], tract[at], ward[at], zip_area[at]] if at % _NO_CODES_EVERY else [""] * 6
        rows.append((address, *codes, *flags[at].tolist()))
    rows += rows[200 : 200 + REPEATED]
    delivery.table("wibr_2025_stripped.csv", ("address", "ALD", "NSP", "POLICE", "TRACT", "WARD", "ZIP", *OFFENSES), rows)
    return delivery.planted(duplicate=len(rows) - len(set(rows)), offenses=int(flags.sum()))


def _court_address(address: str, at: int) -> str:
    number, direction, name, kind = address.split()
    if at % 4 == 0:
        return address
    if at % 17 == 0:
        return f"{number} {direction} {name}"
    written = LONG_TYPES[kind].upper() if at % 2 else _COURT_TYPES.get(kind, kind)
    return f"{number} {direction} {name} {written}" + (" #3" if at % 13 == 0 else "")


def _court_point(latitude: float, longitude: float, at: int) -> tuple[object, object]:
    """The delivered latitude and longitude: mostly the house's, at a hundredth of the places something else."""
    odd = {20: (longitude, latitude), 60: _OUT_OF_TOWN, 61: _OUT_OF_TOWN, 140: (0, 0)}
    return (odd | dict.fromkeys(range(100, 104), _NOWHERE)).get(at % 200, (latitude, longitude))


@source("mmc__court_cases")
def court_cases(delivery: Delivery) -> PlantedCounts:
    """A zipped CSV, one row per case of the Municipal Court, with a geocoder's guess at the place.

    Irregularities: a few cases have a number and nothing else, at latitude and longitude 0; points beyond the county, points
    with the coordinates swapped, and one point for every address that was not found; addresses run into the name of the city,
    most with a street type written otherwise than in the index, some without one, some with a unit; one case in forty is listed
    again in a later state.
    """
    rng, points, city = delivery.rng, houses(), delivery.city
    name = f"{city.name.upper()}, {city.state}"
    house = rng.choice(len(points), _CASES, replace=False)
    longitude, latitude = to_degrees(points.x[house], points.y[house])
    zips = points.on(ground.zip_areas())[house].tolist()
    finding = rng.choice(list(FINDINGS), _CASES, p=list(FINDINGS.values())).tolist()
    weights = np.array(list(word_list("violations").values()))
    violation = rng.choice(list(word_list("violations")), _CASES, p=weights / weights.sum()).tolist()
    minutes = np.sort(rng.integers(0, _DAYS * 24 * 60, _CASES)).tolist()
    rows: list[tuple[object, ...]] = []
    for at, where in enumerate(house.tolist()):
        address = _court_address(addresses()[where], at)
        guess = f"{address.title()}, {city.name}, {city.state} {zips[at]:05d}, USA"
        is_summons = violation[at].startswith("Ordinance 200")
        # a summons names the day and not the hour
        moment = _FIRST_DAY + (timedelta(days=minutes[at] // 1440) if is_summons else timedelta(minutes=minutes[at]))
        if moment.date() in _CLOCKS_SKIP_AN_HOUR:
            moment = moment.replace(hour=12)
        rows.append(
            (
                f"{24_000_000 + 7 * at:08d}", *_court_point(latitude[at], longitude[at], at),
                f"{address} {name}" if at % 90 else name, guess,
                "Summons & Complaint" if is_summons else "Municipal citation", violation[at],
                f"{moment:%Y-%m-%d %H:%M:%S}.000000", finding[at],
            )
        )  # fmt: skip
    nothing = [(f"{25_900_000 + at:08d}", 0, 0, f"SAME {name}", "", "", "", "", "") for at in range(_EMPTY)]
    # found first, dismissed later: the state that counts is further down, with the same place and time
    updated = [rows[40 * at] for at in range(_UPDATED)]
    earlier = [(*row[:-1], "Dismissed without Prejudice" if row[-1] in GUILTY else "Guilty") for row in updated]
    header = "g_case_no,y_lat,x_lng,f_addr,gf_addr,c_case_type,c_violation,c_violation_date,j_finding"
    with delivery.zipped("testdata.zip", "testdata.csv") as file:
        file.write(csv_text([header.split(","), *earlier, *rows, *nothing]).encode("utf-8"))
    delivery.delivered = _CASES + _UPDATED + _EMPTY
    return delivery.planted(superseded=_UPDATED, rejected=_EMPTY, cases=_CASES)


def _register() -> list[dict[str, Any]]:
    """Every person of the later register by day, with the columns of both."""
    people = [(race, "Exampleville") for race in _ELSEWHERE]
    for at, race in enumerate(race for race, count in KILLED_IN_THE_CITY.items() for _ in range(count)):
        people.insert(_FIRST_HERE + _EVERY * at, (race, "Sampleton"))
    days = (_RELEASED_ON - COVERS_FROM).days - 40
    return [
        {
            "id": 100 + 11 * at, "date": COVERS_FROM + timedelta(days=20 + at * days // len(people)), "race": race, "city": place,
            "state": STATE, "name": person(100 + 11 * at), "age": "" if at % 13 == 5 else 18 + at * 5 % 50,
            "gender": "female" if at % 9 == 4 else "male",
            "manner_of_death": "shot", "armed": "unknown", "armed_with": "unknown", "threat_type": "undetermined",
            "latitude": "44.5", "longitude": "-87.1", "location_precision": "not_available", "race_source": "not_available",
        }
        for at, (race, place) in enumerate(people)
    ]  # fmt: skip


@source("fpc__fatal_shootings", jurisdiction="99")  # the state
def fatal_shootings(delivery: Delivery) -> PlantedCounts:
    """A press register of people killed by police, in two releases with a schema each.

    Irregularities: the later release has all persons of the earlier one under other names of columns and words of sex, with one
    race corrected; names, exact places and circumstances that no count needs; the county is empty; a city of the same name in
    another state; the race of some is unknown. Planted: the deaths of each group in the city are set and not drawn.
    """
    later = _register()
    earlier = [{**death, "gender": death["gender"][0].upper()} for death in later[:_EARLIER_PERSONS]]
    earlier[0]["race"] = "O"  # wrong
    releases = (
        (_BEFORE, "register_columns_before", earlier, csv.QUOTE_MINIMAL),
        (_RELEASED_ON, "register_columns", later, csv.QUOTE_ALL),
    )
    for day, columns, deaths, quoting in releases:
        rows = [[death.get(column, "") for column in word_list(columns)] for death in deaths]
        delivery.table(f"fatal-police-shootings-data_{day}.csv", word_list(columns), rows, quoting=quoting)
    return delivery.planted(superseded=len(earlier), in_the_city=sum(KILLED_IN_THE_CITY.values()))

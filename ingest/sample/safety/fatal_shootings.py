"""`fpc__fatal_shootings`: a press register of people killed by police, in two releases with a schema each.

Irregularities: the later release has all persons of the earlier one under other names of columns and words of sex, with one race
corrected; names, exact places and circumstances that no count needs; the county is empty; a city of the same name in another
state; the race of some is unknown. Planted: the deaths of each group in the city are set and not drawn.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.city import FIRST_NAMES, NAMES
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "fpc__fatal_shootings"
COVERS_FROM, BEFORE, RELEASED_ON = date(2015, 1, 1), date(2018, 4, 12), date(2025, 10, 31)
# Planted: deaths in the city by group, in the later register; the earlier one has the first EARLIER persons.
IN_THE_CITY = {"B": 14, "W": 5, "H": 3}
EARLIER = 60
_ELSEWHERE = ("W", "W", "B", "", "A", "N", "W", "W", "H", "W", "O", "W") * 20
_FIRST_HERE, _EVERY = 10, 11  # the first death in the city, and how many are from one to the next
_OLD = "id,name,date,manner_of_death,armed,age,gender,race,city,state,signs_of_mental_illness,threat_level,flee,body_camera"
_NEW = (
    "id,date,threat_type,flee_status,armed_with,city,county,state,latitude,longitude,location_precision,name,age,gender,race,"
    "race_source,was_mental_illness_related,body_camera,agency_ids"
)


@dataclass(frozen=True)
class Death:
    """One person of the register; `day` counts from its beginning."""

    number: int
    day: date
    race: str
    city: str
    age: int | None
    is_female: bool


def register() -> list[Death]:
    """Every person of the later register, by day."""
    people = [(race, "Exampleville") for race in _ELSEWHERE]
    for at, race in enumerate(race for race, count in IN_THE_CITY.items() for _ in range(count)):
        people.insert(_FIRST_HERE + _EVERY * at, (race, "Sampleton"))
    days = (RELEASED_ON - COVERS_FROM).days - 40
    return [
        Death(
            100 + 11 * at, COVERS_FROM + timedelta(days=20 + at * days // len(people)), race, place,
            None if at % 13 == 5 else 18 + at * 5 % 50, at % 9 == 4,
        )
        for at, (race, place) in enumerate(people)
    ]  # fmt: skip


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write both releases into `folder`; returns what was planted."""
    later = register()
    # the earlier release had one race wrong
    earlier = [replace(later[0], race="O"), *later[1:EARLIER]]
    delivered = 0
    for name, header, deaths in ((BEFORE, _OLD, earlier), (RELEASED_ON, _NEW, later)):
        columns = header.split(",")
        with (folder / f"fatal-police-shootings-data_{name}.csv").open("w", encoding="ascii", newline="") as file:
            writer = csv.DictWriter(
                file, columns, lineterminator="\n", quoting=csv.QUOTE_ALL if header == _NEW else csv.QUOTE_MINIMAL
            )
            writer.writeheader()
            writer.writerows(_row(death, columns, is_new=header == _NEW) for death in deaths)
        delivered += len(deaths)
    return PlantedCounts(delivered=delivered, superseded=len(earlier), facts={"in_the_city": sum(IN_THE_CITY.values())})


def _row(death: Death, columns: list[str], *, is_new: bool) -> dict[str, object]:
    sexes = ("female", "male") if is_new else ("F", "M")
    cells: dict[str, object] = {
        "id": death.number, "date": death.day, "race": death.race, "city": death.city, "state": "ZZ",
        "name": f"{FIRST_NAMES[death.number % len(FIRST_NAMES)]} {NAMES[death.number % len(NAMES)].title()}",
        "age": "" if death.age is None else death.age, "gender": sexes[0] if death.is_female else sexes[1],
        "manner_of_death": "shot", "armed": "unknown", "armed_with": "unknown", "threat_type": "undetermined",
        "latitude": "44.5", "longitude": "-87.1", "location_precision": "not_available", "race_source": "not_available",
    }  # fmt: skip
    return {column: cells.get(column, "") for column in columns}

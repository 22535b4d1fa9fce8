"""The census of Sampleton: people by block, and the tables of its survey (ACS) by tract and for the city.

Tables of the survey have two header rows, codes and then labels, and a margin of error (90 %) next to every estimate. The tracts
are those of the county and not of the city.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.sample.city import COUNTY_GEOID, GROUPS, PLACE_GEOID, SAMPLETON, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, csv_text, source
from ingest.sample.people.profile import shares_of
from ingest.sample.places import ground
from ingest.sample.places.houses import Numbers
from ingest.sample.text import word_list

# Planted: the part of each group that is 18 and over.
ADULTS = np.array([0.64, 0.81, 0.70, 0.72, 0.73, 0.75, 0.72, 0.58])
_NO_DISTRICT_EVERY, _NO_WARD_EVERY = 263, 397
_MOVED = 0.15
_PEOPLE_OF_A_BLOCK = (5.0, 0.6)  # of the logarithm: mean and standard deviation

# The share of each race among Hispanics, in the order of the first seven of `races_of_survey`.
_HISPANIC_RACES = (0.55, 0.04, 0.02, 0.005, 0.005, 0.30, 0.08)
_WITH_OTHER_RACE = 0.2  # of the people of two or more races
_PEOPLE_OF_A_TRACT = (1_500, 6_000)

# Planted: the people of the city's labor force by line; about two thirds of the adults of each group.
LABOR_FORCE = {
    "Hispanic or Latino": 20_000, "White alone, not Hispanic or Latino": 42_000,
    "Black or African American alone, not Hispanic or Latino": 36_000,
    "American Indian and Alaska Native alone, not Hispanic or Latino": 820, "Asian alone, not Hispanic or Latino": 5_900,
    "Native Hawaiian and Other Pacific Islander alone, not Hispanic or Latino": 110,
    "Two or more races, not Hispanic or Latino": 3_100,
}  # fmt: skip
_GROUP_OF_LINE = dict(zip(LABOR_FORCE, ("hisp", "white", "black", "aian", "asian", "nhpi", "two"), strict=True))
_COUNTY_FORCE = 1.8  # times the city's
# Planted: the city's residents of each year; 2020 is the census itself, which another source counts.
PLACE_TOTALS = {2018: 244_000, 2019: 242_000, 2021: 236_000, 2022: 233_000, 2023: 231_000, 2024: 230_000, 2025: 229_000}

_ABILITIES = ("", '!!Speak English "very well"', '!!Speak English less than "very well"')
# Planted: of a tract's people 5 and over those who speak a group's languages at home, and of these those who speak English less
# than very well.
_SPEAK = (0.14, 0.004, 0.004, 0.008, 0.012, 0.001, 0.004, 0.002, 0.002, 0.028, 0.008, 0.008)
_LESS_THAN_VERY_WELL = (0.42, 0.2, 0.15, 0.3, 0.3, 0.45, 0.45, 0.5, 0.3, 0.48, 0.35, 0.45)
_PEOPLE_OVER_5 = (1_400, 5_600)


def _tract_shares(rng: np.random.Generator, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The compositions, moved a little: no two censuses, and no two seeds, find the same people in a tract."""
    weights = shares * np.exp(rng.normal(0, _MOVED, shares.shape))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@cache
def city_blocks() -> tuple[Numbers, Numbers, Numbers]:
    """Column, row and tract (2020) of every block of the city, ordered by tract."""
    columns, rows = np.nonzero(ground.city())
    tract = ground.tracts(2020)[columns, rows]
    order = np.lexsort((columns, rows, tract))
    return columns[order], rows[order], tract[order]


def labor_force_of(city: Profile = SAMPLETON) -> dict[str, int]:
    """The people of a city's labor force by line."""
    return {line: city.scaled(people * city.times(_GROUP_OF_LINE[line])) for line, people in LABOR_FORCE.items()}


def residents(rng: np.random.Generator, city: Profile = SAMPLETON) -> tuple[Numbers, Numbers]:
    """People and adults of each block of `city_blocks`, a column a group of GROUPS; the first that the source's stream draws."""
    tract = city_blocks()[2]
    tract_at = np.unique(tract, return_inverse=True)[1]
    people_of = np.rint(rng.lognormal(*_PEOPLE_OF_A_BLOCK, len(tract))).astype(np.int64)
    totals = np.where(rng.random(len(tract)) < 1 / 6, 0, people_of)
    if city != SAMPLETON:
        totals = np.rint(totals * (city.residents / totals.sum())).astype(np.int64)
    shares = _tract_shares(rng, shares_of(ground.tracts(2020) * ground.city(), city))
    people = rng.multinomial(totals, shares[tract_at])
    return people, rng.binomial(people, ADULTS)


@source("census__blocks_2020")
def blocks(delivery: Delivery) -> PlantedCounts:
    """One CSV, people and adults of each census block by race and Hispanic origin.

    Irregularities: a sixth of the blocks are empty, a few are in no aldermanic district (`0`), wards are padded in one column
    and not in the other, some `NA`; the city's part only, so that tracts on the border are not whole. The groups are exclusive
    and sum to the total, for people and for adults. Every code agrees with the maps.
    """
    columns, rows, tract = city_blocks()
    _, first, tract_at = np.unique(tract, return_index=True, return_inverse=True)
    city = delivery.city
    people, adults = residents(delivery.rng, city)
    totals, number = people.sum(axis=1), np.arange(len(tract)) - first[tract_at]
    grids = ground.aldermanic_districts(2012, city.districts), *(ground.wards(year, city.districts) for year in (2012, 2021))
    district, old_ward, ward = (grid[columns, rows].tolist() for grid in grids)
    lines = [
        (
            f"{city.county_geoid}{tract[at]:06d}{1000 + number[at]}", 1 + tract_at[at] // 8, 1 + tract_at[at] // 20,
            f"{3000 + old_ward[at]:06d}", district[at] if at % _NO_DISTRICT_EVERY else 0, f"{old_ward[at]:04d}",
            ward[at] if at % _NO_WARD_EVERY else "NA", totals[at], *people[at], adults[at].sum(), *adults[at],
        )
        for at in range(len(tract))
    ]  # fmt: skip
    delivery.table("SampletonBlocks2020.csv", word_list("block_columns"), lines)
    outside = len(range(0, len(lines), _NO_DISTRICT_EVERY))
    return delivery.planted(people=int(totals.sum()), adults=int(adults.sum()), outside_districts=outside)


@source("census__place_populations")
def place_populations(delivery: Delivery) -> PlantedCounts:
    """One CSV, the residents of the city and of another one by year. Planted: `PLACE_TOTALS`."""
    state, place = PLACE_GEOID[:2], PLACE_GEOID[2:]
    rows = [(year, state, place, "Sample State", "Sampleton city", people) for year, people in PLACE_TOTALS.items()]
    rows += [(year, state, "00101", "Sample State", "Sample city 101 city", 115_500) for year in PLACE_TOTALS]
    delivery.table("place_populations.csv", ("year", "state", "place", "state_name", "place_name", "population"), rows)
    return delivery.planted(years=len(PLACE_TOTALS))


def _survey_text(header: Sequence[Sequence[str]], places: Sequence[Sequence[str]], *columns: NDArray[np.int64]) -> str:
    """A table of the survey: two header rows, and per place each estimate and its margin."""
    values = np.stack(columns, axis=2).reshape(len(places), -1).tolist()
    return csv_text([*header, *([*place, *pairs] for place, pairs in zip(places, values, strict=True))])


def _labels(first: Sequence[str], lines: Iterable[str], between: str) -> list[str]:
    """The row of labels: those of the place, and two for each line."""
    return [*first, *(f"{kind}{between}{line}" for line in lines for kind in ("Estimate", "Margin of Error"))]


def _earlier_header(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Both header rows, as the census's earlier site wrote them."""
    numbers = range(1, len(lines) + 1)
    codes = ["GEO.id", "GEO.id2", "GEO.display-label", *(f"HD0{kind}_VD{number:02d}" for number in numbers for kind in (1, 2))]
    return codes, _labels(("Id", "Id2", "Geography"), lines, "; ")


def _margins(estimates: NDArray[np.int64], spread: float) -> NDArray[np.int64]:
    """Margins of error that grow with the root of the estimate; the census gives an estimate of 0 one, too."""
    return np.where(estimates == 0, 9, np.rint(1.645 * spread * np.sqrt(estimates)).astype(np.int64))


@source("census__acs_race_tract", jurisdiction=COUNTY_GEOID)
def race_by_tract(delivery: Delivery) -> PlantedCounts:
    """Hispanic or Latino origin by race (B03002) for the tracts of 2010.

    Irregularities: lines that are parts of other lines, so that adding all of them counts people twice. In every tract the parts
    of a sum add up to it.
    """
    rng, tracts, city = delivery.rng, ground.tract_codes(2010), delivery.city
    parents, races = ("Not Hispanic or Latino:", "Hispanic or Latino:"), word_list("races_of_survey")
    lines = ["Total:", *(label for parent in parents for label in (parent, *(f"{parent} - {race}" for race in races)))]
    shares = _tract_shares(rng, shares_of(ground.tracts(2010), city))
    least, most = map(city.scaled, _PEOPLE_OF_A_TRACT)
    people = rng.multinomial(rng.integers(least, most, len(tracts)), shares)
    hispanic, others = people[:, GROUPS.index("hisp")], np.delete(people, GROUPS.index("hisp"), axis=1)
    halves = (_lines_of_parent(others, rng), _lines_of_parent(rng.multinomial(hispanic, _HISPANIC_RACES), rng))
    estimates = np.column_stack([people.sum(axis=1), *halves])
    geoids = [f"{city.county_geoid}{tract:06d}" for tract in tracts]
    names = [f"Census Tract {tract / 100:g}, Sample County, Sample State" for tract in tracts]
    places = [(f"1400000US{geoid}", geoid, name) for geoid, name in zip(geoids, names, strict=True)]
    text = _survey_text(_earlier_header(lines), places, estimates, _margins(estimates, 3))
    delivery.text("race_ethnicity.csv", text, len(places))
    return delivery.planted(people=int(people.sum()))


def _lines_of_parent(races: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """The ten lines under one of the two parents, a row a tract: the sum, seven races, and the two parts of the last race."""
    with_other = rng.binomial(races[:, -1], _WITH_OTHER_RACE)
    return np.column_stack([races.sum(axis=1), races, with_other, races[:, -1] - with_other])


@source("census__labor_force")
def labor_force(delivery: Delivery) -> PlantedCounts:
    """The civilian labor force 16 and over by race and Hispanic origin, in the form of the ACS tabulation.

    Irregularities: a row of the county next to that of the city. Planted: the labor force is fixed, and each estimate differs
    from it as a sample's would.
    """
    lines, city = ("Total civilian labor force 16 years and over", *LABOR_FORCE), delivery.city
    of_city, estimates, margins = np.array(list(labor_force_of(city).values())), [], []
    for people in (of_city, _COUNTY_FORCE * of_city):
        errors = 2 * np.sqrt(people) + 10
        drawn = np.maximum(0, np.rint(people + errors * delivery.rng.standard_normal(len(people))))
        estimates.append([drawn.sum(), *drawn])
        margins.append(np.rint(1.645 * np.array([np.linalg.norm(errors), *errors])))
    places = (
        (f"1600000US{city.place_geoid}", city.place_geoid, f"{city.name}, Sample State"),
        (f"0500000US{city.county_geoid}", city.county_geoid, "Sample County, Sample State"),
    )
    text = _survey_text(_earlier_header(lines), places, np.array(estimates, dtype=int), np.array(margins, dtype=int))
    delivery.text("labor_force.csv", text, len(places))
    return delivery.planted(estimates=2 * len(LABOR_FORCE))


@source("census__acs_language", jurisdiction=COUNTY_GEOID)
def language(delivery: Delivery) -> PlantedCounts:
    """Language spoken at home by ability to speak English (C16001) for the tracts of 2020, in an archive.

    Irregularities: labels with `!!`; GEO_ID with its summary level in front; a text file about the table next to it; Hmong
    within a group of languages. Planted: each tract's people by group are fixed, and so are those who speak English less than
    very well.
    """
    rng, tracts, city = delivery.rng, ground.tract_codes(2020), delivery.city
    least, most = map(city.scaled, _PEOPLE_OVER_5)
    totals = rng.integers(least, most, len(tracts))
    speak = rng.poisson(totals[:, None] * np.array(_SPEAK) * rng.uniform(0.4, 1.6, (len(tracts), 1)))
    less = rng.binomial(speak, _LESS_THAN_VERY_WELL)
    by_group = np.stack([speak, speak - less, less], axis=2).reshape(len(tracts), -1)
    estimates = np.column_stack([totals, totals - speak.sum(axis=1), by_group])
    groups = (f"Total:!!{language}:{ability}" for language in word_list("language_groups") for ability in _ABILITIES)
    lines = ("Total:", "Total:!!Speak only English", *groups)
    places = [
        (f"1400000US{city.county_geoid}{tract:06d}", f"Census Tract {tract / 100:g}; Sample County; Sample State")
        for tract in tracts
    ]
    codes = ("GEO_ID", "NAME", *(f"C16001_{at:03d}{kind}" for at in range(1, len(lines) + 1) for kind in "EM"))
    labels = _labels(("Geography", "Geographic Area Name"), lines, "!!")
    table = _survey_text((codes, labels), places, estimates, _margins(estimates, 2))
    notes = "C16001, five years, people 5 and over"
    with zipfile.ZipFile(delivery.folder / "ACSDT5Y2022.C16001.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("Data.csv", table), ("Table-Notes.txt", notes)):
            archive.writestr(zipfile.ZipInfo(f"ACSDT5Y2022.C16001-{name}", (2026, 1, 1, 0, 0, 0)), content)
    delivery.delivered = len(places)
    return delivery.planted(less_than_very_well=int(less.sum()))

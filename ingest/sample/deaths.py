"""Deaths that a Medical Examiner investigated, the residents of the county by year and age, and a standard population."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.text import word_list

YEARS = range(2020, 2026)
AGE_GROUPS = 18
# US 2000 standard million: Klein and Schoenborn (2001), Healthy People Statistical Notes 20, in groups of five years.
STANDARD = (
    69_135, 72_533, 73_032, 72_169, 66_478, 64_529, 71_044, 80_762, 81_851, 72_118, 62_716, 48_454, 38_793, 34_264, 31_773,
    26_999, 17_842, 15_508,
)  # fmt: skip
# Planted: residents of each group on July 1, 2020, how much older than the standard they are by age group, growth per year.
RESIDENTS = {
    "NHWA": (310_000, 0.02, -0.006), "NHBA": (160_000, -0.03, 0.002), "NHIA": (4_500, -0.01, 0.0), "NHAA": (31_000, -0.02, 0.02),
    "NHNA": (400, -0.02, 0.0), "NHTOM": (21_000, -0.09, 0.03), "H": (98_000, -0.06, 0.02),
}  # fmt: skip
# Planted by race: its group of residents, its share of the natural deaths, and the homicides and the drug deaths per 100,000
# residents of their ages in 2020, with the change per year: the gap in homicides narrows.
_PLANTED = {
    "White": ("NHWA", 0.55, (7.0, 0.0), (95.0, 0.0)),
    "Black": ("NHBA", 0.28, (150.0, -0.07), (180.0, 0.03)),
    "Hispanic": ("H", 0.1, (30.0, 0.0), (90.0, 0.0)),
    "Asian/Pacific Islander": ("NHAA", 0.03, (9.0, 0.0), (15.0, 0.0)),
    "Native American": ("NHIA", 0.01, (60.0, 0.0), (200.0, 0.0)),
    "Multi-Racial": ("NHTOM", 0.03, (15.0, 0.0), (40.0, 0.0)),
}
HOMICIDES = {race: row[2] for race, row in _PLANTED.items()}
DRUG_DEATHS = {race: row[3] for race, row in _PLANTED.items()}
# Which groups of five years, from 0 to 4 on, the rates are of.
HOMICIDE_AGES, DRUG_AGES = slice(3, 10), slice(4, 14)
# Windows of whole years over which a ratio is computed (seed death_windows).
WINDOWS = ((2020, 2022), (2023, 2024))
_NATURAL, _UNKNOWN_RACE_EVERY, _UNKNOWN_AGE_EVERY, _EASTERN_INDIAN_EVERY = 24, 350, 500, 4


def residents(group: str, year: int) -> np.ndarray:
    """The people of a group of `RESIDENTS` on July 1, by age group of five years."""
    people, older, growth = RESIDENTS[group]
    shape = np.array(STANDARD) * np.exp(older * np.arange(AGE_GROUPS))
    return np.asarray(np.rint(people * (1 + growth) ** (year - YEARS[0]) * shape / shape.sum()), dtype=np.int64)


def of_race(race: str, year: int) -> np.ndarray:
    """The people of a race of `HOMICIDES` on July 1, by age group of five years."""
    return residents(_PLANTED[race][0], year)


def planted_rate(
    rates: dict[str, tuple[float, float]], ages: slice, race: str, years: tuple[int, int], *, is_adjusted: bool
) -> float:
    """The planted rate of a race over whole years per 100,000, crude or adjusted for age by `STANDARD`."""
    rate, change = rates[race]
    people = np.array([of_race(race, year) for year in range(years[0], years[1] + 1)])
    by_year = rate * (1 + change) ** (np.arange(years[0], years[1] + 1) - YEARS[0])
    events = np.zeros(AGE_GROUPS)
    events[ages] = (by_year[:, None] * people)[:, ages].sum(axis=0)
    persons = people.sum(axis=0)
    weights = np.array(STANDARD) / sum(STANDARD) if is_adjusted else persons / persons.sum()
    return float((weights * events / persons).sum())


@source("census__population_estimates", jurisdiction=COUNTY_GEOID)
def population_estimates(delivery: Delivery) -> PlantedCounts:
    """County Population by Characteristics of the Census Bureau, vintage 2025.

    Irregularities: the year is a code, and the row of all ages counts everyone a second time. Planted: `residents`.
    """
    header = ["SUMLEV", "STATE", "COUNTY", "STNAME", "CTYNAME", "YEAR", "AGEGRP", "TOT_POP"]
    header += [f"{group}_{sex}" for group in RESIDENTS for sex in ("MALE", "FEMALE")]
    rows = []
    for year in YEARS:
        by_group = {group: residents(group, year) for group in RESIDENTS}
        for age in range(AGE_GROUPS + 1):
            people = [int(by_age.sum() if age == 0 else by_age[age - 1]) for by_age in by_group.values()]
            cells = [part for number in people for part in (number // 2, number - number // 2)]
            place = ("050", COUNTY_GEOID[:2], COUNTY_GEOID[2:], "Sample State", "Sample County")
            rows.append((*place, year - YEARS[0] + 2, age, sum(people), *cells))
    delivery.table(f"cc-est2025-alldata-{COUNTY_GEOID[:2]}_{COUNTY_GEOID[2:]}.csv", header, rows)
    return delivery.planted(years=len(YEARS))


@source("seer__standard_population")
def standard_population(delivery: Delivery) -> PlantedCounts:
    """The US 2000 standard in 18 and in 19 age groups, which split 0 from 1 to 4."""
    rows: list[tuple[object, ...]] = []
    for standard, groups in (("s200", STANDARD), ("s201", (13_818, STANDARD[0] - 13_818, *STANDARD[1:]))):
        youngest = [0.0, 1.0] if len(groups) > AGE_GROUPS else [0.0]
        ages = [*youngest, *(5.0 * at for at in range(1, AGE_GROUPS))]
        names = [f"{low:g}+" if low == 85 else f"{low:g}-{high - 1:g}" for low, high in zip(ages, [*ages[1:], 90.0], strict=True)]
        label = f"2000 US Std Million ({len(groups)} age groups)"
        rows += [(name, label, people, standard, age) for name, people, age in zip(names, groups, ages, strict=True)]
    delivery.table("std_pops_us2000.csv", ("age_cat", "standard_cat", "pop_std", "standard", "age"), rows)
    return delivery.planted(standards=2)


@source("mcme__deaths", jurisdiction=COUNTY_GEOID)
def deaths(delivery: Delivery) -> PlantedCounts:
    """One CSV per month of death, a case a row.

    Irregularities: age is a text, in years, or in months, days or hours; Hispanic is a race; two labels are of Asian people; the
    type of a natural death is empty; some races and ages are empty. Planted: homicides and drug deaths are drawn from the rates
    of `HOMICIDES` and `DRUG_DEATHS` at their ages.
    """
    planted = {"homicides": 0, "drug_deaths": 0}
    for year in YEARS:
        found = [*_drawn(delivery.rng, year, HOMICIDES, HOMICIDE_AGES, ("Homicide", "Gunshot Injury"))]
        planted["homicides"] += len(found)
        of_drugs = [*_drawn(delivery.rng, year, DRUG_DEATHS, DRUG_AGES, ("Accident", "Drug Related"))]
        planted["drug_deaths"] += len(of_drugs)
        found += [*of_drugs, *_natural(delivery.rng, year)]
        found.sort(key=lambda row: row[0])
        cases = [_case(year, number, *row) for number, row in enumerate(found, 1)]
        for month in range(1, 13):
            in_month = [case for case in cases if case[1][5:7] == f"{month:02d}"]
            delivery.table(f"{year}-{month:02d}.csv", word_list("death_columns"), in_month)
    return delivery.planted(**planted)


_Row = tuple[date, int, str, str, str]  # day, age, race, manner, type


def _drawn(
    rng: np.random.Generator, year: int, rates: dict[str, tuple[float, float]], ages: slice, words: tuple[str, str]
) -> Iterator[_Row]:
    for race, (rate, change) in rates.items():
        people = of_race(race, year)[ages]
        by_age = rng.poisson(rate * (1 + change) ** (year - YEARS[0]) / 1e5 * people)
        for group, number in enumerate(by_age.tolist(), ages.start):
            for day, age in zip(rng.integers(0, 365, number).tolist(), rng.integers(0, 5, number).tolist(), strict=True):
                yield date(year, 1, 1) + timedelta(days=day), 5 * group + age, race, *words


def _natural(rng: np.random.Generator, year: int) -> Iterator[_Row]:
    for number in range(12 * _NATURAL):
        race = str(rng.choice(list(_PLANTED), p=[share for _, share, *_ in _PLANTED.values()]))
        age = 0 if number % 40 == 0 else int(rng.integers(30, 99))
        yield date(year, number % 12 + 1, int(rng.integers(1, 29))), age, race, "Natural", "Cardiovascular" if number % 2 else ""


def _case(year: int, number: int, day: date, age: int, race: str, manner: str, kind: str) -> tuple[str, ...]:
    text = f"{age} Years" if age > 1 else "1 Year" if age == 1 else ("3 Months 2 Days", "11 Hrs 5 Mins", "6 Days")[number % 3]
    if race == "Asian/Pacific Islander" and number % _EASTERN_INDIAN_EVERY == 0:
        race = "Eastern Indian"
    race = "" if number % _UNKNOWN_RACE_EVERY == 0 else race
    text = "" if number % _UNKNOWN_AGE_EVERY == 0 else text
    sex = "Female" if number % 3 == 0 else "Male"
    event = f"{day.month}/{day.day}/{day.year} unknown time"
    return (
        f"{year % 100:02d}-{number:05d}", day.isoformat(), event, text, sex, race, manner, kind, "", "Exam", "Sampleton", "ST",
    )  # fmt: skip

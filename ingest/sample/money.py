"""The recovery money: the projects that it pays, and the Qualified Census Tracts in which some of them are.

Which tracts are on a list is in the seed `qualified_census_tracts`, too, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np

from ingest.sample.city import NAMES, SAMPLETON, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.people.census import city_blocks
from ingest.sample.places.ground import aldermanic_districts, tracts
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.places.maps import NO_POINT_EVERY
from ingest.sample.text import word_list

PROJECTS = 150
PERIODS = tuple(
    date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1) for year in range(2022, 2026) for month in (3, 6, 9, 12)
)
LAST = PERIODS[-1]
# The part of the budget obligated, and spent, at the end of each period since a project began; the last one stays.
_OBLIGATED, _SPENT = (0.3, 0.55, 0.75, 0.9, 1.0), (0.0, 0.1, 0.25, 0.45, 0.65, 0.85, 1.0)
_STOPS_AFTER = {"stuck": 4, "cancelled": 2, "completed": len(PERIODS)}  # periods after the first

LISTS = (date(2021, 1, 1), date(2023, 1, 1))  # first days of the lists of tracts; a list holds until the next one
_LISTED_EVERY = 3
_GONE, _NEW = (4, 9), (0, 6)  # positions among those of the first list, and among all tracts


@cache
def qualified_tracts(day: date) -> frozenset[int]:
    """The tracts of 2020 on the list that holds on a day, by their six digits."""
    every = np.unique(city_blocks()[2]).tolist()
    first = every[1::_LISTED_EVERY]
    if day < LISTS[1]:
        return frozenset(first)
    return frozenset(first) - {first[at] for at in _GONE} | {every[at] for at in _NEW}


@dataclass(frozen=True)
class Project:
    """One project: where it is, when it began (a position in PERIODS), how it ended, and what it was given.

    `tract`: the six digits of the tract of 2020; None without an address that has a point in the index.
    """

    at: int
    house: int | None
    district: int | None
    tract: int | None
    first: int
    fate: str  # completed, stuck, cancelled
    budget: int
    planned: date
    completed: date | None

    def amounts(self, period: int) -> tuple[int, int]:
        """Dollars obligated and spent up to the end of a period."""
        since = min(period - self.first, _STOPS_AFTER[self.fate])
        obligated, spent = (int(self.budget * parts[min(since, len(parts) - 1)]) for parts in (_OBLIGATED, _SPENT))
        return obligated, spent

    def status(self, period: int) -> str:
        """How far it is, in the Treasury's words."""
        if self.completed is not None and self.completed <= PERIODS[period]:
            return "Completed"
        if self.fate == "cancelled" and period - self.first >= _STOPS_AFTER["cancelled"]:
            return "Cancelled"
        done = self.amounts(period)[1] / self.budget
        return "Not started" if done == 0 else "Completed less than 50%" if done < 0.5 else "Completed 50% or more"


def projects(city: Profile = SAMPLETON) -> list[Project]:
    """Every project; the same for every seed, as the houses are."""
    points = houses()
    districts, of_2020 = points.on(aldermanic_districts(2022, city.districts)), points.on(tracts(2020))
    planned_projects = []
    for at in range(PROJECTS):
        house = (1_009 * at + 17) % len(points)
        everywhere, in_district = at % 20 == 0, at % 20 == 7
        tract = int(of_2020[house]) if house % NO_POINT_EVERY and not everywhere and not in_district else None
        first = at % 8
        fate = "stuck" if at % 9 == 4 else "cancelled" if at % 31 == 5 else "completed"
        completed = PERIODS[first + len(_SPENT) - 1] - timedelta(days=5) if fate == "completed" else None
        # of ten plans three were too early; a stuck project should be done by now, or has another year
        planned = completed + timedelta(days=20 if at % 10 < 7 else -60) if completed else date(2025 + at % 2, 6, 30)
        planned_projects.append(
            Project(
                at, None if everywhere or in_district else house, None if everywhere else int(districts[house]), tract,
                first, fate, 40_000 + 12_500 * ((7 * at) % 40), planned, completed,
            )
        )  # fmt: skip
    return planned_projects


def _reports(city: Profile) -> Iterator[tuple[object, ...]]:
    """A row per project and period."""
    populations, categories = word_list("populations_served"), word_list("expenditure_categories")
    for period, ends in enumerate(PERIODS):
        for project in projects(city):
            if period < project.first:
                continue
            at = project.at
            obligated, spent = project.amounts(period)
            before = project.amounts(period - 1) if period > project.first else (0, 0)
            address = "" if project.house is None else addresses()[project.house]
            done = project.completed if project.completed is not None and project.completed <= ends else None
            served = [populations[at % len(populations)], populations[(at + 2) % len(populations)] if at % 3 else "", ""]
            yield (
                ends, f"SAMPLE-{1000 + at}", f"{NAMES[at % len(NAMES)].title()} project {at + 1}", "Told in free text",
                project.status(period), *categories[at % len(categories)], project.budget,
                obligated - before[0], obligated, spent - before[1], spent, *served,
                long_form(address) if address and at % 4 == 0 else address,
                "Citywide" if project.district is None else project.district, project.planned, done or "",
            )  # fmt: skip


@source("doa__arpa_projects")
def arpa_projects(delivery: Delivery) -> PlantedCounts:
    """An Excel workbook, one row per project and reporting period, in the form of the Treasury's report.

    Irregularities: a title block, a header of two rows whose upper cells are merged, a row of totals at the end, categories as
    text next to numbers, city-wide projects or projects with a district only, addresses in long form, a description in free
    text. Planted: projects, places and amounts are set and not drawn. The money identities hold in every row.
    """
    title = (f"{delivery.city.title}: American Rescue Plan Act", "Project and expenditure report", "", "In US dollars")
    rows = list(_reports(delivery.city))
    obligated, spent = (sum(int(str(row[place])) for row in rows) for place in (8, 10))
    total = ("Total", *[None] * 7, obligated, None, spent)
    delivery.workbook("arpa_projects_2025q4.xlsx", "Projects", title, word_list("arpa_header"), [*rows, total])
    return delivery.planted(blank=1, projects=PROJECTS, periods=len(PERIODS))

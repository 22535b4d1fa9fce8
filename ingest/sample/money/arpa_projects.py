"""`doa__arpa_projects`: an Excel workbook, one row per project and reporting period, in the form of the Treasury's report.

Irregularities: a title block, a header of two rows whose upper cells are merged, a row of totals at the end, categories as text
next to numbers, city-wide projects or projects with a district only, addresses in long form, a description in free
text.
Planted: projects, places and amounts are set and not drawn. The money identities hold in every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import xlsxwriter
from numpy.typing import NDArray

from ingest.sample.city import NAMES, TITLE
from ingest.sample.places.ground import aldermanic_districts, tracts
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.places.index import NO_POINT_EVERY
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "doa__arpa_projects"
PROJECTS = 150
PERIODS = tuple(
    date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1) for year in range(2022, 2026) for month in (3, 6, 9, 12)
)
LAST = PERIODS[-1]
TITLE_ROWS = 5
HEADER = (
    ("Report", ("Period ends",)), ("Project", ("ID", "Name", "Description", "Status")),
    ("Expenditure category", ("Code", "Name")), ("Budget", ("Adopted",)),
    ("Obligations", ("This period", "Cumulative")), ("Expenditures", ("This period", "Cumulative")),
    ("Population served", ("Primary", "Second", "Third")), ("Place", ("Address", "Aldermanic district")),
    ("Completion", ("Planned", "Actual")),
)  # fmt: skip

_CATEGORIES = (
    ("1.1", "COVID-19 Vaccination"), ("1.10", "COVID-19 Aid to Impacted Industries"),
    ("1.11", "Community Violence Interventions"),
    ("2.1", "Household Assistance: Food Programs"), ("2.10", "Assistance to Unemployed or Underemployed Workers"),
    ("2.15", "Long-term Housing Security: Affordable Housing"), ("2.20", "Social Determinants of Health: Lead Remediation"),
    ("5.12", "Drinking Water: Lead Remediation, including in Schools and Daycares"), ("6.1", "Provision of Government Services"),
)  # fmt: skip
_POPULATIONS = (
    "1 Imp General Public", "2 Imp Low or moderate income HHs or populations", "14 Dis Imp Low income HHs and populations",
    "15 Dis Imp HHs and populations residing in Qualified Census Tracts", "21 Dis Imp SBs operating in Qualified Census Tracts",
)  # fmt: skip
# The part of the budget obligated, and spent, at the end of each period since a project began; the last one stays.
_OBLIGATED, _SPENT = (0.3, 0.55, 0.75, 0.9, 1.0), (0.0, 0.1, 0.25, 0.45, 0.65, 0.85, 1.0)
_STUCK_AT, _CANCELLED_AT = 4, 2  # periods after the first


@cache
def _tract_by_house() -> NDArray[np.int64]:
    return houses().on(tracts(2020))


@dataclass(frozen=True)
class Project:
    """One project: where it is, when it began (a position in PERIODS), how it ended, and what it was given."""

    at: int
    house: int | None
    district: int | None
    first: int
    fate: str  # completed, stuck, cancelled
    budget: int
    planned: date
    completed: date | None

    @property
    def tract(self) -> int | None:
        """The six digits of the tract of 2020 in which it is; None without an address that has a point in the index."""
        if self.house is None or self.house % NO_POINT_EVERY == 0:
            return None
        return int(_tract_by_house()[self.house])

    def amounts(self, period: int) -> tuple[int, int]:
        """Dollars obligated and spent up to the end of a period."""
        since = period - self.first
        if self.fate != "completed":
            since = min(since, _STUCK_AT if self.fate == "stuck" else _CANCELLED_AT)
        obligated, spent = (int(self.budget * parts[min(since, len(parts) - 1)]) for parts in (_OBLIGATED, _SPENT))
        return obligated, spent

    def status(self, period: int) -> str:
        """How far it is, in the Treasury's words."""
        if self.completed is not None and self.completed <= PERIODS[period]:
            return "Completed"
        if self.fate == "cancelled" and period - self.first >= _CANCELLED_AT:
            return "Cancelled"
        done = self.amounts(period)[1] / self.budget
        return "Not started" if done == 0 else "Completed less than 50%" if done < 0.5 else "Completed 50% or more"


def projects() -> list[Project]:
    """Every project; the same for every seed, as the houses are."""
    points = houses()
    districts = points.on(aldermanic_districts(2022))
    planned_projects = []
    for at in range(PROJECTS):
        house = (1_009 * at + 17) % len(points)
        everywhere, in_district = at % 20 == 0, at % 20 == 7
        first = at % 8
        fate = "stuck" if at % 9 == 4 else "cancelled" if at % 31 == 5 else "completed"
        completed = PERIODS[first + len(_SPENT) - 1] - timedelta(days=5) if fate == "completed" else None
        # of ten plans three were too early; a stuck project should be done by now, or has another year
        planned = completed + timedelta(days=20 if at % 10 < 7 else -60) if completed else date(2025 + at % 2, 6, 30)
        planned_projects.append(
            Project(
                at, None if everywhere or in_district else house, None if everywhere else int(districts[house]), first, fate,
                40_000 + 12_500 * ((7 * at) % 40), planned, completed,
            )
        )  # fmt: skip
    return planned_projects


def _rows() -> Iterator[tuple[object, ...]]:
    for period, ends in enumerate(PERIODS):
        for project in projects():
            if period < project.first:
                continue
            at = project.at
            obligated, spent = project.amounts(period)
            before = project.amounts(period - 1) if period > project.first else (0, 0)
            address = "" if project.house is None else addresses()[project.house]
            done = project.completed if project.completed is not None and project.completed <= ends else None
            code, category = _CATEGORIES[at % len(_CATEGORIES)]
            populations = [_POPULATIONS[at % len(_POPULATIONS)], _POPULATIONS[(at + 2) % len(_POPULATIONS)] if at % 3 else "", ""]
            yield (
                ends, f"SAMPLE-{1000 + at}", f"{NAMES[at % len(NAMES)].title()} project {at + 1}", "Told in free text",
                project.status(period), code, category, project.budget, obligated - before[0], obligated, spent - before[1],
                spent, *populations, long_form(address) if address and at % 4 == 0 else address,
                "Citywide" if project.district is None else project.district, project.planned, done or "",
            )  # fmt: skip


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write the workbook into `folder`; returns what was planted."""
    rows = list(_rows())
    with xlsxwriter.Workbook(folder / "arpa_projects_2025q4.xlsx") as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # else the file contains the machine's clock
        sheet, day = book.add_worksheet("Projects"), book.add_format({"num_format": "mm/dd/yyyy"})
        for row, text in enumerate((f"{TITLE}: American Rescue Plan Act", "Project and expenditure report", "", "In US dollars")):
            sheet.write(row, 0, text)
        column = 0
        for above, below in HEADER:
            if len(below) > 1:
                sheet.merge_range(TITLE_ROWS, column, TITLE_ROWS, column + len(below) - 1, above)
            else:
                sheet.write(TITLE_ROWS, column, above)
            sheet.write_row(TITLE_ROWS + 1, column, below)
            column += len(below)
        for at, values in enumerate(rows, start=TITLE_ROWS + 2):
            for place, value in enumerate(values):
                if isinstance(value, date):
                    sheet.write_datetime(at, place, datetime(value.year, value.month, value.day), day)
                elif isinstance(value, str):
                    sheet.write_string(at, place, value)
                else:
                    sheet.write(at, place, value)
        last = TITLE_ROWS + 2 + len(rows)
        sheet.write(last, 0, "Total")
        for place in (8, 10):
            sheet.write(last, place, sum(int(str(values[place])) for values in rows))
    return PlantedCounts(delivered=len(rows) + 1, blank=1, facts={"projects": PROJECTS, "periods": len(PERIODS)})

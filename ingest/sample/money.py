"""The city's money: its payments, the projects of the recovery money, and the Qualified Census Tracts in which some are.

Which tracts are on a list is in the seed `qualified_census_tracts`, too, and a test compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.sample.city import FIRST_NAMES, NAMES, SAMPLETON, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.people.census import city_blocks
from ingest.sample.places.ground import aldermanic_districts, tracts
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.places.maps import NO_POINT_EVERY
from ingest.sample.text import chooser, digits, draw, word_list

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


YEARS = (2023, 2024, 2025)
COPY_EVERY = 65  # one row in 65 is another one again: 1,414 of 91,848 real ones in 2025
SCHEMA = pa.schema(
    [
        ("voucher_id_0", pa.large_string()), ("date", pa.timestamp("us")), ("amount", pa.float64()),
        ("vendor_name", pa.large_string()), ("spending_department_id", pa.large_string()),
        ("spending_department_name", pa.large_string()),
        ("account_description", pa.large_string()), ("fund_0", pa.large_string()), ("descr", pa.large_string()),
    ]
)  # fmt: skip

_GOODS = ("Parts", "Services", "Supplies", "Equipment", "Rental", "Repair", "Maintenance", "Contracts", "Inventory", "Fees")
_KINDS = ("Vehicular", "Other Professional", "Telephone, Communications", "Laboratory & Medical", "Building", "Electrical")
_ACCOUNTS = [f"{kind} {goods}"[:30] for goods in _GOODS for kind in _KINDS]
_TRADES = ("LANDSCAPING INC", "AUTO ELECTRIC", "SUPPLY CO.,INC", "SERVICES LLC", "EQUIPMENT, INC.", "CONSULTING &")
_VENDORS = [f"{name} {trade}" for trade in _TRADES for name in NAMES]
_PEOPLE = [f"{name}, {first.upper()}" for name in NAMES for first in FIRST_NAMES]
_EPOCH = date(1970, 1, 1)


def _texts(values: list[str], at: np.ndarray) -> pa.Array:
    return pa.array(values, pa.large_string()).take(pa.array(at))


class _Writer:
    """Tables made once, and the last voucher number given out."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.voucher = 1_957_463
        self.vendor_table = chooser([0.996 / len(_VENDORS)] * len(_VENDORS) + [0.004 / len(_PEOPLE)] * len(_PEOPLE))
        self.fund_table = chooser([share for *_, share in word_list("paying_funds")])
        self.department_table = chooser(range(len(word_list("paying_departments")), 0, -1))
        self.vendors = [*_VENDORS, *_PEOPLE]

    def chunk(self, year: int, start: int, stop: int) -> tuple[pa.Table, dict[str, int]]:
        """So many rows of a year, and counts of what they hold."""
        rng, size = self.rng, stop - start
        copies = size // COPY_EVERY
        unique = size - copies
        line = np.arange(unique)
        reversal = rng.random(unique) < 0.026
        reversal[0] = False
        reversal[1:] &= ~reversal[:-1]
        begins = rng.random(unique) < 0.80
        begins[0] = True
        begins |= reversal
        begins[1:] |= reversal[:-1]  # a reversal is a voucher of its own
        first = np.maximum.accumulate(np.where(begins, line, 0))
        # A line takes vendor, department and fund from its voucher's first one, a reversal from the voucher before it.
        origin = np.where(reversal, first[line - 1], first)
        cents = np.where(rng.random(unique) < 0.01, 0, np.rint(rng.lognormal(10.2, 1.9, unique)).astype(np.int64))
        cents = np.where(reversal, -cents[line - 1], cents)
        tables = (self.vendor_table, self.fund_table, self.department_table)
        vendor, fund, department = (draw(rng, table, unique)[origin] for table in tables)
        account = rng.integers(0, len(_ACCOUNTS), unique)
        # Lines of a voucher differ in the account, so that no rows are equal by chance.
        account = (account[first] + line - first) % len(_ACCOUNTS)
        account = np.where(reversal, account[line - 1], account)
        voucher = self.voucher + np.cumsum(begins)
        self.voucher = int(voucher[-1])

        year_start, year_days = (date(year, 1, 1) - _EPOCH).days, (date(year, 12, 31) - date(year, 1, 1)).days
        day = np.where(rng.random(unique) < 0.06, year_days, rng.integers(0, year_days + 1, unique))[first]
        day[first == first[-1]] = year_days  # the year's books close on its last day, in small samples too
        stamp = (year_start + day).astype("datetime64[D]").astype("datetime64[us]")

        twice = np.arange(copies) * (COPY_EVERY - 1)
        at = rng.permutation(np.concatenate([line, twice]))
        codes, names = zip(*word_list("paying_departments"), strict=True)
        funds, fund_names, _ = zip(*word_list("paying_funds"), strict=True)
        columns = [
            digits(voucher[at], 8).cast(pa.large_string()), pa.array(stamp[at]), pa.array(cents[at] / 100.0),
            _texts(self.vendors, vendor[at]), _texts(list(codes), department[at]),
            _texts([name[:30] for name in names], department[at]), _texts(_ACCOUNTS, account[at]), _texts(list(funds), fund[at]),
            _texts(list(fund_names), fund[at]),
        ]  # fmt: skip
        counts = {"duplicate": copies, "reversals": int((cents[at] < 0).sum()), "cents": int(cents[at].sum())}
        return pa.Table.from_arrays(columns, schema=SCHEMA), counts


@source("comptroller__checkbook", event_rows_pct=15, freshness={"warn_after_hours": 240, "stale_after_hours": 720})
def payments(delivery: Delivery) -> PlantedCounts:
    """One Parquet file a year, typed as the real ones are; a third of the payments in each of three years.

    Irregularities: vouchers of several lines, exact duplicates among them, negative amounts that take earlier payments back,
    department names cut at 30 characters, some vendors who are people written `LAST, FIRST`, rows in no order.
    """
    writer, total = _Writer(delivery.rng), Counter[str]()
    bounds = [delivery.rows * part // len(YEARS) for part in range(len(YEARS) + 1)]
    for year, (start, stop) in zip(YEARS, pairwise(bounds), strict=True):
        with pq.ParquetWriter(delivery.folder / f"city-checkbook-{year}.parquet", SCHEMA, compression="zstd") as file:
            total.update(delivery.stream(file.write_table, partial(writer.chunk, year), rows=stop - start))
    return delivery.planted(**total)

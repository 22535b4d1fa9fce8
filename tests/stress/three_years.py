"""What happens to an office in three years, besides new records: each a change of its deliveries or of its copy of the project.

Here: the events and what they write, with the figures that follow from them by counting. Not here: running them, and what must
hold afterwards (`test_three_years`).
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ingest.sample import write_sample

STAFF, REQUESTS, STOPS = "der__employees", "ucc__service_requests", "fpc__police_stops"
PLACES = (
    "census__acs_race_tract", "census__blocks_2020", "census__labor_force", "census__tracts_2010", "census__tracts_2020",
    "census__zcta_2010", "city__addresses", "city__aldermanic_districts_2012", "city__aldermanic_districts_2022",
    "city__limits", "city__neighborhoods", "city__police_districts",
)  # fmt: skip
SOURCES = (STAFF, REQUESTS, STOPS, *PLACES)
ROWS = 3_000
SEED = 905
GOAL = "sample_requests_by_second_day"
RETIRED, SUCCESSOR = "requests_closed_by_second_working_day", "requests_closed_by_second_day"
Quarter = tuple[int, int]


def write_office(folder: Path) -> None:
    """The deliveries of the end of 2025: the requests and stops of the year, and one snapshot of the staff."""
    whole = folder.with_name(f"{folder.name}-whole")
    write_sample(whole, rows=ROWS, seed=SEED)
    folder.mkdir()
    shutil.copy(whole / "city.yml", folder)
    for source in SOURCES:
        shutil.copytree(whole / source, folder / source)
    shutil.rmtree(whole)
    for other in (folder / STAFF).iterdir():
        if other.name != "hr.sqlite":
            other.unlink()
    (folder / STAFF / "hr.sqlite").rename(folder / STAFF / "staff_2025-12-31.sqlite")


@dataclass
class Office:
    """The deliveries, the copy of the project, and the requests per quarter and positions per snapshot that were delivered."""

    deliveries: Path
    code: Path
    positions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Count the first snapshot."""
        self._count_staff()

    def requests(self) -> Counter[Quarter]:
        """The delivered requests per quarter, counted in the file."""
        _, *rows = _read(self._requests)
        return Counter(_quarter(row[0]) for row in rows)

    def requests_until(self, day: date) -> None:
        """The requests of the same days of the year before, once more, up to a day: in the file of that day."""
        file = self._requests
        header, *rows = _read(file)
        newest = max(row[0][:10] for row in rows)
        for year in range(int(newest[:4]), day.year + 1):
            later = [[f"{year}{row[0][4:]}", *row[1:]] for row in rows if row[0][:4] == str(year - 1) and row[0][5:10] != "02-29"]
            rows = [*(row for row in later if newest < row[0][:10] <= str(day)), *rows]
        self._write_requests([header, *rows])
        file.rename(file.with_name(f"callcenterdatacurrent_{day:%Y-%m}.csv"))

    def written_again(self, day: str, times: int) -> None:
        """Requests of a day were written several times over."""
        header, *rows = _read(self._requests)
        model = next(row for row in rows if row[0][:7] == day[:7])
        self._write_requests([header, *([f"{day} 00:00:00", *model[1:]] for _ in range(times)), *rows])

    def without(self, day: str) -> None:
        """The corrected file, without the requests of a day."""
        header, *rows = _read(self._requests)
        self._write_requests([header, *(row for row in rows if row[0][:10] != day)])

    def snapshot(self, day: date) -> None:
        """The staff of another quarter: some have left."""
        before = max((self.deliveries / STAFF).iterdir())
        after = before.with_name(f"staff_{day}.sqlite")
        before.rename(after)
        with sqlite3.connect(after) as database:
            database.execute("delete from employees where rowid % 53 = 0")
        self._count_staff()

    def lower_target(self, target: str) -> None:
        """The goal about requests gets another target."""
        goals = self._city / "goals.csv"
        header, *rows = _read(goals)
        at = header.index("target_value")
        _write(goals, [header, *([*row[:at], target, *row[at + 1 :]] if row[0] == GOAL else row for row in rows)])

    def keep_target(self, target: str, on: str, until: date, reason: str) -> None:
        """The earlier target of the goal goes into the history."""
        shared = self.code / "dbt_project" / "seeds" / "reference" / "goal_targets.csv"
        _write(self._city / shared.name, [_read(shared)[0], [GOAL, target, on, "", str(until), reason]])

    def retire(self, on: date, reason: str) -> None:
        """A measure ends, and another follows."""
        seed = self.code / "dbt_project" / "seeds" / "reference" / "retired_measures.csv"
        _write(seed, [*_read(seed), [RETIRED, str(on), SUCCESSOR, reason]])

    @property
    def _city(self) -> Path:
        return self.code / "ingest" / "cities" / "sampleton" / "seeds"

    def _write_requests(self, rows: list[list[str]]) -> None:
        _write(self._requests, rows, lineterminator="\r", quoting=csv.QUOTE_ALL)

    @property
    def _requests(self) -> Path:
        (file,) = (self.deliveries / REQUESTS).glob("*.csv")
        return file

    def _count_staff(self) -> None:
        newest = max((self.deliveries / STAFF).iterdir())
        with sqlite3.connect(newest) as database:
            self.positions[newest.stem.partition("_")[2]] = database.execute("select count(*) from employees").fetchone()[0]


def _quarter(day: str) -> Quarter:
    return int(day[:4]), (int(day[5:7]) + 2) // 3


def _read(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def _write(file: Path, rows: list[list[str]], lineterminator: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator=lineterminator, quoting=quoting).writerows(rows)  # type: ignore[arg-type]

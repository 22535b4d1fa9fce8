"""What happens to the deliveries of an office in two years: new records every few nights, and what no single delivery shows.

Here: the events and what they write. Not here: running the nights, and what must hold after them (`test_two_years`).
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.sample import write_sample

STAFF, SCHOOLS, REQUESTS = "der__employees", "dpi__enrollment", "ucc__service_requests"
STOPS, PAYMENTS, DISTRICTS = "fpc__police_stops", "comptroller__checkbook", "city__aldermanic_districts_2022"
SOURCES = (STAFF, SCHOOLS, REQUESTS, STOPS, PAYMENTS, DISTRICTS, "census__tracts_2020", "city__limits")
ROWS = 6_000
DAYS = 730
FIRST_NIGHT = datetime(2026, 1, 1, 2)
FIRST_DAY = FIRST_NIGHT.date()
NEW_LABEL, RENAMED = "Hmong", "Department of Public Works"


def write_office(folder: Path) -> None:
    """The deliveries with which the two years begin: one snapshot of the staff, dated by its name."""
    whole = folder.with_name(f"{folder.name}-whole")
    write_sample(whole, rows=ROWS)
    folder.mkdir()
    shutil.copy(whole / "city.yml", folder)
    for source in SOURCES:
        shutil.copytree(whole / source, folder / source)
    shutil.rmtree(whole)
    newest = max((folder / STAFF).iterdir(), key=lambda path: path.name == "hr.sqlite")
    for other in (folder / STAFF).iterdir():
        if other != newest:
            other.unlink()
    newest.rename(folder / STAFF / "staff_2025-12-31.sqlite")


@dataclass
class Office:
    """The deliveries and the code of the office, and what has to be in the warehouse because of them."""

    deliveries: Path
    code: Path
    snapshots: dict[str, int] = field(default_factory=lambda: {"2025-12-31": 6_000})
    withdrawn: set[tuple[str, ...]] = field(default_factory=set)
    last_day: date = FIRST_DAY
    is_code_changed: bool = False
    held_back: str | None = None  # the source that this night's delivery must be held back of

    def events(self) -> list[tuple[float, Callable[[date], None]]]:
        """What happens, each at a part of the two years."""
        return [
            (0.08, self.snapshot), (0.14, self.new_map), (0.20, self.snapshot), (0.24, self.unmapped_label),
            (0.28, self.mapped_label), (0.33, self.snapshot), (0.38, self.re_release), (0.44, self.renamed_department),
            (0.46, self.snapshot), (0.50, self.corrected_month), (0.55, self.other_columns), (0.60, self.columns_agreed),
            (0.66, self.corrected_snapshot), (0.72, self.snapshot), (0.78, self.stops_delivering), (0.86, self.re_release),
            (0.92, self.snapshot),
        ]  # fmt: skip

    def every_few_nights(self, night: int, day: date) -> None:
        """New requests and payments of the days since the last time, and a late correction of a stop."""
        days = [day - timedelta(days=back) for back in range(max((day - self.last_day).days, 1))]
        self.last_day = day
        folder = self.deliveries / REQUESTS
        (file,) = folder.glob("*.csv")
        header, *rows = _read(file)
        fresh = [[*row] for row in rows[night % 50 : night % 50 + 30]]
        for at, row in enumerate(fresh):
            row[0] = f"{days[at % len(days)]} {row[0][11:]}"
        recent = [row for row in rows if row[0][:10] > str(day - timedelta(days=200))][-3_000:]
        _write(file, [header, *recent, *fresh], lineterminator="\r", quoting=csv.QUOTE_ALL)
        if (self.deliveries / PAYMENTS).is_dir():
            newest = max((self.deliveries / PAYMENTS).iterdir())
            table = pq.read_table(newest)
            new = table.slice(night % 20, 20)
            at = table.schema.get_field_index("date")
            paid = [days[at % len(days)] for at in range(new.num_rows)]
            moved = pa.array([datetime(on.year, on.month, on.day) for on in paid], table["date"].type)
            pq.write_table(pa.concat_tables([table, new.set_column(at, "date", moved)]).slice(20), newest)
        (stops,) = (self.deliveries / STOPS).iterdir()
        header, *rows = _read(stops)
        rows[night % len(rows)][header.index("gender")] = "Male"
        _write(stops, [header, *rows])

    def snapshot(self, day: date) -> None:
        """The next quarter's staff: some have left, some have come, some are paid more. Only the newest file is delivered."""
        before = max((self.deliveries / STAFF).iterdir())
        after = before.with_name(f"staff_{day}.sqlite")
        before.rename(after)
        pay = "ANNUAL_SALARY" if self._has_other_columns(after) else "ANNUAL_RT"
        with sqlite3.connect(after) as database:
            database.execute("delete from employees where rowid % 97 = 0")
            database.execute("create table newcomers as select * from employees where rowid % 53 = 0")
            database.execute(f"update newcomers set POSITION_NBR = POSITION_NBR || '-{day:%y%m}'")
            database.execute("insert into employees select * from newcomers")
            database.execute("drop table newcomers")
            database.execute(f"update employees set STEP = '9', {pay} = '99,000.5' where rowid % 211 = 0")
            rows = database.execute("select count(*) from employees").fetchone()[0]
        self.snapshots[str(day)] = rows

    def corrected_snapshot(self, _: date) -> None:
        """An earlier snapshot once more, without two hundred rows that were in it twice, next to the newest one."""
        newest = max((self.deliveries / STAFF).iterdir())
        earlier = sorted(self.snapshots)[1]
        corrected = newest.with_name(f"staff_{earlier}.sqlite")
        shutil.copy(newest, corrected)
        with sqlite3.connect(corrected) as database:
            database.execute("delete from employees where rowid in (select rowid from employees limit 200)")
            self.snapshots[earlier] = database.execute("select count(*) from employees").fetchone()[0]

    def other_columns(self, day: date) -> None:
        """A new HR system: the pay has another name, and there is an unknown column. It is held back."""
        for other in sorted((self.deliveries / STAFF).iterdir())[:-1]:
            other.unlink()
        self.snapshot(day)
        with sqlite3.connect(max((self.deliveries / STAFF).iterdir())) as database:
            database.execute("alter table employees rename column ANNUAL_RT to ANNUAL_SALARY")
            database.execute("alter table employees add column UNION_CODE text")
        self.held_back = STAFF

    def columns_agreed(self, _: date) -> None:
        """The contract accepts both names and ignores the new column."""
        contract = self.code / "ingest" / "sources" / f"{STAFF}.yml"
        _changed(contract, "from: ANNUAL_RT", "from: [ANNUAL_SALARY, ANNUAL_RT]")
        _changed(contract, r"ignore: \[", "ignore: [UNION_CODE, ")
        self.is_code_changed = True

    def unmapped_label(self, _: date) -> None:
        """Officers use a new label, which is not in the crosswalk. The delivery is held back."""
        (stops,) = (self.deliveries / STOPS).iterdir()
        header, *rows = _read(stops)
        for row in rows[::9]:
            row[header.index("race")] = NEW_LABEL
        _write(stops, [header, *rows])
        self.held_back = STOPS

    def mapped_label(self, _: date) -> None:
        """A row of the crosswalk gives the word its meaning, and the same delivery gets in."""
        seed = self.code / "dbt_project" / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"
        _changed(seed, r"(?m)^police_observed,Asian,(.*)$", rf"police_observed,Asian,\1\npolice_observed,{NEW_LABEL},\1")
        self.is_code_changed = True

    def re_release(self, day: date) -> None:
        """The state releases the table again: some rows are withdrawn, some values corrected, some starred."""
        (file,) = (self.deliveries / SCHOOLS).iterdir()
        header, *rows = _read(file)
        races = [at for at, row in enumerate(rows) if row[1] == "Race/Ethnicity" and row[6] not in ("", "*")]
        removed = set(races[day.month :: 101])
        for at in removed:
            self.withdrawn.add(tuple(rows[at][:6]))
        for at in races[day.month + 1 :: 103]:
            rows[at][6:] = ["*", "", "*"] if len(rows[at]) > 8 else ["*", ""]
        _write(file, [header, *(row for at, row in enumerate(rows) if at not in removed)])
        file.rename(file.with_name(f"enrollment_released_{day}.csv"))

    def renamed_department(self, _: date) -> None:
        """A department is called otherwise from now on."""
        newest = max((self.deliveries / PAYMENTS).iterdir())
        table = pq.read_table(newest)
        at = table.schema.get_field_index("spending_department_name")
        (name, _count), *_ = Counter(table["spending_department_name"].to_pylist()).most_common(1)
        names = [RENAMED if cell == name else cell for cell in table["spending_department_name"].to_pylist()]
        pq.write_table(table.set_column(at, "spending_department_name", pa.array(names)), newest)

    def corrected_month(self, _: date) -> None:
        """The requests of a past month once more: every tenth was another kind of request."""
        (file,) = (self.deliveries / REQUESTS).glob("*.csv")
        header, *rows = _read(file)
        month = sorted({row[0][:7] for row in rows})[-3]
        kinds = sorted({row[2] for row in rows})
        for row in [row for row in rows if row[0][:7] == month][::10]:
            row[2] = kinds[0]
        _write(file, [header, *rows], lineterminator="\r", quoting=csv.QUOTE_ALL)

    def new_map(self, _: date) -> None:
        """The council redraws the map: two districts change places."""
        (file,) = (self.deliveries / DISTRICTS).iterdir()
        document = json.loads(file.read_text())
        one, other, *_rest = document["features"]
        one["properties"], other["properties"] = other["properties"], one["properties"]
        file.write_text(json.dumps(document))

    def stops_delivering(self, _: date) -> None:
        """The comptroller delivers no more."""
        shutil.rmtree(self.deliveries / PAYMENTS)

    def _has_other_columns(self, file: Path) -> bool:
        with sqlite3.connect(file) as database:
            return "ANNUAL_SALARY" in {name for _, name, *_ in database.execute("pragma table_info(employees)")}


def _read(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def _write(file: Path, rows: list[list[str]], lineterminator: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator=lineterminator, quoting=quoting).writerows(rows)  # type: ignore[arg-type]


def _changed(path: Path, pattern: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, new, text)
    assert changed != text, f"{path.name} holds nothing like {pattern}"
    path.write_text(changed, encoding="utf-8")

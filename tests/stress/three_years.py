"""What happens to an office in three years, besides new records: each a change of its deliveries or of its copy of the project.

Here: the events and what they write, with the figures that follow from them by counting. Not here: running them, and what must
hold afterwards (`test_three_years`).
"""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
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
CONTACT_CENTER = ("ucc", "Unified Call Center", "Resident Contact Center")
MAP, NEW_MAP = "city__aldermanic_districts_2022", "city__aldermanic_districts_2027"
OLD_HR, NEW_HR = STAFF, "der__workday_positions"
GOAL = "sample_requests_by_second_day"
RETIRED, SUCCESSOR = "requests_closed_by_second_working_day", "requests_closed_by_second_day"
Quarter = tuple[int, int]


def write_office(folder: Path, *also: str) -> None:
    """The deliveries of the end of 2025: the requests and stops of the year, one snapshot of the staff, and other sources."""
    whole = folder.with_name(f"{folder.name}-whole")
    write_sample(whole, rows=ROWS, seed=SEED)
    folder.mkdir()
    shutil.copy(whole / "city.yml", folder)
    for source in (*SOURCES, *also):
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

    def more_stops(self, race: str, number: int, day: str) -> None:
        """Stops of a group that were entered late, on a day that was reported already."""
        (file,) = (self.deliveries / STOPS).iterdir()
        header, *rows = _read(file)
        model = next(row for row in rows if row[header.index("race")] == race)
        late = [[*model] for _ in range(number)]
        for at, row in enumerate(late):
            row[header.index("idNum")] = f"{day[2:4]}-9{len(rows):05d}{at:03d}"
            row[header.index("date")] = f"{day} 12:00:00"
        _write(file, [header, *rows, *late])

    def snapshot(self, day: date) -> None:
        """The staff of another quarter: some others have left."""
        before = max((self.deliveries / STAFF).iterdir(), key=_day_of_snapshot)
        after = before.with_name(f"{before.stem.partition('_')[0]}_{day}.sqlite")
        before.rename(after)
        with sqlite3.connect(after) as database:
            database.execute("delete from employees where rowid % 53 = ?", [day.toordinal() % 53])
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

    def rename_department(self, on: date, reason: str) -> None:
        """The department of the requests gets another name."""
        department, before, after = CONTACT_CENTER
        _write(self._rows("departments"), [["department", "name", "level"], [department, after, "city"]])
        header = ["department", "formerly", "renamed_on", "reason"]
        _write(self._rows("former_department_names"), [header, [department, before, str(on), reason]])

    def new_hr_system(self, day: date) -> tuple[Path, Path]:
        """The last export of the old system and the first of the new one, of one day; the source has the name of the new one."""
        self.snapshot(day)
        (old,) = (self.deliveries / OLD_HR).iterdir()
        new = old.with_name(f"workday_{day}.sqlite")
        shutil.copy(old, new)
        with sqlite3.connect(new) as database:
            database.execute("delete from employees where rowid % 101 = 0")
        for file in [path for path in self.code.rglob("*") if path.suffix in (".yml", ".sql", ".csv", ".py")]:
            text = file.read_text(encoding="utf-8")
            if OLD_HR in text:
                file.write_text(text.replace(OLD_HR, NEW_HR), encoding="utf-8")
            if OLD_HR in file.name:
                file.rename(file.with_name(file.name.replace(OLD_HR, NEW_HR)))
        contract = self.code / "ingest" / "sources" / f"{NEW_HR}.yml"
        contract.write_text(f"formerly: [{OLD_HR}]\n{contract.read_text(encoding='utf-8')}", encoding="utf-8")
        return old, new

    def only_the_new_system(self, old: Path) -> None:
        """The department takes the export of the old system away."""
        old.unlink()
        self._count_staff()

    def new_map(self) -> None:
        """Districts 1 and 2 swap their numbers on the new map; the file of the map before stays where it is."""
        shutil.copytree(self.deliveries / MAP, self.deliveries / NEW_MAP)
        (file,) = (self.deliveries / NEW_MAP).iterdir()
        document = json.loads(file.read_text(encoding="utf-8"))
        for place in document["features"]:
            of_place = place["properties"]
            of_place["aldermanic_2022"] = {"1": "2", "2": "1"}.get(of_place["aldermanic_2022"], of_place["aldermanic_2022"])
        file.write_text(json.dumps(document), encoding="utf-8")

    def stricter_rule(self, threshold: int, day: date) -> None:
        """Counts of persons below another threshold are hidden from a day on."""
        header = ["rule", "source", "value", "valid_from", "valid_to", "note"]
        rule = ["suppress_below", "", str(threshold), str(day), "", "The new agreement of the departments"]
        _write(self._rows("publication_rules"), [header, rule])

    def new_base(self, day: date) -> None:
        """Residents are those of the survey from a day on."""
        seed = self.code / "dbt_project" / "seeds" / "reference" / "population_bases.csv"
        header, *rows = _read(seed)
        ends, scheme = header.index("valid_to"), header.index("population_scheme")
        surveys = []
        for census in rows:
            if census[0].startswith("residents") and not census[header.index("geography_type")]:
                survey = [*census]
                survey[header.index("valid_from")], survey[scheme] = str(day), "acs_2013_2017"
                census[ends] = str(day - timedelta(days=1))
                surveys.append(survey)
        _write(seed, [header, *rows, *surveys])

    def residents(self, source: str, column: str) -> int:
        """All people of a census file."""
        (file,) = (self.deliveries / source).glob("*.csv")
        header, *rows = _read(file)
        at = header.index(column)
        return sum(int(row[at]) for row in rows if row[at].isdigit())

    def staff_of(self, label: str) -> int:
        """The positions of a group in the newest snapshot."""
        newest = max((self.deliveries / STAFF).iterdir(), key=_day_of_snapshot)
        with sqlite3.connect(newest) as database:
            return int(database.execute("select count(*) from employees where RACE = ?", [label]).fetchone()[0])

    @property
    def _city(self) -> Path:
        return self.code / "ingest" / "cities" / "sampleton" / "seeds"

    def _rows(self, seed: str) -> Path:
        return self._city / "rows" / f"{seed}.csv"

    def _write_requests(self, rows: list[list[str]]) -> None:
        _write(self._requests, rows, lineterminator="\r", quoting=csv.QUOTE_ALL)

    @property
    def _requests(self) -> Path:
        (file,) = (self.deliveries / REQUESTS).glob("*.csv")
        return file

    def _count_staff(self) -> None:
        newest = max((self.deliveries / STAFF).iterdir(), key=_day_of_snapshot)
        with sqlite3.connect(newest) as database:
            self.positions[newest.stem.partition("_")[2]] = database.execute("select count(*) from employees").fetchone()[0]


def _day_of_snapshot(file: Path) -> str:
    return file.stem.partition("_")[2]


def _quarter(day: str) -> Quarter:
    return int(day[:4]), (int(day[5:7]) + 2) // 3


def _read(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def _write(file: Path, rows: list[list[str]], lineterminator: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator=lineterminator, quoting=quoting).writerows(rows)  # type: ignore[arg-type]

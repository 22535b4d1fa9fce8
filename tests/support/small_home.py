"""A home with deliveries, landing and two releases of one small source, made in a second without dbt."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, deliver
from ingest.delivery.removals import new_row_filter, read_removals
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from tests.support.sealing import seal
from tests.support.visits import CITY_ZONE, HASH_KEY, visits_contract
from warehouse.audiences.names import file_name
from warehouse.audiences.plan import FilePlan, Shown, TablePlan
from warehouse.audiences.write import write_file
from warehouse.connection import attach, detach, open_working, read_objects
from warehouse.lake_files import part_files
from warehouse.metadata import migrate
from warehouse.paths import Home
from warehouse.releases import STORAGE_VERSION, Candidate, Lake, Manifest, PartRecord, new_release_id, pin, sealed_parts, swap
from warehouse.releases.lake import part_record

SOURCE = "dpt__visits"
COLUMNS: list[dict[str, Any]] = [
    {"name": "visit_number", "from": "Visit", "role": "key", "required": True},
    {"name": "visited_on", "from": "Date", "type": "date", "role": "event_time"},
    {"name": "note", "from": "Note"},
]
LOAD: dict[str, Any] = {"mode": "merge", "key": ["visit_number"]}
HEADER = "Visit,Date,Note\n"
# each note is a text that nothing else contains, so that a search finds any byte of its record
FIRST = HEADER + "".join(f"VISIT-{n:05},{2016 + n % 10}-03-0{1 + n % 9},whisper-{n:05}-alpha\n" for n in range(400))
SECOND = HEADER + "".join(f"VISIT-{n:05},2025-05-01,whisper-{n:05}-bravo\n" for n in range(0, 400, 7))
NOW = dt.datetime(2025, 12, 1, 12)
TODAY = NOW.date()
TODAY = NOW.date()
_FACT = f"""
    create table release.marts.fct_visits as
    select md5(concat_ws(chr(31), '{SOURCE}', trim(visit_number))) as visit_key, '{SOURCE}' as source, _load_id, _source_file,
        _source_row, try_cast(visited_on as date) as occurred_on, visit_number, note
    from landing.{SOURCE}
"""


@dataclass
class SmallHome:
    """The home, and the contract of its source."""

    home: Home
    contract: Contract
    folder: Path
    deliveries: int = 0
    lake: str | None = None  # the default is a folder in the home

    @property
    def store(self) -> DeliveryStore:
        return DeliveryStore(self.home.deliveries, SOURCE)

    def deliver(self, text: str, today: dt.date = TODAY) -> DeliveryRecord:
        """Deliver one file as a run does, without the rows that may not be kept."""
        self.deliveries += 1
        folder = self.folder / f"in{self.deliveries}"
        folder.mkdir(parents=True)
        (folder / "visits.csv").write_text(text)
        origin = open_folder(self.contract, delivered_files(folder), folder)
        row_filter = new_row_filter(self.contract, read_removals(self.store.folder), HASH_KEY, CITY_ZONE, today)
        return deliver(self.contract, origin, self.store, HASH_KEY, NOW, DeliveryOptions(row_filter=row_filter))

    def take(self, text: str, today: dt.date = TODAY) -> None:
        """Deliver and promote."""
        record = self.deliver(text, today)
        with self.working() as con:
            LandingTable(con, self.contract, self.store, CITY_ZONE).promote(record, run_id="run", now=NOW)

    def working(self) -> DuckDBPyConnection:
        """The working warehouse, with the tables of the source; landing is restored as a run does."""
        con = open_working(self.home)
        migrate(con)
        ensure_tables(con, self.contract, CITY_ZONE)
        LandingTable(con, self.contract, self.store, CITY_ZONE).restore()
        return con

    def release(self, second: int, *, in_lake: bool = False) -> Manifest:
        """Release the landed rows as a fact, and publish it; `in_lake`: as a view over a part per hundred records."""
        created = dt.datetime(2025, 12, 1, 12, 0, second, tzinfo=dt.UTC)
        with self.working() as con:
            candidate = Candidate.begin(self.home, f"run{second}")
            for path, alias in ((candidate.analyst_path, "release"), (candidate.public_path, "public")):
                attach(con, path, alias)
            con.execute("create schema release.marts; create schema release.quality; create schema public.published")
            con.execute(_FACT)
            con.execute("create macro release.marts.twice(x) as 2 * x")
            parts = {"marts.fct_visits": self._parts(con, second)} if in_lake else {}
            kind = "view" if in_lake else "table"
            con.execute(f"comment on {kind} release.marts.fct_visits is 'Visits'")
            con.execute("create table release.quality.rejected_rows as from intake.rejected_rows")
            con.execute("create table public.published.totals as select count(*) as visits from release.marts.fct_visits")
            columns = [name for name, *_ in con.execute("describe release.marts.fct_visits").fetchall()]
            shown = {name: Shown.NO_LINEAGE if name.startswith("_") else Shown.WHOLE for name in columns}
            plan = FilePlan(audience="health", tables={"marts.fct_visits": TablePlan(sources=(SOURCE,), columns=shown)})
            write_file(con, "release", plan, candidate.folder / file_name("health"), STORAGE_VERSION)
            for alias in ("release", "public"):
                detach(con, alias)
        release_id = new_release_id(self.home, created, f"{second:08}")
        sealed = seal(
            self.home, candidate, release_id=release_id, created_at=created, data_as_of=NOW, code_version="1",
            content_hash=f"{second:08}", loads={}, versions={}, seeds_hash="", parts=parts,
            audiences={file_name("health"): plan},
        )  # fmt: skip
        swap(self.home, release_id, sealed=sealed)
        return sealed

    def _parts(self, con: DuckDBPyConnection, second: int) -> list[PartRecord]:
        """Move the rows of the fact to the lake, a part per hundred visit numbers; releases share those from 200 on."""
        lake = Lake(self.lake or str(self.home.root / "lake"))
        lake.claim(self.home)
        parts: dict[int, PartRecord] = {}
        for hundred in range(4):
            rows = f"from release.marts.fct_visits where visit_number between 'VISIT-00{hundred}00' and 'VISIT-00{hundred}99'"
            name = f"{hundred}" if hundred > 1 else f"{hundred}-{second}"
            file = lake.part("fct_visits", name)
            if part_files.size(file) is None:
                with part_files.written(file) as unfinished:
                    con.execute(f"copy ({rows}) to '{unfinished}' (format parquet)")
            read_objects(con, [file])
            parts[hundred] = part_record(file, len(con.execute(f"from read_parquet('{file}')").fetchall()))
        files = ", ".join(f"'{part.file}'" for part in parts.values())
        con.execute("drop table release.marts.fct_visits")
        con.execute(f"create view release.marts.fct_visits as from read_parquet([{files}], hive_partitioning = false)")
        sealed = sealed_parts(self.home)
        return [sealed.get(part.file, part) for part in parts.values()]

    def landed(self, columns: str = "visit_number") -> list[Any]:
        """Columns of the landed rows, in order."""
        with self.working() as con:
            return con.execute(f"select {columns} from landing.{SOURCE} order by all").fetchall()


def small_home(folder: Path, **changes: Any) -> SmallHome:
    """Two loads, of which the second corrects some records; a pinned release after the first, and a published one."""
    home = Home(folder / "home")
    home.ensure()
    small = SmallHome(home, visits_contract(**({"columns": COLUMNS, "load": LOAD} | changes)), folder)
    small.take(FIRST)
    pin(home, small.release(1).release_id, "first")
    small.take(SECOND)
    small.release(2)
    return small

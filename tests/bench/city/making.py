"""Make sample cities, and for each the delivery of the next nights: 1 % new rows and 0.1 % corrected ones.

The nightly delivery contains the four event sources alone; the others keep their rows. It repeats the city's own last rows, 1 in
100 of each source, moved to the days after its last one, under new keys where there are keys. Corrected rows keep their position,
with one cell changed: anywhere in the file for a source that is merged by key, in the last days for one that replaces whole days,
which is why all rows of those days are delivered again.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from ingest.sample import write_sample
from warehouse.sql import literal

NIGHTS = 4
NEW_IN, CORRECTED_IN = 100, 1000
RECORD = "nightly.json"
CALLS, REQUESTS = "mpd__dispatched_calls", "ucc__service_requests"
STOPS, PAYMENTS = "fpc__police_stops", "comptroller__checkbook"


@dataclass(frozen=True)
class Nightly:
    """The nightly delivery. Rows by source: new, corrected, and all delivered ones, repeated rows included."""

    as_of: str
    new: dict[str, int]
    corrected: dict[str, int]
    delivered: dict[str, int]


def make_city(folder: Path, rows: int) -> None:
    """Make the sample city, unless it exists."""
    if not folder.is_dir():
        write_sample(folder, rows=rows)


def make_nightly(city: Path, folder: Path) -> Nightly:
    """Make the delivery after `city`, unless it exists."""
    record = folder / RECORD
    if record.is_file():
        return Nightly(**json.loads(record.read_text()))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(city / "city.yml", folder / "city.yml")
    with duckdb.connect(":memory:") as con:
        con.execute("set enable_progress_bar = false")
        counts = {source: make(con, city / source, folder / source) for source, make in MAKERS.items()}
        (last,) = con.execute("select max(last) + interval 1 day from ends").fetchall()[0]
    nightly = Nightly(last.isoformat(), *({source: count[at] for source, count in counts.items()} for at in range(3)))
    record.write_text(json.dumps(asdict(nightly), indent=1))
    return nightly


def size(folder: Path) -> int:
    """The bytes of all deliveries in a folder."""
    return sum(path.stat().st_size for path in folder.glob("*/*"))


def _requests(con: DuckDBPyConnection, earlier: Path, target: Path) -> tuple[int, int, int]:
    (file,) = earlier.glob("*.csv")
    _read(con, f"read_csv({literal(str(file))}, all_varchar = true, new_line = '\\r')", "cast(CREATIONDATE as timestamp)")
    form = "'%Y-%m-%d %H:%M:%S'"
    took = "coalesce(cast(nullif(CLOSEDDATETIME, '') as timestamp) - cast(CREATIONDATE as timestamp), interval 0 days)"
    counts = _whole_days(con, f"CLOSEDDATETIME = strftime(moment + {took} + interval 1 day, {form})")
    closed = f"case when CLOSEDDATETIME <> '' then strftime(moment + {took}, {form}) end"
    moved = f"strftime(moment, {form}) as CREATIONDATE, {closed} as CLOSEDDATETIME"
    _write_csv(con, moved, target / "callcenterdatacurrent_2026-01.csv", "\r", csv.QUOTE_ALL)
    return counts


def _calls(con: DuckDBPyConnection, earlier: Path, target: Path) -> tuple[int, int, int]:
    (file,) = earlier.glob("*.zip")
    with zipfile.ZipFile(file) as archive:
        text = target.parent / "calls.csv"
        text.write_bytes(archive.read(archive.namelist()[0]))
    columns = ", ".join(f"'{name}': 'varchar'" for name in ("number", "called", "place", "district", "nature", "status"))
    read = f"auto_detect = false, header = false, delim = ',', quote = '\"', columns = {{{columns}}}"
    csv_file = f"read_csv({literal(str(text))}, {read})"
    _read(con, f"(select * from {csv_file} where number <> '')", "strptime(called, '%m/%d/%Y %I:%M:%S %p')")
    text.unlink()
    counts = _merged(con, "number", "status = case status when 'Advised' then 'To be Filed' else 'Advised' end")
    out = io.StringIO()
    _rows(con, "strftime(moment, '%m/%d/%Y %I:%M:%S %p') as called", csv.writer(out, lineterminator="\r\n"), header=False)
    target.mkdir()
    with zipfile.ZipFile(target / "police_scrape_data2.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("police_scrape_data2.csv", out.getvalue())
    return counts


def _stops(con: DuckDBPyConnection, earlier: Path, target: Path) -> tuple[int, int, int]:
    (file,) = earlier.glob("*.csv")
    _read(con, f"read_csv({literal(str(file))}, all_varchar = true)", 'cast("date" as timestamp)')
    counts = _merged(con, "idNum", "personSearch = case personSearch when 'NO' then 'YES' else 'NO' end")
    _write_csv(con, "strftime(moment, '%Y-%m-%d %H:%M:%S') as \"date\"", target / "stops_2026.csv", "\n", csv.QUOTE_MINIMAL)
    return counts


def _payments(con: DuckDBPyConnection, earlier: Path, target: Path) -> tuple[int, int, int]:
    _read(con, f"read_parquet({literal(str(earlier / '*.parquet'))})", '"date"')
    counts = _whole_days(con, "amount = round(amount + 1, 2)")
    target.mkdir()
    path = literal(str(target / "city-checkbook-2026.parquet"))
    rows = 'select * exclude (moment, nr, is_new) replace (moment as "date") from delivered order by moment, nr'
    con.execute(f"copy ({rows}) to {path} (format parquet)")
    return counts


MAKERS = {REQUESTS: _requests, CALLS: _calls, STOPS: _stops, PAYMENTS: _payments}


def _read(con: DuckDBPyConnection, relation: str, at: str) -> None:
    """`rows`: the rows of a source, `moment` their time, `nr` their order. `fresh`: the new ones, moved after the last day."""
    con.execute(f"create or replace table rows as select *, {at} as moment, row_number() over () as nr from {relation}")
    con.execute(
        f"""
        create or replace table fresh as
        with
        last_rows as (select * from rows order by moment desc, nr desc limit (select count(*) // {NEW_IN} from rows)),
        days as (
            select day, row_number() over (order by day) - 1 as number, count(*) over () as days
            from (select distinct cast(moment as date) as day from last_rows)
        ),
        ended as (select cast(max(moment) as date) as last from rows)
        select
            last_rows.* replace (
                last_rows.moment - cast(last_rows.moment as date) + ended.last
                + to_days(cast(1 + days.number * {NIGHTS} // days.days as integer)) as moment
            )
        from last_rows inner join days on cast(last_rows.moment as date) = days.day cross join ended
        """
    )
    con.execute("create table if not exists ends (last date)")
    con.execute("insert into ends select cast(max(moment) as date) from fresh")


def _whole_days(con: DuckDBPyConnection, change: str) -> tuple[int, int, int]:
    """`delivered`: the last days again, enough to correct 1 in 1,000 of all rows, and the new ones."""
    con.execute(
        f"""
        create or replace table delivered as
        with
        wanted as (select greatest(count(*) // {CORRECTED_IN}, 1) as corrected from rows),
        counted as (select cast(moment as date) as day, count(*) as rows from rows group by day),
        days as (select day, sum(rows) over (order by day desc) as reached from counted),
        first_day as (select max(day) as day from days where reached >= (select corrected from wanted))
        select *, false as is_new from rows where cast(moment as date) >= (select day from first_day)
        union all
        select *, true as is_new from fresh
        """
    )
    wanted = f"select greatest(count(*) // {CORRECTED_IN}, 1) from rows"
    some = f"select nr from delivered where not is_new order by hash(nr) limit ({wanted})"
    return _corrected(con, some, change)


def _merged(con: DuckDBPyConnection, key: str, change: str) -> tuple[int, int, int]:
    """`delivered`: the last row of 1 in 1,000 keys, and the new rows under new keys."""
    con.execute(
        f"""
        create or replace table delivered as
        with
        last_rows as (select max(nr) as nr from rows group by {key}),
        wanted as (select greatest(count(*) // {CORRECTED_IN}, 1) as corrected from last_rows),
        corrected as (select nr from last_rows order by hash(nr) limit (select corrected from wanted))
        select *, false as is_new from rows where nr in (select nr from corrected)
        union all
        select * replace ('N' || {key} as {key}), true as is_new from fresh
        """
    )
    return _corrected(con, "select nr from delivered where not is_new", change)


def _corrected(con: DuckDBPyConnection, some: str, change: str) -> tuple[int, int, int]:
    con.execute(f"create or replace table chosen as {some}")
    con.execute(f"update delivered set {change} where not is_new and nr in (select nr from chosen)")
    counted = "select count(*) filter (is_new), (select count(*) from chosen), count(*) from delivered"
    new, corrected, delivered = con.execute(counted).fetchall()[0]
    return new, corrected, delivered


def _write_csv(con: DuckDBPyConnection, moved: str, path: Path, line: str, quoting: Any) -> None:
    path.parent.mkdir()
    with path.open("w", encoding="utf-8", newline="") as file:
        _rows(con, moved, csv.writer(file, lineterminator=line, quoting=quoting), header=True)


def _rows(con: DuckDBPyConnection, moved: str, writer: Any, *, header: bool) -> None:
    found = con.execute(f"select * exclude (moment, nr, is_new) replace ({moved}) from delivered order by moment, nr")
    if header:
        writer.writerow([name for name, *_ in found.description or ()])
    while batch := found.fetchmany(10_000):
        writer.writerows(_texts(batch))


def _texts(batch: Iterable[Sequence[object]]) -> list[list[object]]:
    return [["" if value is None else value for value in row] for row in batch]

"""Five years of quarterly snapshots in one home: how many rows they are, and what a run costs with them.

`STRESS_SNAPSHOTS` sets how many quarters (20), `STRESS_LINES` how many lead lines each has (70,000); the staff are 6,000.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.sample import write_sample
from tests.stress.small import SmallHome

SNAPSHOTS = int(os.environ.get("STRESS_SNAPSHOTS", "20"))
LINES = int(os.environ.get("STRESS_LINES", "70000"))
ROWS = 5_000
STAFF, LEAD = "der__employees", "dpw__lead_service_lines"


def quarter_ends(count: int) -> list[date]:
    """The last days of the quarters up to 2025, oldest first."""
    after = [2026 * 4 - at for at in range(count)]  # quarters since the year 0 that begin the day after
    return sorted(date(quarter // 4, quarter % 4 * 3 + 1, 1) - timedelta(days=1) for quarter in after)


def write_snapshots(sample: Path, city: Path, days: list[date]) -> None:
    """Staff and lead lines of each quarter: from one to the next a hundredth of the staff leaves, and 500 lines are replaced."""
    (staff,), (lead,) = ([max((sample / source).iterdir(), key=_of_today)] for source in (STAFF, LEAD))
    template, lines = staff.read_bytes(), lead.read_text(encoding="ascii").splitlines()
    header, *rows, blank, footer = lines
    for source in (STAFF, LEAD):
        shutil.rmtree(city / source)
        (city / source).mkdir(parents=True)
    cells = [row.split(",") for row in rows]
    for number, day in enumerate(days):
        file = city / STAFF / f"staff_{day}.sqlite"
        file.write_bytes(template)
        with sqlite3.connect(file) as database:
            database.execute(f"delete from employees where rowid % 100 = {number % 100}")
        listed = range(number * 500, number * 500 + LINES)
        # a letter at the house number makes another flat of the same house, and after Z another house
        text = [
            ",".join(
                [
                    str(int(cells[at % len(cells)][0]) + at // len(cells) // 26),
                    chr(65 + at // len(cells) % 26),
                    *cells[at % len(cells)][2:],
                ]
            )
            for at in listed
        ]
        dated = footer.rsplit(",", 1)[0] + f",{day.month}/{day.day}/{day.year}"
        (city / LEAD / f"lines_{number}.csv").write_text(
            "\r\n".join([header, *text, blank, dated, ""]), encoding="ascii", newline=""
        )


def _of_today(file: Path) -> tuple[bool, str]:
    return file.name in ("hr.sqlite", "leadservicelines.csv"), file.name


@pytest.mark.timeout(3600)
def test_five_years_of_snapshots(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    sample, city = tmp_path / "sample", tmp_path / "city"
    write_sample(sample, rows=ROWS)
    days = quarter_ends(SNAPSHOTS)
    one, home = SmallHome(tmp_path / "one", tmp_path / "city-one"), SmallHome(tmp_path / "home", city)
    for folder, dates in ((one.deliveries, days[-1:]), (city, days)):
        shutil.copytree(sample, folder)
        write_snapshots(sample, folder, dates)
    timed(one, "one snapshot", record_property)
    timed(home, f"{SNAPSHOTS} snapshots", record_property)
    with duckdb.connect(str(home.home / "published" / "levelground.duckdb"), read_only=True) as connection:
        for fact, per_snapshot in (("fct_employees", 6_000), ("fct_lead_service_lines", LINES)):
            counted = connection.execute(
                f"select count(*), count(distinct occurred_on), count(*) filter (is_latest_snapshot) from marts.{fact}"
            ).fetchone()
            assert counted is not None
            rows, snapshots, today = counted
            assert (snapshots, today > 0.9 * per_snapshot, today < rows / (SNAPSHOTS - 1)) == (SNAPSHOTS, True, True)
            record_property(f"rows of {fact}", f"{rows:,} in {snapshots} snapshots, {today:,} today")
        measured = connection.execute(
            "select measure_id, count(distinct period_start), count(*) from marts.fct_equity_measures "
            "where measure_id in ('workforce_composition', 'lead_service_lines_per_1000_addresses') group by 1 order by 1"
        ).fetchall()
        assert {days for _, days, _ in measured} == {SNAPSHOTS}
        record_property("rows of measures", ", ".join(f"{measure} {rows:,}" for measure, _, rows in measured))
    size = (home.home / "published" / "levelground.duckdb").stat().st_size
    record_property("MB of the analyst file", f"{size / 1e6:.0f}")
    # the next quarter alone: what came before stays without being delivered again
    later = date(2026, 1, 1)
    write_snapshots(sample, city, [later])
    timed(home, "the next snapshot", record_property)
    with duckdb.connect(str(home.home / "published" / "levelground.duckdb"), read_only=True) as connection:
        found = connection.execute("select count(distinct occurred_on) from marts.fct_lead_service_lines").fetchone()
        assert found == (SNAPSHOTS + 1,)


def timed(home: SmallHome, what: str, record_property: Callable[[str, object], None]) -> None:
    """Run, and record how long it took and where."""
    began = time.monotonic()
    home.run()
    seconds = home.last()["seconds"]
    record_property(f"seconds with {what}", f"{time.monotonic() - began:.1f} ({ {k: round(v, 1) for k, v in seconds.items()} })")

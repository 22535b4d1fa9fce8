"""A second release of each table that is released whole: rows that it no longer lists are neither kept nor released again."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import CommandLine

WHOLE = (
    "dpi__absenteeism", "dpi__completion", "dpi__discipline", "dpi__enrollment", "mhd__chronic_disease", "dcd__foreclosures",
)  # fmt: skip
YEARS = ("year", "school_year", "start_year", "period of measure")
VALUES = ("value", "count", "student_count", "removal_count", "cohort_count", "diploma")
PLACES = ("census__tracts_2010", "census__tracts_2020")
OUT = 2
# fact, and the source of its rows
FACTS = {
    "fct_student_outcomes": WHOLE[:4],
    "fct_health_outcomes_by_tract": WHOLE[4:5],
    "fct_foreclosures_by_tract": WHOLE[5:],
}


def take_rows_out(file: Path, out: int) -> None:
    """Take some rows of the last year out of a file: rows with values, of groups that other rows have as well."""
    with file.open(encoding="utf-8", newline="") as text:
        header, *rows = csv.reader(text)
    names = [name.lower() for name in header]
    year = next(at for at, name in enumerate(names) if name in YEARS)
    values = [at for at, name in enumerate(names) if name in VALUES]
    last = max(row[year] for row in rows)
    withdrawn = [row for row in rows if row[year] == last and not {row[at] for at in values} & {"", "*"}][-out:]
    assert len(withdrawn) == out
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([header, *(row for row in rows if row not in withdrawn)])


@pytest.fixture
def city(sample_city: Path, tmp_path: Path) -> Path:
    """The six tables and the tracts that they need."""
    folder = tmp_path / "city"
    folder.mkdir()
    shutil.copy(sample_city / "city.yml", folder)
    for source in (*WHOLE, *PLACES):
        shutil.copytree(sample_city / source, folder / source)
    return folder


def state(home: Path) -> dict[str, int]:
    """The rows of landing and of the facts, by source."""
    counted = {}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        for source in WHOLE:
            counted[source] = con.execute(f'select count(*) from landing."{source}"').fetchall()[0][0]
    with duckdb.connect(str(home / "published" / "levelground.duckdb"), read_only=True) as con:
        for fact, sources in FACTS.items():
            where = "is_delivered" if fact == "fct_foreclosures_by_tract" else "value_status = 'computed'"
            for source in sources:
                found = con.execute(f"select count(*) from marts.{fact} where source = ? and {where}", [source]).fetchall()
                counted[f"{fact} of {source}"] = found[0][0]
        hidden = "select count(*) from marts.fct_student_outcomes where value_status = 'suppressed_at_source'"
        counted["hidden"] = con.execute(hidden).fetchall()[0][0]
    return counted


def run(levelground: CommandLine, city: Path) -> dict[str, dict[str, Any]]:
    """A run that releases; the status of each source."""
    done = levelground("run", "--deliveries", city)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    receipts = [json.loads(path.read_text()) for path in (levelground.home / "runs").glob("*.json")]
    last = max(receipts, key=lambda receipt: receipt["number"])
    assert last["outcome"] in ("released", "unchanged"), last["message"]
    sources: dict[str, dict[str, Any]] = last["sources"]
    return sources


def test_rows_of_an_older_release_are_not_released_again(levelground: CommandLine, city: Path) -> None:
    run(levelground, city)
    before = state(levelground.home)
    files = {source: sorted((city / source).iterdir()) for source in WHOLE}
    for source, (*_, newest) in files.items():
        older = newest.read_bytes()
        take_rows_out(newest, OUT)
        # the older release stays next to the newer one, and is read first or last
        newest.rename(newest.with_name(f"{'a' if source > 'dpi__d' else 'z'}_{newest.name}"))
        newest.write_bytes(older)
    status = run(levelground, city)
    after = state(levelground.home)
    for source in WHOLE:
        assert status[source]["rows_withdrawn"] == OUT, source
        assert status[source]["reason"] == f"the release withdrew {OUT} rows"
    # a cell that the state hides is neither zero nor absent
    hidden = {"hidden": before["hidden"] + OUT * len(FACTS["fct_student_outcomes"])}
    assert after == {name: rows - OUT for name, rows in before.items()} | hidden

    # a release that lost most of a year is held back, and what was released stays
    newest = next(file for file in (city / "dcd__foreclosures").iterdir() if file.name.startswith(("a_", "z_")))
    with newest.open(encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))
    last_year = max(row[0] for row in rows[1:])
    with newest.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(row for number, row in enumerate(rows) if row[0] != last_year or number % 3 == 0)
    held = run(levelground, city)["dcd__foreclosures"]
    assert held["verdict"] == "held_back"
    assert f"rows of start_year = {last_year}, more than 50 %" in held["reason"]
    assert state(levelground.home) == after

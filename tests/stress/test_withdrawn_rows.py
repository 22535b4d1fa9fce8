"""A second release of each table that is released whole: rows that it no longer lists are neither kept nor released again.

Next releases of figures of other publishers are delivered in the same run.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import duckdb

from tests.e2e.conftest import Place
from tests.support.next_estimates import check_figures, deliver_next_releases

WHOLE = (
    "dpi__absenteeism", "dpi__completion", "dpi__enrollment", "dpi__removals", "dpi__act", "dpi__forward_exam",
    "mhd__chronic_disease", "dcd__foreclosures",
)  # fmt: skip
YEARS = ("year", "school_year", "start_year", "period of measure")
VALUES = ("value", "count", "cohort_count", "diploma")
OUT = 2
GONE = {"dpi__enrollment": "Asian"}  # the group that the newer release drops from every school
# fact, and the source of its rows
FACTS = {
    "fct_student_outcomes": WHOLE[:3],
    "fct_school_removals": WHOLE[3:4],
    "fct_school_assessments": WHOLE[4:6],
    "fct_health_outcomes_by_tract": WHOLE[6:7],
    "fct_foreclosures_by_tract": WHOLE[7:],
}


def newer_name(name: str, *, first: bool) -> str:
    """A name for a newer release: dated later where names are dated, else one that sorts first or last."""
    later = re.sub(r"\d{4}(?=-\d{2}-\d{2})", lambda year: str(int(year[0]) + 1), name)
    return later if later != name else f"{'a' if first else 'z'}_{name}"


def take_rows_out(file: Path, newer: Path, removed: str | None) -> tuple[int, int]:
    """Write a newer release without some rows of the last year: how many rows, and how many of them with values.

    They are rows of groups that other rows have as well, and all rows of the group that is `gone`. No zero is among the former:
    of a source that writes 0 for few people it is no value.
    """
    with file.open(encoding="utf-8", newline="") as text:
        header, *rows = csv.reader(text)
    names = [name.lower() for name in header]
    year = next(at for at, name in enumerate(names) if name in YEARS)
    values = [at for at, name in enumerate(names) if name in VALUES]
    last = max(row[year] for row in rows)
    dropped = [row for row in rows if row[year] == last and removed in row]
    others = [row for row in rows if row[year] == last and removed not in row]
    counted = [row for row in others if has_values(row, values) and not {"0", "0.0"} & {row[at] for at in values}]
    withdrawn = dropped + counted[-OUT:]
    with newer.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([header, *(row for row in rows if row not in withdrawn)])
    return len(withdrawn), sum(has_values(row, values) for row in withdrawn)


def has_values(row: list[str], values: list[int]) -> bool:
    return not {row[at] for at in values} & {"", "*"}


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
        unknown = "select count(*) from marts.fct_foreclosures_by_tract where foreclosures_count is null"
        counted["unknown"] = con.execute(unknown).fetchall()[0][0]
    return counted


def figures(home: Path) -> set[tuple[str, str, int]]:
    """The tracts and cities that have no foreclosure rate in a year because a row was withdrawn."""
    with duckdb.connect(str(home / "published" / "levelground.duckdb"), read_only=True) as con:
        found = con.execute(
            """
            select geography_type, value_status, count(*) from marts.fct_equity_measures
            where measure_id = 'foreclosures_per_1000_parcels' and status_reason = 'withdrawn' and period_type = 'year'
            and method = 'aggregate' and geography_type in ('tract', 'city') and numerator is null and value is null
            group by all
            """
        )
        return set(found.fetchall())


def numbers(home: Path) -> set[tuple[str, str, float]]:
    """The places where the group that the newer release drops has a number in the last year."""
    with duckdb.connect(str(home / "published" / "levelground.duckdb"), read_only=True) as con:
        found = con.execute(
            """
            select geography_type, geoid, numerator from marts.fct_equity_measures
            where measure_id = 'student_composition' and race_ethnicity_code = 'asian' and numerator is not null
            and period_start = (select max(period_start) from marts.fct_equity_measures where measure_id = 'student_composition')
            """
        )
        return set(found.fetchall())


def run(place: Place) -> dict[str, dict[str, Any]]:
    """A run that releases; the status of each source."""
    result = place.levelground("run", "--deliveries", place.deliveries)
    assert result.returncode in (0, 4), result.stdout + result.stderr
    records = [json.loads(path.read_text()) for path in (place.home / "runs").glob("*.json")]
    last = max(records, key=lambda record: record["number"])
    assert last["outcome"] in ("released", "unchanged"), last["message"]
    sources: dict[str, dict[str, Any]] = last["sources"]
    return sources


def test_rows_of_an_older_release_are_not_released_again(place: Place) -> None:
    city, home = place.deliveries, place.home
    before = state(home)
    never_listed = {place for place in numbers(home) if place[2] == 0}
    files = {source: sorted((city / source).iterdir()) for source in WHOLE}
    withdrawn = {
        source: take_rows_out(newest, newest.with_name(newer_name(newest.name, first=source > "dpi__d")), GONE.get(source))
        for source, (*_, newest) in files.items()
    }
    expected_figures = deliver_next_releases(city)
    status = run(place)
    after = state(home)
    newer, older = (release["release_id"] for release in place.levelground.json("releases", "list", "--json"))
    differences = place.levelground.json("releases", "diff", older, newer, "--json")
    report = place.levelground("releases", "diff", older, newer).stdout
    check_figures(place.levelground.ask, differences, report, expected_figures)
    for source, (rows, _) in withdrawn.items():
        assert status[source]["rows_withdrawn"] == rows, source
        assert status[source]["reason"] == f"the release withdrew {rows:,} rows"
    expected = {source: before[source] - rows for source, (rows, _) in withdrawn.items()}
    for fact, sources in FACTS.items():
        expected |= {f"{fact} of {source}": before[f"{fact} of {source}"] - withdrawn[source][1] for source in sources}
    # a withdrawn cell is neither zero nor absent
    expected["hidden"] = before["hidden"] + sum(withdrawn[source][1] for source in FACTS["fct_student_outcomes"])
    expected["unknown"] = before["unknown"] + OUT
    assert after == expected
    assert figures(home) == {("tract", "not_collected", OUT), ("city", "not_collected", 1)}
    assert numbers(home) == never_listed

    # a release that lost most of a year is held back, and what was released stays
    newest = next(file for file in (city / "dcd__foreclosures").iterdir() if file.name.startswith(("a_", "z_")))
    with newest.open(encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))
    last_year = max(row[0] for row in rows[1:])
    with newest.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(row for number, row in enumerate(rows) if row[0] != last_year or number % 3 == 0)
    withheld = run(place)["dcd__foreclosures"]
    assert withheld["verdict"] == "held_back"
    assert f"rows of start_year = {last_year}, more than 50 %" in withheld["reason"]
    assert state(home) == after

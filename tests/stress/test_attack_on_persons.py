"""What a reader of the released files, with a list of everybody's pay, learns about single persons: nothing.

Two attacks, as a person made them once: look for the pay of one employee among published medians, and compare the public files
around the removal of two records. Seeds of the sample: STRESS_SEEDS, numbers separated by commas.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from tests.conftest import CommandLine
from tests.e2e.conftest import AS_OF, Place
from tests.e2e.test_remove_records import INPUTS, KEY, STOPS, public_rows, release_row
from warehouse.paths import Home

SEEDS = [int(seed) for seed in os.environ.get("STRESS_SEEDS", "511,6007,90210").split(",")]
THRESHOLD, GRID = 11, 1000.0
NOTE = Callable[[str, object], None]
pytestmark = pytest.mark.timeout(3 * 3600)


@pytest.mark.parametrize("seed", SEEDS)
def test_released_files_of_a_sample_describe_no_person(seed: int, tmp_path: Path, record_property: NOTE) -> None:
    levelground = CommandLine(tmp_path / "home", cold=True, patience=3600)
    written = levelground("sample", "--out", tmp_path / "city", "--rows", "1500", "--seed", str(seed))
    assert written.returncode == 0, written.stderr
    _attack(Place(levelground, tmp_path / "city"), (INPUTS, STOPS), record_property)


def test_released_files_of_the_real_deliveries_describe_no_person(
    real_deliveries: Path, tmp_path: Path, record_property: NOTE
) -> None:
    place = Place(CommandLine(tmp_path / "home", cold=True, patience=3600), real_deliveries)
    _attack(place, (STOPS,), record_property, "--as-of", AS_OF)


def _attack(place: Place, sources: tuple[str, ...], note: NOTE, *options: str) -> None:
    assert place.run(*options, env=KEY)["outcome"] == "released"
    medians = _medians_of_pay(Home(place.home))
    note("medians of pay", len(medians))
    assert medians, "no median of pay is published"
    assert [row for row in medians if row.records < THRESHOLD or row.races < 2 or row.value % GRID] == []
    before, released = public_rows(place), release_row(place)
    for source in sources:
        key = _a_record(place.file(source))
        erased = place.levelground("erase", source, "--key", key, "--reason", "expunged", "--yes", env=KEY)
        assert erased.returncode == 0, erased.stdout + erased.stderr
    assert place.run(*options, env=KEY)["outcome"] == "released"
    after = public_rows(place)
    changed = {name: [*(rows - after[name]), *(after[name] - rows)] for name, rows in before.items() if rows != after[name]}
    assert changed == {}
    assert release_row(place) == released
    around = "select success, observed from quality.gate_results where expectation = 'around_removals'"
    assert place.levelground.ask(around) == [{"success": True, "observed": "0.0"}]


class Median(NamedTuple):
    """A published median: how many records, and of how many known races, have a pay that rounds to it."""

    value: float
    records: int
    races: int


def _medians_of_pay(home: Home) -> list[Median]:
    """Each published median, with the records of its day, place and level whose pay rounds to it, and how many known races."""
    query = (
        "select period_start, stratum_type, stratum_code, value from published.equity_measures "
        "where measure_id = 'pay_median' and value is not null"
    )
    with duckdb.connect(str(home.published_public), read_only=True) as con:
        shown = con.execute(query).df()
    pay = "select occurred_on, eeo4_level_code, race_ethnicity_code, annual_pay_usd::double as pay from marts.fct_employees"
    known = "select race_ethnicity_code from marts.dim_race_ethnicity where kind in ('category', 'combination')"
    with duckdb.connect(str(home.published_analyst), read_only=True) as con:
        records, races = con.execute(pay).df(), set(con.execute(known).df()["race_ethnicity_code"])
    found = []
    for row in shown.itertuples():
        same = records[records["occurred_on"] == row.period_start]
        if row.stratum_type == "eeo4_level":
            same = same[same["eeo4_level_code"] == row.stratum_code]
        close = same[(same["pay"] >= row.value - GRID / 2) & (same["pay"] < row.value + GRID / 2)]
        of_races = set(close["race_ethnicity_code"]) & races
        found.append(Median(row.value, len(close), len(of_races)))
    return found


def _a_record(file: Path) -> str:
    """The number of one record whose figure is published."""
    if INPUTS in file.parts:
        with file.open(encoding="utf-16", newline="") as rows:
            return next(
                row["Input ID"]
                for row in csv.DictReader(rows, delimiter="\t")
                if row["Received"].startswith("2024-0") and row["Theme"] == "Parks" and row["Race and/or ethnicity"]
            )
    with file.open(encoding="utf-8", newline="") as rows:
        return next(row["idNum"] for row in csv.DictReader(rows) if row["race"] == "Black" and row["personSearch"] == "YES")

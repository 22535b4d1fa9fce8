"""A removal does not run next to a run, and no public row shows whose record was removed.

`tests/integration/test_erasure.py` and `tests/stress` hold what a removal deletes.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator

import duckdb

from tests.e2e.conftest import Place
from tests.unit.warehouse.test_lock import held_elsewhere
from warehouse.paths import Home

CASES = "mmc__court_cases"
KEY = {"LEVELGROUND_HASH_KEY": "a long random text for tests 0123456789"}
INPUTS, STOPS = "oei__engagement_inputs", "fpc__police_stops"


def test_a_removal_does_not_run_next_to_a_run(place: Place) -> None:
    """Another process holds the lock: this one could acquire its own lock again."""
    with held_elsewhere(Home(place.home)):
        for arguments in (("erase", CASES, "--key", "1"), ("sources", "remove", CASES)):
            assert place.levelground(*arguments, "--reason", "x", "--yes", env=KEY).returncode == 5


def test_no_public_row_shows_whose_record_was_erased(place: Place) -> None:
    """Figures of persons stay as reported, and so does each column next to them: no row is marked."""
    before, released = public_rows(place), release_row(place)
    for source, key in ((INPUTS, _an_input(place)), (STOPS, _a_stop(place))):
        erased = place.levelground("erase", source, "--key", key, "--reason", "expunged", "--yes", env=KEY)
        assert erased.returncode == 0, erased.stdout + erased.stderr
    assert place.run(env=KEY)["outcome"] == "released"
    after = public_rows(place)
    assert after.keys() == before.keys()
    changed = {name: [*(rows - after[name]), *(after[name] - rows)] for name, rows in before.items() if rows != after[name]}
    assert changed == {}
    assert release_row(place) == released
    waiting = "select distinct published_table from quality.reported_figures where is_revision_pending order by all"
    assert [row["published_table"] for row in place.levelground.ask(waiting)] == ["engagement_responses", "equity_measures"]


def public_rows(place: Place) -> dict[str, Counter[str]]:
    """The rows of each public table but `release`."""
    with duckdb.connect(str(Home(place.home).published_public), read_only=True) as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'published'").fetchall()
        names = sorted(name for (name,) in tables if name != "release")
        return {name: Counter(map(repr, con.execute(f"from published.{name}").fetchall())) for name in names}


def release_row(place: Place) -> tuple[object, ...]:
    """What the public file and `current.json` contain of the release, without the time at which it was made."""
    home = Home(place.home)
    with duckdb.connect(str(home.published_public), read_only=True) as con:
        row = con.execute(
            "select right(release_id, 8), data_as_of, code_version, content_hash, left(content_hash, 8) from published.release"
        ).fetchone()
    assert row is not None
    current = json.loads(home.current_json.read_bytes())
    assert row[0] == row[4] == current["release_id"][-8:]
    return (*row, current["content_hash"], current["data_as_of"])


def _an_input(place: Place) -> str:
    """An input of the closed year, on a theme that is published."""
    return next(
        row["Input ID"]
        for row in _rows(place, INPUTS, "utf-16", "\t")
        if row["Received"].startswith("2024-0") and row["Theme"] == "Parks" and row["Race and/or ethnicity"]
    )


def _a_stop(place: Place) -> str:
    return next(row["idNum"] for row in _rows(place, STOPS, "utf-8", ",") if row["race"] == "Black" and row["personSearch"])


def _rows(place: Place, source: str, encoding: str, delimiter: str) -> Iterator[dict[str, str]]:
    with place.file(source).open(encoding=encoding, newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)

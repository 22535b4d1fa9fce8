"""Records, sources and answers to contributions are removed by command: listed, confirmed, gone from bytes and public rows."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator

import duckdb

from tests.e2e.conftest import Place
from tests.e2e.test_remove_records import CASES, KEY
from tests.support.erased_bytes import places_with
from warehouse.paths import Home

INPUTS, ANSWERS, STOPS = "oei__engagement_inputs", "oei__engagement_responses", "fpc__police_stops"


def test_a_record_is_listed_confirmed_and_removed_from_every_byte(place: Place) -> None:
    (case,) = place.levelground.ask("select max(case_number) as number from marts.fct_court_cases")
    number, before = case["number"], place.published()
    command = ("erase", CASES, "--key", number, "--reason", "expunged")
    refused = place.levelground(*command)
    assert (refused.returncode, "LEVELGROUND_HASH_KEY is not set" in refused.stderr) == (2, True)
    listed = place.levelground(*command, env=KEY)
    assert (listed.returncode, "nothing was removed; add --yes" in listed.stderr) == (2, True)
    for place_of_rows in (f"{CASES}/", f"landing.{CASES}", ": marts.fct_court_cases"):
        assert place_of_rows in listed.stdout
    assert number not in listed.stdout
    assert place.published() == before
    assert len(places_with(place.home, number)) >= 5
    assert place.levelground("releases", "pin", "current", "--label", "cited").returncode == 0
    result = place.levelground(*command, "--yes", env=KEY)
    assert (result.returncode, "1 records of mmc__court_cases" in result.stdout) == (0, True)
    assert places_with(place.home, number) == []
    changed = {name for name, sha in place.published().items() if before.get(name) != sha}
    assert changed == {"levelground.duckdb", "levelground_records_safety.duckdb"}, "the files with court cases"
    assert place.levelground.ask(f"select 1 from marts.fct_court_cases where case_number = '{number}'") == []
    (release,) = place.levelground.json("releases", "list", "--json")
    manifest = json.loads((place.home / "releases" / release["release_id"] / "manifest.json").read_text())
    assert [(one["source"], one["rows"], one["reason"]) for one in manifest["erasures"]] == [(CASES, 1, "expunged")]
    second = place.levelground(*command, "--yes", env=KEY)
    assert (second.returncode, "erased before" in second.stdout) == (0, True)
    for arguments, message in (
        (
            ("erase", CASES, "--key", "no such case", "--reason", "x", "--yes"),
            "no kept delivery of mmc__court_cases has 1 of the 1",
        ),
        (("erase", CASES, "--key", number, "--yes"), "--reason is empty"),
        (("erase", CASES, "--reason", "x"), "either --key VALUE… or --where COLUMN=VALUE"),
    ):
        wrong = place.levelground(*arguments, env=KEY)
        assert (wrong.returncode, message in wrong.stderr) == (2, True), wrong.stderr
    without_key = place.levelground("run", "--deliveries", place.deliveries)
    assert (without_key.returncode, "records of mmc__court_cases were erased" in without_key.stderr) == (2, True)
    assert "no removal was interrupted" in place.levelground("erase", "--resume").stdout


def test_a_contribution_that_is_taken_back_takes_its_answer_with_it(place: Place) -> None:
    (newest,) = place.levelground.ask(
        "select max(input_number) as number from marts.fct_engagement_inputs "
        "semi join marts.fct_engagement_responses using (input_number)"
    )
    result = place.levelground("erase", INPUTS, "--key", newest["number"], "--reason", "taken back", "--yes", env=KEY)
    assert (result.returncode, f"1 of {INPUTS}, 1 of {ANSWERS}" in result.stdout) == (0, True)
    assert places_with(place.home, newest["number"]) == []


def test_a_source_is_removed_and_resumed(place: Place) -> None:
    (case,) = place.levelground.ask("select max(case_number) as number from marts.fct_court_cases")
    command = ("sources", "remove", CASES, "--reason", "the agreement ended")
    assert place.levelground(*command).returncode == 2
    assert place.levelground(*command, "--yes").returncode == 0
    assert places_with(place.home, case["number"]) == []
    assert [path.name for path in (place.home / "deliveries" / CASES).iterdir()] == ["removals.json"]
    assert place.levelground.ask("select count(*) as n from marts.fct_court_cases") == [{"n": 0}]
    assert place.levelground(*command, "--yes").returncode == 0  # removed before
    resume = ("sources", "resume", CASES, "--reason", "renewed")
    assert place.levelground(*resume).returncode == 0
    second = place.levelground(*resume)
    assert (second.returncode, "was not removed" in second.stderr) == (2, True)


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

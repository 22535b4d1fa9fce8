"""Records, sources and answers to contributions are removed by command: listed first, confirmed, gone from every byte."""

from __future__ import annotations

import json

from tests.e2e.conftest import Place
from tests.e2e.test_remove_records import CASES, KEY
from tests.support.erased_bytes import places_with

INPUTS, ANSWERS = "oei__engagement_inputs", "oei__engagement_responses"


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

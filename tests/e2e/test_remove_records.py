"""A person removes records and a source by command: listed first, confirmed, gone from every byte, and reported."""

from __future__ import annotations

import json

from tests.e2e.conftest import Place
from tests.support.erased_bytes import places_with
from tests.unit.warehouse.test_lock import held_elsewhere
from warehouse.paths import Home

CASES = "mmc__court_cases"
KEY = {"LEVELGROUND_HASH_KEY": "a long random text for tests 0123456789"}


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
    public = {name: sha for name, sha in place.published().items() if name not in ("levelground.duckdb", "current.json")}
    assert public.items() <= before.items()
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


def test_a_removal_does_not_run_next_to_a_run(place: Place) -> None:
    """Another process holds the lock: this one could acquire its own lock again."""
    with held_elsewhere(Home(place.home)):
        for arguments in (("erase", CASES, "--key", "1"), ("sources", "remove", CASES)):
            assert place.levelground(*arguments, "--reason", "x", "--yes", env=KEY).returncode == 5

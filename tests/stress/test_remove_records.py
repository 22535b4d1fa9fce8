"""Whole sources and answers to contributions are removed by command. One record: tests/e2e."""

from __future__ import annotations

from tests.e2e.conftest import Place
from tests.e2e.test_remove_records import CASES, KEY
from tests.support.erased_bytes import places_with

INPUTS, ANSWERS = "oei__engagement_inputs", "oei__engagement_responses"


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

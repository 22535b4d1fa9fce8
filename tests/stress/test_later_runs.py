"""Two later runs: bad deliveries, which are held back; half a year later an accepted load and a new row, which are released."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import CommandLine
from tests.e2e.conftest import Place, status_of
from tests.e2e.test_bad_input import CALLS, COURT, HELD_BACK, MONEY, REQUESTS, STAFF, STOPS, add_second_table
from tests.support.copies import Copy
from tests.support.outdated_facts import FACTS, newest_run, outdate_facts

SPOILT = ("renamed column", "doctored workbook", "undeclared database", "name in Latin-1")
FACT_OF = {
    STOPS: "fct_police_stops", CALLS: "fct_police_calls", STAFF: "fct_employees", MONEY: "fct_arpa_projects",
    COURT: "fct_court_cases",
}  # fmt: skip
OTHERS = {HELD_BACK[case][0] for case in SPOILT} | {CALLS}
REASON = "most moved to the county"


@dataclass
class Held:
    """A home after a run on bad deliveries, and what it was before."""

    place: Place
    report: dict[str, Any]
    before: dict[str, str]
    rows: dict[str, Any]
    is_unchanged: bool


@dataclass
class Released:
    """The home after the release of an accepted load and of a new row, which an engine built in a lake."""

    place: Place
    report: dict[str, Any]
    before: dict[str, str]
    older: str
    facts: dict[str, Any]
    lake: Path


@pytest.fixture(scope="module")
def place(place_copies: tuple[Copy, Copy]) -> Place:
    """One home for all tests of this module."""
    home, deliveries = (copy.restore() for copy in place_copies)
    return Place(CommandLine(home), deliveries)


def counted(place: Place) -> dict[str, Any]:
    """The rows of each fact whose source is not taken."""
    facts = {FACT_OF.get(source, "fct_payments") for source in (*OTHERS, STAFF, COURT)}
    return {fact: place.levelground.ask(f"select count(*) as n from marts.{fact}") for fact in facts}


def facts_of(place: Place) -> dict[str, list[dict[str, Any]]]:
    """The rows of the facts of events; of stops without what names the load, as all of them are delivered again."""
    stops = "select * exclude (_load_id, _source_file, _source_row) from fct_police_stops order by all"
    return {
        fact: place.levelground.ask(stops if fact == "fct_police_stops" else f"select * from {fact} order by all")
        for fact in FACTS
    }


def source_of_measures(place: Place) -> dict[str, str]:
    """Of each measure the source whose load can change it here; no text for one that only the clock changes."""
    rows = place.levelground.ask("select measure_id, source from marts.dim_measure where is_current")
    return {row["measure_id"]: row["source"] if row["source"] in (STOPS, STAFF) else "" for row in rows}


@pytest.fixture(scope="module")
def held(place: Place) -> Held:
    """One source is not delivered, the folder of another is strange, and of the staff two thirds are missing."""
    before, rows = place.published(), counted(place)
    for case in SPOILT:
        HELD_BACK[case][1](place)
    add_second_table(place)
    with sqlite3.connect(place.file(STAFF)) as database:
        database.execute("delete from employees where rowid % 3 > 0")
    place.file(COURT).unlink()
    (place.deliveries / "dpw__potholes").mkdir()
    (place.deliveries / "dpw__potholes" / "p.csv").write_text("a\n1\n")
    report = place.run(expect=4)
    return Held(place, report, before, rows, place.published() == before)


def test_bad_deliveries_are_held_back_with_a_reason_and_the_others_get_in(held: Held) -> None:
    for case in SPOILT:
        source, _, words = HELD_BACK[case]
        status = status_of(held.report, source)
        assert status["verdict"] == "held_back"
        assert source in status["reason"]
        for word in words:
            assert word in status["reason"]
    calls, staff = status_of(held.report, CALLS), status_of(held.report, STAFF)
    assert (calls["verdict"], staff["verdict"]) == ("held_back", "held_back")
    assert os.sep not in calls["reason"].split(CALLS)[0]
    assert "volume" in staff["reason"] or "rows" in staff["reason"]
    assert status_of(held.report, COURT)["verdict"] == "not_delivered"
    assert held.report["unknown_folders"] == ["dpw__potholes"]
    # three feeds are only live and have no delivery here
    others = {row["verdict"] for row in held.report["sources"] if row["source"] not in {*OTHERS, STAFF}}
    assert others == {"fresh", "not_delivered"}
    assert held.is_unchanged


@pytest.fixture(scope="module")
def released(held: Held, sample_city: Path) -> Released:
    """The others are delivered again, with a further stop; the load of the staff is accepted."""
    place, load = held.place, status_of(held.report, STAFF)["load_id"]
    assert counted(place) == held.rows
    shutil.rmtree(place.deliveries / "dpw__potholes")
    for source in (*OTHERS, COURT):
        shutil.rmtree(place.deliveries / source)
        shutil.copytree(sample_city / source, place.deliveries / source)
    place.rewrite(STOPS, lambda text: text + text.splitlines()[-1].replace("25-", "99-", 1) + "\n")
    refused = place.levelground("sources", "accept", STAFF, "--load", "0" * 16, "--reason", "no")
    assert refused.returncode == 2
    assert load in refused.stderr
    accepted = place.levelground("sources", "accept", STAFF, "--load", load, "--reason", REASON)
    assert accepted.returncode == 0, accepted.stderr
    (older,) = (release["release_id"] for release in place.levelground.json("releases", "list", "--json"))
    outdate_facts(place.home)
    facts = facts_of(place)
    lake = place.home.with_name("lake")
    engine = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(lake), "LEVELGROUND_PART_ROWS": "3500"}
    report = place.run("--as-of", "2026-06-01T00:00:00", expect=4, env=engine)
    return Released(place, report, held.before, older, facts, lake)


def test_an_engine_builds_the_facts_of_events_and_readers_see_the_same_rows(released: Released) -> None:
    place = released.place
    assert released.report["outcome"] == "released"
    used = json.loads(newest_run(place.home).read_text())["engine"]
    assert (used["name"], used["tasks"], used["attempts"]) == ("local", 5, 5)
    after = facts_of(place)
    before = {row["police_stop_key"] for row in released.facts["fct_police_stops"]}
    (stop,) = [row for row in after["fct_police_stops"] if row["police_stop_key"] not in before]
    after["fct_police_stops"].remove(stop)
    assert after == released.facts
    assert [list(rows[0]) for rows in after.values()] == [list(rows[0]) for rows in released.facts.values()], "order of columns"
    assert len(list(released.lake.glob("*/*.parquet"))) == 5
    assert "5 parts are as they were sealed" in place.levelground("lake", "verify").stdout


def test_an_accepted_load_is_fresh_and_a_stale_source_is_reported_to_its_steward(released: Released) -> None:
    report = released.report
    assert status_of(report, STAFF)["verdict"] == "fresh"
    stale = status_of(report, REQUESTS)
    assert stale["verdict"] == "stale"
    assert "Unified Call Center" in stale["reason"]
    assert status_of(report, "census__blocks_2020")["verdict"] == "fresh"
    alerts = (released.place.home / "logs" / "alerts.log").read_text()
    assert "ucc__service_requests is stale." in alerts
    assert "Ask the steward (ucc-data@city.example) for the next delivery." in alerts
    (acceptances,) = released.place.levelground.ask("select source, load_id, reason from quality.accepted_deliveries")
    assert acceptances == {"source": STAFF, "load_id": status_of(report, STAFF)["load_id"], "reason": REASON}


def test_what_changed_is_explained_by_the_loads_that_came(released: Released) -> None:
    """The first release is pinned under a label. What the other loads are followed up for changes with the clock alone."""
    place, older, newer = released.place, released.older, released.report["release_id"]
    assert newer != older
    assert place.levelground("releases", "pin", older, "--label", "2025Q3").returncode == 0
    refused = place.levelground("releases", "pin", newer, "--label", "2025q3")
    assert (refused.returncode, older in refused.stderr) == (2, True)
    listed = {release["release_id"]: release["label"] for release in place.levelground.json("releases", "list", "--json")}
    assert listed == {older: "2025Q3", newer: None}
    differences = place.levelground.json("releases", "diff", "2025Q3", "current", "--json")
    assert (differences["before"], differences["after"], differences["same"]) == (older, newer, False)
    causes = {(cause["kind"], cause["name"]) for cause in differences["causes"]}
    assert causes == {("load", STAFF), ("load", STOPS), ("as_of", "")}
    changed = {measure["measure_id"]: measure for measure in differences["measures"]}
    sources = source_of_measures(place)
    assert {"stops_by_race", "stops_searched_share", "workforce_composition"} <= changed.keys()
    for name, measure in changed.items():
        assert measure["is_explained"], name
        assert {cause["name"] for cause in measure["explained_by"]} - {""} == {sources[name]} - {""}, name
        assert measure["changed"] > 0
        assert measure["top"][0]["before"] != measure["top"][0]["after"]
    report = place.levelground("releases", "diff", "2025Q3", newer).stdout
    assert "stops_searched_share" in report
    assert f"load {STOPS}" in report
    nothing = place.levelground("releases", "diff", older, older)
    assert (nothing.returncode, "both have the same content" in nothing.stdout) == (0, True)
    assert place.levelground("releases", "diff", "2025Q2", newer).returncode == 2


def test_the_run_counts_the_public_figures_that_differ_as_a_query_of_both_files_does(released: Released) -> None:
    place, older, report = released.place, released.older, released.report
    found = place.levelground.json("releases", "diff", "--public", "--json")
    assert (found["before"], found["after"]) == (older, report["release_id"]) == (report["compared_with"], found["after"])
    counts = report["public_changes"]
    assert {name: found[name] for name in counts} == counts
    with duckdb.connect() as connection:
        for name, release in (("a", older), ("b", report["release_id"])):
            file = place.home / "releases" / release / "levelground_public.duckdb"
            connection.execute(f"attach '{file}' as {name} (read_only)")
        keys = (
            "measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard, "
            "race_ethnicity_code, tabulation, method, stratum_type, stratum_code"
        )
        figures = f"(select {keys}, value from {{}}.published.equity_measures where value is not null)"
        wanted = connection.execute(
            "select count(*) filter (a.value is null), count(*) filter (abs(a.value - b.value) > 1e-9 * abs(b.value)), "
            "count(*) filter (b.value is null) "
            f"from {figures.format('a')} as a full join {figures.format('b')} as b using ({keys})"
        ).fetchone()
    assert (counts["appear"], counts["change"], counts["vanish"]) == wanted
    assert sum(wanted) > 0
    sources = source_of_measures(place)
    for measure in found["measures"]:
        assert {cause["name"] for cause in measure["causes"]} - {""} == {sources[measure["measure_id"]]} - {""}
    assert {measure["measure_id"] for measure in found["measures"]} & {"stops_searched_share", "workforce_composition"}


def test_rollback_goes_back(released: Released) -> None:
    """The last test of this module: the first release is published again."""
    place, older = released.place, released.older
    unknown = place.levelground("releases", "rollback", "20200101T000000Z-00000000")
    assert unknown.returncode == 2
    assert older in unknown.stderr
    result = place.levelground("releases", "rollback", older)
    assert result.returncode == 0, result.stderr
    assert place.published() == released.before | {"current.json": place.published()["current.json"]}

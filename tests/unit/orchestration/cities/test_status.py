"""`cities status` reads each home, whatever state it is in, and works during a run."""

from __future__ import annotations

import json
from pathlib import Path

from expectations.results import ExpectationResult, GateResult
from orchestration.cities import CityStatus, city_status, read_homes
from orchestration.runs.record import BLOCKED, RELEASED, UNCHANGED, RunStore
from tests.support.run_records import REQUESTS, run_record, source_status
from warehouse.lock import RunLock
from warehouse.paths import Home


def status(home: Home) -> CityStatus:
    file = home.root.parent / "cities.yml"
    file.write_text(f"cities: [{{name: milwaukee, home: {home.root}}}]")
    return city_status(read_homes(file)[0])


def publish(home: Home) -> None:
    release = {"release_id": "20251201T000000Z-00000000", "created_at": "2025-12-01T00:00:00Z", "content_hash": "0"}
    home.current_json.write_text(json.dumps(release | {"data_as_of": "2025-11-30T00:00:00"}))


def test_a_missing_home_and_a_home_without_runs_are_rows(tmp_path: Path, home: Home) -> None:
    missing = status(Home(tmp_path / "none"))
    assert (missing.last_run, missing.release_id, missing.criticals, missing.is_complete) == ("no home", None, 0, False)
    assert status(home).last_run == "no run yet"


def test_a_released_city(home: Home) -> None:
    publish(home)
    sources = {REQUESTS: source_status("fresh")}
    RunStore(home.runs).save(run_record(outcome=RELEASED, exit_code=0, sources=sources, number=1))
    found = status(home)
    assert (found.last_run, found.release_id) == ("released", "20251201T000000Z-00000000")
    assert (found.released_at, found.data_as_of) == ("2025-12-01T00:00:00Z", "2025-11-30T00:00:00")
    assert (found.as_of, found.late, found.is_complete) == ("2025-12-01T00:00:00", (), True)
    assert found.is_done


def test_late_sources_and_critical_findings_are_counted(home: Home) -> None:
    publish(home)
    failed = ExpectationResult(
        expectation="x", column=None, severity="critical", success=False, observed=1, threshold=0, message="one row"
    )
    gate = GateResult(gate="build", subject="fct_calls", findings=(failed,))
    sources = {"a": source_status("stale", "a"), "b": source_status("held_back", "b"), "c": source_status("fresh", "c")}
    record = run_record(outcome=BLOCKED, exit_code=3, message="blocked by fct_calls", sources=sources, gates=[gate], number=1)
    RunStore(home.runs).save(record)
    found = status(home)
    assert (found.last_run, found.late, found.criticals, found.is_done) == ("blocked", ("a", "b"), 1, False)
    assert (found.problem, found.is_complete) == ("blocked by fct_calls", False)


def test_a_run_that_goes_on_and_one_that_was_killed(home: Home) -> None:
    publish(home)
    store = RunStore(home.runs)
    store.save(run_record("first", outcome=UNCHANGED, exit_code=0, number=1))
    store.save(run_record("second", started_at="2025-12-02T12:00:00", number=2))
    assert status(home).last_run == "interrupted"
    with RunLock(home, "cli"):
        found = status(home)
    assert (found.last_run, found.started_at) == ("running", "2025-12-02T12:00:00")
    assert found.is_complete, "what the last finished run left"


def test_damage_is_a_problem_of_its_city(home: Home) -> None:
    home.current_json.write_text("{")
    home.home_json.write_text('{"city": "springfield", "deliveries": "live"}')
    (home.runs / "broken.json").write_text("{")
    found = status(home)
    assert found.problem == "the home holds the city springfield"
    home.home_json.unlink()
    assert "damaged" in str(status(home).problem)

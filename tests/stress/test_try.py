"""Trials on the sample city: unknown labels end one before anything is built; a whole one gives the figures of a run.

The home stays as it is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from warehouse.connection import run_query

STOPS = "fpc__police_stops"
VALUES = (
    "select measure_id, geoid, period_type, period_start, race_ethnicity_code, value, ci_low, ci_high from {table} "
    "where measure_id like 'stops_%' order by all"
)


def state(home: Path) -> dict[str, str]:
    """A hash of each file of the home, without those of the trial and the lock."""
    files = (path for path in sorted(home.rglob("*")) if path.is_file() and not path.is_symlink())
    kept = [path for path in files if home / "try" not in path.parents and path.name != "run.lock"]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def test_unmapped_labels_are_listed_before_anything_is_built(place: Place) -> None:
    before = state(place.home)
    place.rewrite(STOPS, lambda text: text.replace(",White,Male", ",Whyte,Male"))
    file = place.file(STOPS)
    result = place.levelground("try", STOPS, "--from", file)
    assert result.returncode == 4, result.stderr
    assert "labels that the crosswalk does not map" in result.stdout
    assert "race_ethnicity: 'Whyte', " in result.stdout
    assert "police_observed,Whyte,decide,decide,,1900-01-01,9999-12-31," in result.stdout
    assert "nothing was built; --accept builds all the same" in result.stdout
    assert state(place.home) == before
    assert (place.home / "try").stat().st_mode & 0o777 == 0o700
    assert {path.name for path in (place.home / "try").iterdir()} & {"deliveries", "warehouse.duckdb", "published"} == set()


def test_a_trial_gives_the_figures_of_a_run(place: Place) -> None:
    before = state(place.home)
    place.rewrite(STOPS, lambda text: text.replace(",NO,", ",YES,", 300))
    tried = place.levelground.json("try", STOPS, "--from", place.file(STOPS), "--json")
    assert state(place.home) == before
    assert (tried["outcome"], tried["unmapped_labels"]) == ("released", [])
    assert {measure["measure_id"] for measure in tried["measures"]} >= {"stops_by_race", "stops_searched_share"}
    files = {"marts.scorecard": "levelground.duckdb", "published.scorecard": "levelground_public.duckdb"}
    trial = {
        table: run_query(place.home / "try" / "published" / file, VALUES.format(table=table), 60).to_pylist()
        for table, file in files.items()
    }
    place.run()
    for table, file in files.items():
        assert run_query(place.home / "published" / file, VALUES.format(table=table), 60).to_pylist() == trial[table], table


def test_a_trial_without_a_release_builds_maps_and_the_source_and_keeps_it_elsewhere(place: Place) -> None:
    kept = place.home.parent / "kept"
    new = place.home.parent / "new_home"
    tried = CommandLine(new).json("try", STOPS, "--from", place.file(STOPS), "--keep", kept, "--json")
    assert tried["published_path"] == str(kept / "published" / "levelground.duckdb")
    assert tried["facts"][0]["records"] > 0
    rows = run_query(kept / "published" / "levelground.duckdb", "select count(*) as n from marts.fct_service_requests", 60)
    assert rows.to_pylist() == [{"n": 0}]
    assert not (new / "home.json").exists()

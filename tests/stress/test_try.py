"""A whole trial on the sample city: the figures are those of a run of the same delivery, and the home stays as it is."""

from __future__ import annotations

from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from tests.e2e.test_try import STOPS, state
from warehouse.connection import run_query

VALUES = (
    "select measure_id, geoid, period_type, period_start, race_ethnicity_code, value, ci_low, ci_high from {table} "
    "where measure_id like 'stops_%' order by all"
)


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

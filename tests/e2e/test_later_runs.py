"""A night after the first release: one source sends a further record, another a bad file. Figures, causes and the way back.

`make stress` has later runs at length: many bad deliveries, an accepted load, stale sources, and facts that an engine builds.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from tests.e2e.conftest import Place, status_of
from tests.e2e.test_bad_input import HELD_BACK, REQUESTS, STOPS

BAD = "name in Latin-1"
RECORDED = (
    "select race_ethnicity_code, numerator from marts.fct_equity_measures where measure_id = 'stops_by_race' "
    "and period_type = 'year' and period_start = date '2025-01-01' and geography_type = 'city' and numerator is not null"
)
KEYS = (
    "measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard, "
    "race_ethnicity_code, tabulation, method, stratum_type, stratum_code"
)


@contextmanager
def reading(place: Place) -> Iterator[set[str]]:
    """What a reader finds that opens the public file again and again: the release that its rows name."""
    found: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.5):
            path = (place.home / "published" / "levelground_public.duckdb").resolve()
            with duckdb.connect() as connection:
                connection.execute(f"attach '{path}' as public (read_only)")
                found.update(name for (name,) in connection.execute("select release_id from public.published.release").fetchall())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield found
    finally:
        done.set()
        reader.join()


def recorded(place: Place) -> dict[str, float]:
    return {row["race_ethnicity_code"]: row["numerator"] for row in place.levelground.ask(RECORDED)}


def public_changes(place: Place, before: str, after: str) -> tuple[Any, ...]:
    """How many public figures appear, change and vanish, by a query of both files."""
    figures = f"(select {KEYS}, value from {{}}.published.equity_measures where value is not null)"
    with duckdb.connect() as connection:
        for name, release in (("a", before), ("b", after)):
            file = place.home / "releases" / release / "levelground_public.duckdb"
            connection.execute(f"attach '{file}' as {name} (read_only)")
        counted = connection.execute(
            "select count(*) filter (a.value is null), count(*) filter (abs(a.value - b.value) > 1e-9 * abs(b.value)), "
            "count(*) filter (b.value is null) "
            f"from {figures.format('a')} as a full join {figures.format('b')} as b using ({KEYS})"
        ).fetchone()
    assert counted
    return counted


def test_a_night_adds_a_record_holds_a_bad_file_back_and_is_rolled_back(place: Place) -> None:
    before, counted, published = place.levelground.json("status", "--json"), recorded(place), place.published()
    requests = place.levelground.ask("select count(*) as n from marts.fct_service_requests")
    stop = "25-999999,2025-06-12 15:16:38,traffic,MDC,NO,YES,NO,Unknown,Black,Male,43.82873,-87.00465,6,Specimen Hill - East\n"
    place.rewrite(STOPS, lambda text: text + stop)
    HELD_BACK[BAD][1](place)
    with reading(place) as seen:
        report = place.run(expect=4)
    assert report["outcome"] == "released"
    older, newer = before["release_id"], report["release_id"]
    assert older in seen and seen <= {older, newer}, "a reader finds one whole release or the other, at any time of the run"

    held = status_of(report, REQUESTS)
    assert held["verdict"] == "held_back"
    assert all(word in held["reason"] for word in HELD_BACK[BAD][2])
    assert place.levelground.ask("select count(*) as n from marts.fct_service_requests") == requests, "its last good rows stay"
    assert status_of(report, STOPS)["rows_staged"] == status_of(before, STOPS)["rows_staged"] + 1
    assert recorded(place) == counted | {"black": counted["black"] + 1, "all": counted["all"] + 1}

    found = place.levelground.json("releases", "diff", older, "current", "--json")
    assert (found["before"], found["after"], found["same"]) == (older, newer, False)
    assert ("load", STOPS) in {(cause["kind"], cause["name"]) for cause in found["causes"]}
    changed = {measure["measure_id"]: measure for measure in found["measures"]}
    assert {"stops_by_race", "stops_searched_share"} <= changed.keys()
    assert all(measure["is_explained"] for measure in changed.values())
    counts = report["public_changes"]
    assert (counts["appear"], counts["change"], counts["vanish"]) == public_changes(place, older, newer)

    assert place.levelground("releases", "rollback", older).returncode == 0
    assert json.loads((place.home / "published" / "current.json").read_text())["release_id"] == older
    assert place.published() == published | {"current.json": place.published()["current.json"]}
    assert recorded(place) == counted

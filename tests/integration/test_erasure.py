"""Records that must go leave every byte of a home, in whichever step the process is killed, and do not come back."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.delivery.removals import read_removals
from ingest.erasure import (
    by_conditions,
    by_keys,
    complete,
    plan_erasure,
    plan_past_keeping,
    plan_source_removal,
)
from ingest.erasure.plan import Plan, write_plan
from ingest.landing import count_load_rows
from tests.support.erased_bytes import completed_until_killed, places_with
from tests.support.small_home import COLUMNS, FIRST, HEADER, LOAD, SECOND, SOURCE, SmallHome, small_home
from tests.support.visits import CITY_ZONE, HASH_KEY, visits_contract
from warehouse.connection import run_query
from warehouse.paths import Home
from warehouse.releases import current, known_releases, lakes, pins, recover, verify

TODAY = dt.datetime(2026, 3, 4, 5, 6, 7)
GONE = ("VISIT-00007", "whisper-00007-alpha", "whisper-00007-bravo")
KEPT = ("VISIT-00008", "whisper-00008-alpha")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    small_home(folder)
    return folder


@pytest.fixture
def small(made_once: Path, tmp_path: Path) -> SmallHome:
    """A copy of the home with its hard links: published files are those of the release."""
    shutil.copytree(made_once / "home", tmp_path / "home")
    home = Home(tmp_path / "home")
    published = current(home)
    assert published is not None
    for name in ("levelground.duckdb", "levelground_public.duckdb"):
        (home.published / name).unlink()
        os.link(home.release(published.release_id) / name, home.published / name)
    return SmallHome(home, visits_contract(columns=COLUMNS, load=LOAD), tmp_path)


def erase(small: SmallHome, *keys: Sequence[str]) -> Plan:
    plan, rows = planned(small, *keys)
    write_plan(small.home, plan, rows)
    complete(small.home)
    return plan


def planned(small: SmallHome, *keys: Sequence[str]) -> Any:
    found, missing = by_keys(small.contract, small.store, keys, CITY_ZONE, HASH_KEY)
    assert not missing
    return plan_erasure(small.home, [found], HASH_KEY, "expunged", "clerk", TODAY)


def assert_erased(small: SmallHome, erased: Sequence[str] = GONE, remaining: Sequence[str] = KEPT) -> None:
    """No byte of the record is left, every release verifies, and everything else is where it was."""
    for text in erased:
        assert places_with(small.home.root, text) == []
    for text in remaining:
        assert len(places_with(small.home.root, text)) >= 5
    for release_id in known_releases(small.home):
        verify(small.home, release_id)
    assert list(small.home.root.rglob("*.next")) == list(small.home.root.glob("erasing/*")) == []


def test_an_erased_record_leaves_every_byte(small: SmallHome) -> None:
    for text in GONE:
        assert places_with(small.home.root, text)
    public = [(small.home.release(i) / "levelground_public.duckdb").read_bytes() for i in known_releases(small.home)]
    for derived in (small.home.internal_scorecard, small.home.root / ".scorecard-next-killed", small.home.tried):
        derived.mkdir()
        (derived / "visits.html").write_text(f"{GONE[0]} counts")
    plan = erase(small, ["VISIT-00007"])
    assert not list(small.home.root.glob("*scorecard*")), "figures that count the record are deleted"
    assert not small.home.tried.exists(), "the throw-away release of a trial has the record"
    assert_erased(small)
    assert plan.records == 1
    assert [(place.kind, place.rows) for place in plan.places] == [
        *[("kept deliveries", 1)] * 2, ("landing", 1), *[("analyst file of release", 1)] * 2,
    ]  # fmt: skip
    assert [place.name for place in plan.places if "pinned" in place.name] == [
        f"{next(iter(pins(small.home)))} (pinned): marts.fct_visits"
    ]
    assert [(small.home.release(i) / "levelground_public.duckdb").read_bytes() for i in known_releases(small.home)] == public
    for release_id in known_releases(small.home):
        (erased,) = verify(small.home, release_id).erasures
        assert (erased.source, erased.rows, erased.reason, erased.erased_at) == (SOURCE, 1, "expunged", TODAY)
    assert (small.home.published_analyst).samefile(small.home.release(known_releases(small.home)[-1]) / "levelground.duckdb")
    query = "select count(*) as n, any_value(marts.twice(2)) as twice from marts.fct_visits"
    assert run_query(small.home.published_analyst, query, 9).to_pylist() == [{"n": 399, "twice": 4}]
    comments = "select comment from duckdb_tables() where table_name = 'fct_visits'"
    assert run_query(small.home.published_analyst, comments, 9).to_pylist() == [{"comment": "Visits"}]


def test_an_erased_record_leaves_the_parts_of_every_release(tmp_path: Path) -> None:
    """Both releases share a part with a record of each kind; a part of a failed run has the record, too."""
    home = Home(tmp_path / "home")
    home.ensure()
    small = SmallHome(home, visits_contract(columns=COLUMNS, load=LOAD), tmp_path)
    small.take(FIRST)
    small.release(1, in_lake=True)
    small.take(SECOND)
    small.release(2, in_lake=True)
    (lake,) = lakes(home)
    shared, kept, orphan = (Path(lake.part("fct_visits", name)) for name in ("2", "3", "of-a-failed-run"))
    before = kept.read_bytes()
    shutil.copy(shared, orphan)
    counted = "select count(*) as n from marts.fct_visits"
    plan = erase(small, ["VISIT-00201"], ["VISIT-00007"])
    assert [place.rows for place in plan.places if place.kind == "analyst file of release"] == [2, 2]
    for text in (*GONE, "VISIT-00201", "whisper-00201-alpha"):
        assert places_with(home.root, text) == []
    for release_id in known_releases(home):
        assert [part.rows for part in verify(home, release_id).all_parts] == [99, 100, 99, 100]
    assert run_query(home.published_analyst, counted, 9).to_pylist() == [{"n": 398}]
    assert kept.read_bytes() == before
    assert not orphan.exists()


def test_the_counts_of_each_load_still_add_up(small: SmallHome) -> None:
    erase(small, ["VISIT-00007"], ["VISIT-00008"])
    loads = [(load.rows_delivered, load.rows_in_landing) for load in small.store.accepted() or ()]
    assert loads == [(398, 341), (57, 57)]
    with small.working() as con:
        counts = [count_load_rows(con, small.contract, load.load_id) for load in small.store.accepted() or ()]
    assert [(c.delivered, c.staged, c.superseded, c.duplicate, c.rejected) for c in counts] == [
        (398, 341, 57, 0, 0),
        (57, 57, 0, 0, 0),
    ]
    small.home.warehouse.unlink()
    assert len(small.landed()) == 398  # rebuilt from the deliveries, which lack both records


def test_a_later_delivery_lacks_an_erased_record(small: SmallHome) -> None:
    erase(small, ["VISIT-00007"])
    later = small.deliver(SECOND + "VISIT-00007 ,2026-01-01,whisper-00007-again\nVISIT-90001,2026-01-01,whisper-90001-new\n")
    assert (later.rows, later.rows_erased) == (58 - 1 + 1, 2)
    small.take(FIRST + "VISIT-90002,2026-01-01,whisper-90002-new\n")
    assert "VISIT-00007" not in {number for (number,) in small.landed()}
    assert_erased(small, (*GONE, "whisper-00007-again"))


def test_the_same_delivery_again_is_not_read_again(small: SmallHome) -> None:
    erase(small, ["VISIT-00007"])
    assert small.deliver(SECOND).rows == 57
    assert_erased(small)


def test_two_keys_in_two_orders_and_a_record_erased_before(small: SmallHome) -> None:
    erase(small, ["VISIT-00007"])
    erase(small, ["VISIT-00009"], [" VISIT-00010"])
    assert_erased(small, ("VISIT-00007", "VISIT-00009", "VISIT-00010"))
    removals = read_removals(small.store.folder)
    assert removals.records >= 3
    assert [(r.kind, r.records, r.reason, r.erased_by) for r in removals.removals] == [
        ("erased", 1, "expunged", "clerk"), ("erased", 2, "expunged", "clerk"),
    ]  # fmt: skip


def test_rows_are_selected_by_columns(small: SmallHome) -> None:
    found = by_conditions(small.contract, small.store, [("note", "whisper-00008-alpha"), ("visited_on", "2024-03-09")], CITY_ZONE)
    plan, rows = plan_erasure(small.home, [found], HASH_KEY, "expunged", "clerk", TODAY)
    write_plan(small.home, plan, rows)
    complete(small.home)
    assert_erased(small, ("VISIT-00008", "whisper-00008-alpha"), ("VISIT-00007", "whisper-00007-bravo"))
    assert small.deliver(HEADER + "VISIT-00008,2024-03-09,whisper-00008-other\n").rows == 0  # the key identifies the record


def test_an_unknown_record_is_reported(small: SmallHome) -> None:
    found, missing = by_keys(small.contract, small.store, [["VISIT-00007"], ["VISIT-99999"]], CITY_ZONE, HASH_KEY)
    assert (found.records, missing) == (1, [["VISIT-99999"]])


def test_rows_of_a_delivery_that_is_gone_leave_the_pinned_release(small: SmallHome) -> None:
    """The batch of the first load was pruned: only the pinned release has its superseded rows."""
    first = (small.store.accepted() or ())[0].load_id
    shutil.rmtree(small.store.folder / first)
    erase(small, ["VISIT-00007"])
    for text in GONE:
        assert places_with(small.home.root, text) == []


def test_a_damaged_release_is_deleted_because_its_records_cannot_be_removed(small: SmallHome) -> None:
    pinned = known_releases(small.home)[0]
    path = small.home.release(pinned) / "levelground.duckdb"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:5000])
    plan, rows = planned(small, ["VISIT-00007"])
    write_plan(small.home, plan, rows)
    notes = complete(small.home)
    assert [note for note in notes if f"Deleted release {pinned}" in note]
    assert known_releases(small.home) == [current(small.home).release_id]  # type: ignore[union-attr]


def test_a_removed_source_leaves_nothing_but_the_fact(small: SmallHome) -> None:
    plan, rows = plan_source_removal(small.home, SOURCE, "the agreement ended", "clerk", TODAY)
    assert plan.records == 400
    assert {place.kind for place in plan.places} == {"kept deliveries", "landing", "analyst file of release"}
    write_plan(small.home, plan, rows)
    complete(small.home)
    assert_erased(small, ("VISIT-0", "whisper-"), ())
    assert [path.name for path in small.store.folder.iterdir()] == ["removals.json"]
    removals = read_removals(small.store.folder)
    assert removals.is_removed
    assert [(r.kind, r.records) for r in removals.removals] == [("removed", 400)]
    assert small.landed() == []


def test_rows_past_keeping_leave_every_byte(small: SmallHome) -> None:
    """Kept for 7 years: in March 2026 events from 2019-03-04 on."""
    contract = small.contract.model_copy(
        update={"agreement": small.contract.agreement.model_copy(update={"keep_for": "7 years"})}
    )
    planned_now = plan_past_keeping(small.home, [contract], TODAY, CITY_ZONE, "run", TODAY)
    assert planned_now is not None
    write_plan(small.home, *planned_now)
    complete(small.home)
    # visit 3 was on 2019-03-04, visit 13 on 2019-03-05, visit 23 on 2019-03-06; visit 2 in 2018
    assert_erased(small, ("whisper-00002-alpha", "whisper-00012-alpha"), ("whisper-00003-alpha", "whisper-00013-alpha"))
    numbers = {number for (number,) in small.landed()}
    assert {"VISIT-00003", "VISIT-00007", "VISIT-00021"} <= numbers  # the second load corrected the date of visit 21
    assert not numbers & {"VISIT-00001", "VISIT-00002", "VISIT-00012"}
    assert plan_past_keeping(small.home, [contract], TODAY, CITY_ZONE, "run", TODAY) is None  # once
    small.contract = contract
    later = small.deliver(FIRST + "VISIT-90001,2026-01-01,whisper-90001-new\n", TODAY.date())
    assert later.rows_past_keeping == FIRST.count(",2016-") + FIRST.count(",2017-") + FIRST.count(",2018-") + sum(
        f",2019-03-0{day}" in line for line in FIRST.splitlines() for day in (1, 2, 3)
    )
    assert places_with(small.home.root, "whisper-00002-alpha") == []
    assert read_removals(small.store.folder).removals[0].kind == "past_keeping"


def test_a_kill_at_any_moment_leaves_what_the_next_command_completes(small: SmallHome) -> None:
    """One sequence of kills; `tests/stress/test_erasure_kills.py` kills before every change of a file."""
    plan, rows = planned(small, ["VISIT-00007"])
    write_plan(small.home, plan, rows)
    changes = random.Random(3)
    died = 0
    while small.home.is_removal_pending and died < 5:
        died += completed_until_killed(small.home, changes.randint(1, 25))
    assert died
    complete(small.home)
    assert recover(small.home) == []
    assert_erased(small)
    published = current(small.home)
    assert published is not None and published.release_id == known_releases(small.home)[-1]
    assert small.landed() and len(read_removals(small.store.folder).removals) == 1
    for release_id in known_releases(small.home):
        assert [erased.rows for erased in verify(small.home, release_id).erasures] == [1]

"""The next start repairs what a swap left: it completes it, returns to a release that verifies, or reports that there is none."""

from __future__ import annotations

import json

import pytest

from tests.support.published_files import MakeRelease, assert_published, damage, published_rows
from warehouse.paths import Home
from warehouse.releases import Candidate, ReleaseCorrupt, current, recover, swap


def test_a_half_swap_to_a_release_that_is_damaged_goes_back(home: Home, make_release: MakeRelease) -> None:
    old, new = make_release(3), make_release(4)
    swap(home, new.release_id)
    half_done = home.published_analyst.read_bytes()
    swap(home, old.release_id)
    home.published_analyst.unlink()
    home.published_analyst.write_bytes(half_done)
    home.swap_intent.write_text(json.dumps({"release_id": new.release_id}))
    damage(home, new)
    (message,) = recover(home)
    assert message.startswith("Gave up a half-done swap (release")
    assert message.endswith(f"went back to release {old.release_id}.")
    assert_published(home, old, 3)


@pytest.mark.parametrize("intent", ["", "[]", "{}", '{"release_id": "20240101T000000Z-00000000"}'])
def test_an_intent_that_leads_nowhere_goes_back(home: Home, make_release: MakeRelease, intent: str) -> None:
    old = make_release(3)
    swap(home, old.release_id)
    home.swap_intent.write_text(intent)
    assert "went back to" in recover(home)[0]
    assert_published(home, old, 3)


def test_a_half_swap_with_nothing_to_go_back_to_is_given_up(home: Home, make_release: MakeRelease) -> None:
    only = make_release(3)
    damage(home, only)
    home.swap_intent.write_text(json.dumps({"release_id": only.release_id}))
    assert recover(home)[0].endswith("nothing was published before it.")
    assert current(home) is None
    assert recover(home) == []


def test_when_neither_release_is_valid_recovery_reports_it_and_ends(home: Home, make_release: MakeRelease) -> None:
    old, new = make_release(3), make_release(4)
    swap(home, old.release_id)
    home.swap_intent.write_text(json.dumps({"release_id": new.release_id}))
    damage(home, old)
    damage(home, new)
    assert "failed: release" in recover(home)[0]
    assert published_rows(home) == 3
    (message,) = recover(home)
    assert "was damaged" in message
    assert "no other valid release" in message
    assert published_rows(home) == 3


def test_missing_published_files_are_put_back(home: Home, make_release: MakeRelease) -> None:
    only = make_release(3)
    swap(home, only.release_id)
    home.published_analyst.unlink()
    assert recover(home) == [f"Published files were missing: restored release {only.release_id}."]
    assert_published(home, only, 3)


def test_missing_published_exports_are_put_back(home: Home, make_release: MakeRelease) -> None:
    only = make_release(3)
    swap(home, only.release_id)
    (home.published_exports / "release.csv").unlink()
    assert recover(home) == [f"Published files were missing: restored release {only.release_id}."]
    assert_published(home, only, 3)


@pytest.mark.parametrize("name", ["levelground.duckdb", "levelground_public.duckdb", "exports/release.csv"])
def test_a_published_copy_that_differs_from_its_release_is_put_back(home: Home, make_release: MakeRelease, name: str) -> None:
    """As in a home that was copied without its hard links: the release is whole, and readers have another file."""
    only = make_release(3)
    swap(home, only.release_id)
    path = home.published / name
    intact = path.read_bytes()
    path.unlink()
    path.write_bytes(intact)
    assert recover(home) == [], "an equal copy is a published file as well"
    path.write_bytes(intact[: len(intact) // 2])
    assert recover(home) == [f"Published files were damaged: restored release {only.release_id}."]
    assert path.read_bytes() == intact
    assert_published(home, only, 3)
    assert recover(home) == []


def test_a_damaged_current_json_is_named_with_its_remedy(home: Home, make_release: MakeRelease) -> None:
    only = make_release(3)
    swap(home, only.release_id)
    for content in ("", "[]", "{}"):
        home.current_json.write_text(content)
        with pytest.raises(ReleaseCorrupt, match=r"current\.json: damaged; `levelground releases rollback ID`"):
            current(home)
        assert "current.json: damaged" in recover(home)[0]
    swap(home, only.release_id)
    assert_published(home, only, 3)


def test_recovery_removes_what_killed_runs_left(home: Home, make_release: MakeRelease) -> None:
    only, removed = make_release(3), make_release(4)
    swap(home, only.release_id)
    home.release(removed.release_id).rename(home.releases / ".removing-20240101T000000Z-00000000")
    Candidate.begin(home, "killed")
    (home.published / ".levelground.duckdb.next").write_bytes(b"")
    (home.published_exports / ".release.csv.next").write_bytes(b"")
    (home.releases / ".pins.json.next").write_bytes(b"")
    assert recover(home) == [
        "Removed the unfinished release .candidate-killed.",
        "Finished removing the release 20240101T000000Z-00000000.",
        "Removed the leftover .levelground.duckdb.next.",
        "Removed the leftover .release.csv.next.",
        "Removed the leftover .pins.json.next.",
    ]
    assert_published(home, only, 3)

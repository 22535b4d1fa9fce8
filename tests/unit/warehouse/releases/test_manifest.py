"""Release ids sort by age, and a manifest is read or refused, never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from warehouse.paths import Home
from warehouse.releases import Manifest, ReleaseCorrupt, UnknownRelease, known_releases, new_release_id, read_manifest

NOON = datetime(2025, 12, 1, 12, 0, 0, 999_999, tzinfo=UTC)
HASH = "1a2b3c4d" + "0" * 56


def test_an_id_contains_the_second_in_utc_and_the_content_hash(home: Home) -> None:
    assert new_release_id(home, NOON, HASH) == "20251201T120000Z-1a2b3c4d"
    central = NOON.astimezone(timezone(timedelta(hours=-6)))
    assert new_release_id(home, central, HASH) == "20251201T120000Z-1a2b3c4d"


@pytest.mark.parametrize(
    "later", [timedelta(0), timedelta(milliseconds=1), -timedelta(days=400)], ids=["same", "same second", "back"]
)
def test_ids_are_new_and_sort_last_whatever_the_clock(home: Home, later: timedelta) -> None:
    ids = []
    for content in ("ff", "00", "ff"):
        ids.append(new_release_id(home, NOON + later * len(ids), content * 32))
        home.release(ids[-1]).mkdir()
    assert ids == sorted(set(ids))
    assert known_releases(home) == ids


def test_only_release_folders_are_releases(home: Home) -> None:
    for name in (".candidate-run", ".removing-20251201T000000Z-00000000", "notes"):
        (home.releases / name).mkdir()
    (home.releases / "20251201T000000Z-00000000").write_text("a file")
    assert known_releases(home) == []


@pytest.mark.parametrize("release_id", ["20240101T000000Z-00000000", "..", "../published", ""])
def test_an_unknown_release_is_refused_with_the_known_ones(
    home: Home, make_release: Callable[[int], Manifest], release_id: str
) -> None:
    existing = make_release(1).release_id
    with pytest.raises(UnknownRelease, match=f"known: {existing}") as caught:
        read_manifest(home, release_id)
    assert caught.value.known == [existing]


def test_a_manifest_comes_back_from_the_disk_as_it_was(home: Home, make_release: Callable[[int], Manifest]) -> None:
    written = make_release(3)
    assert read_manifest(home, written.release_id) == written


@pytest.mark.parametrize("damage", ["", "{", "{}", "[]"])
def test_a_damaged_manifest_is_refused(home: Home, make_release: Callable[[int], Manifest], damage: str) -> None:
    release_id = make_release(3).release_id
    (home.release(release_id) / "manifest.json").write_text(damage)
    with pytest.raises(ReleaseCorrupt, match=r"manifest\.json: not a manifest"):
        read_manifest(home, release_id)


def test_a_manifest_of_another_release_is_refused(home: Home, make_release: Callable[[int], Manifest]) -> None:
    one, two = make_release(1).release_id, make_release(2).release_id
    (home.release(two) / "manifest.json").write_bytes((home.release(one) / "manifest.json").read_bytes())
    with pytest.raises(ReleaseCorrupt, match=f"the manifest of {one}"):
        read_manifest(home, two)


def test_a_missing_manifest_is_refused(home: Home, make_release: Callable[[int], Manifest]) -> None:
    release_id = make_release(1).release_id
    (home.release(release_id) / "manifest.json").unlink()
    with pytest.raises(ReleaseCorrupt, match=r"manifest\.json: No such file"):
        read_manifest(home, release_id)


def test_a_manifest_of_an_earlier_version_is_read(home: Home, make_release: Callable[[int], Manifest]) -> None:
    """It calls the fingerprints of dbt nodes `standing`: a run after an upgrade builds only what has changed."""
    manifest = make_release(3)
    fingerprint = {"state": "a", "base": "b", "shape": "c", "loads": []}
    path = home.release(manifest.release_id) / "manifest.json"
    sealed = json.loads(path.read_text())
    sealed["made_of"] = {"standing": {"model.levelground.fct_payments": fingerprint}}
    path.write_text(json.dumps(sealed))
    read = read_manifest(home, manifest.release_id)
    assert read.made_of.node_fingerprints["model.levelground.fct_payments"].shape == "c"
    assert "standing" not in json.loads(read.model_dump_json())["made_of"]

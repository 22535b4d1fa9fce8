"""A swap publishes the files of one whole release or none. See `tests/integration/test_cut_swaps.py` for a swap cut off."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.support.published_files import MakeRelease, assert_published, damage, published_rows, refuse_links, with_ledger
from warehouse.paths import Home
from warehouse.releases import Current, ReleaseCorrupt, UnknownRelease, current, recover, swap, swapping


def test_nothing_is_current_before_the_first_release(home: Home) -> None:
    assert current(home) is None
    assert recover(home) == []


def test_a_swap_publishes_links_and_records_the_release(home: Home, make_release: MakeRelease) -> None:
    manifest = make_release(3)
    released = swap(home, manifest.release_id)
    assert_published(home, manifest, 3)
    assert (
        released
        == current(home)
        == Current(
            release_id=manifest.release_id,
            created_at=manifest.created_at,
            data_as_of=manifest.data_as_of,
            content_hash=manifest.content_hash,
            path=home.published_analyst,
        )
    )
    assert home.published_analyst.samefile(home.release(manifest.release_id) / "levelground.duckdb")
    assert "path" not in json.loads(home.current_json.read_text())
    assert recover(home) == []


def test_the_same_release_twice_leaves_no_second_name(home: Home, make_release: MakeRelease) -> None:
    manifest = make_release(3)
    swap(home, manifest.release_id)
    swap(home, manifest.release_id)
    assert_published(home, manifest, 3)


def test_a_name_that_a_cut_swap_left_is_taken_over_without_touching_its_release(home: Home, make_release: MakeRelease) -> None:
    old, new = make_release(3), make_release(4)
    (home.published / ".levelground.duckdb.next").hardlink_to(home.release(old.release_id) / "levelground.duckdb")
    swap(home, new.release_id)
    assert home.published_analyst.samefile(home.release(new.release_id) / "levelground.duckdb")
    swap(home, old.release_id)
    assert_published(home, old, 3)


def test_without_hard_links_files_are_copied(home: Home, make_release: MakeRelease, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", refuse_links)
    first, second = make_release(3), make_release(4)
    for manifest, rows in ((first, 3), (second, 4), (second, 4)):
        swap(home, manifest.release_id)
        assert_published(home, manifest, rows)
    assert not home.published_analyst.samefile(home.release(second.release_id) / "levelground.duckdb")


def test_a_copy_that_went_wrong_is_noticed(home: Home, make_release: MakeRelease, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_badly(source: Path, target: Path) -> None:
        content = bytearray(source.read_bytes())
        content[-1] ^= 1
        target.write_bytes(content)

    old, new = make_release(3), make_release(4)
    swap(home, old.release_id)
    monkeypatch.setattr(os, "link", refuse_links)
    monkeypatch.setattr("shutil.copyfile", copy_badly)
    with pytest.raises(ReleaseCorrupt, match=r"published/levelground\.duckdb: the copy differs"):
        swap(home, new.release_id)
    monkeypatch.undo()
    assert published_rows(home) == 3  # no file is published before all of them are verified
    assert recover(home)[-1] == f"Completed the half-done swap to release {new.release_id}."
    assert_published(home, new, 4)


def test_a_log_beside_the_published_file_is_never_replayed(home: Home, make_release: MakeRelease, tmp_path: Path) -> None:
    swap(home, make_release(3).release_id)
    # What a client leaves that opened the file for writing and died: a log with a change in it.
    analyst_file = tmp_path / "levelground.duckdb"
    analyst_file.write_bytes(home.published_analyst.read_bytes())
    with duckdb.connect(str(analyst_file)) as connection:
        connection.execute("set checkpoint_threshold = '1GB'; drop table marts.dim_department")
        log = analyst_file.with_name("levelground.duckdb.wal").read_bytes()
    (home.published / "levelground.duckdb.wal").write_bytes(log)
    (home.published / "levelground_public.duckdb.wal").write_bytes(b"whatever")
    second = make_release(4)
    swap(home, second.release_id)
    assert_published(home, second, 4)


@pytest.mark.parametrize("release_id", ["20240101T000000Z-00000000", "../published"])
def test_an_unknown_release_is_refused(home: Home, make_release: MakeRelease, release_id: str) -> None:
    old = make_release(3)
    swap(home, old.release_id)
    with pytest.raises(UnknownRelease):
        swap(home, release_id)
    assert_published(home, old, 3)


def test_a_damaged_release_is_refused_and_the_published_one_stays(home: Home, make_release: MakeRelease) -> None:
    old, new = make_release(3), make_release(4)
    swap(home, old.release_id)
    damage(home, new)
    with pytest.raises(ReleaseCorrupt, match=r"levelground_public\.duckdb"):
        swap(home, new.release_id)
    assert_published(home, old, 3)


def test_the_ledger_is_published_with_the_release_and_not_before(
    home: Home, make_release: MakeRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new release that is sealed is published by the next start; an earlier one undoes nothing."""
    place = swapping._link_or_copy
    first = with_ledger(home, make_release, 3)
    assert not home.ledger.exists()
    swap(home, first.release_id, is_new=True)
    assert home.ledger.read_text() == "3"
    second = with_ledger(home, make_release, 4)  # killed here
    assert home.ledger.read_text() == "3"
    assert recover(home) == [f"Completed the half-done swap to release {second.release_id}."]
    assert home.ledger.read_text() == "4"
    third, remembered = with_ledger(home, make_release, 5), []
    with monkeypatch.context() as patched:
        patched.setattr(swapping, "_link_or_copy", lambda *paths: remembered.append(home.ledger.read_text()) or place(*paths))
        swap(home, third.release_id, is_new=True)
    assert set(remembered) == {"5"}  # before anybody could open any of its files
    swap(home, first.release_id)
    assert home.ledger.read_text() == "5"


def test_published_files_are_the_groups_that_the_operator_gave_the_home(home: Home, make_release: MakeRelease) -> None:
    """As docs/connect describes: the group, and the bit that hands it on, on the folders of releases and of what is published."""
    group = max([*os.getgroups(), os.getgid()]) if os.geteuid() else 60_000
    for folder in (home.root, home.releases, home.published, home.published_exports):
        os.chown(folder, -1, group)
        folder.chmod(folder.stat().st_mode | 0o2000)
    swap(home, make_release(3).release_id)
    swap(home, make_release(4).release_id)
    for path in (home.published, *home.published.rglob("*")):
        assert path.stat().st_gid == group, path
        assert path.stat().st_mode & 0o007 == (0o004 if path == home.current_json else 0), path
        assert path.stat().st_mode & 0o040, path
    assert home.published.stat().st_mode & 0o750 == 0o750
    assert home.releases.stat().st_mode & 0o777 == 0o700


def test_a_release_of_before_there_were_exports_takes_those_of_others_away(home: Home, make_release: MakeRelease) -> None:
    old, new = make_release(3), make_release(4)
    without = old.model_copy(update={"exports": {}})
    shutil.rmtree(home.release(old.release_id) / "exports")
    manifest = json.loads(without.model_dump_json())
    del manifest["exports"]
    (home.release(old.release_id) / "manifest.json").write_text(json.dumps(manifest))
    swap(home, new.release_id)
    (home.published_exports / "release.csv.wal").write_bytes(b"")
    swap(home, old.release_id)
    assert list(home.published_exports.iterdir()) == []
    assert recover(home) == []
    swap(home, new.release_id)
    assert_published(home, new, 4)


def test_an_export_that_is_not_what_was_sealed_is_refused(home: Home, make_release: MakeRelease) -> None:
    old, new = make_release(3), make_release(4)
    swap(home, old.release_id)
    path = home.release(new.release_id) / "exports" / "release.csv"
    sealed = path.read_bytes()
    for content, why in ((sealed + b"x", "differs from the sealed file"), (None, "missing")):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ReleaseCorrupt, match=rf"exports/release\.csv: .*{why}"):
            swap(home, new.release_id)
    path.write_bytes(sealed)
    (path.parent / "more.csv").write_bytes(b"")
    with pytest.raises(ReleaseCorrupt, match=r"exports/more\.csv: the manifest does not list it"):
        swap(home, new.release_id)
    assert_published(home, old, 3)

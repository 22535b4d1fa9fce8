"""What becomes a release, what does not, and what is noticed later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.support.sealing import seal
from warehouse.connection import attach, detach, open_working
from warehouse.paths import Home
from warehouse.releases import Candidate, Manifest, ReleaseCorrupt, known_releases, sealing, verify

RELEASE_ID = "20251201T000000Z-00000000"


def seal_it(home: Home, candidate: Candidate, release_id: str = RELEASE_ID) -> Manifest:
    return seal(
        home,
        candidate,
        release_id=release_id,
        created_at=datetime(2025, 12, 1, tzinfo=UTC),
        data_as_of=None,
        code_version="0.1.0",
        content_hash="00",
        loads={"b": ["2", "1"], "a": []},
        versions={"duckdb": "1.5.5"},
        seeds_hash="ab",
    )


def test_a_release_records_its_files_and_is_read_only(home: Home, make_release: Callable[[int], Manifest]) -> None:
    manifest = make_release(3)
    folder = home.release(manifest.release_id)
    assert sorted(path.name for path in folder.iterdir()) == [
        "exports", "levelground.duckdb", "levelground_public.duckdb", "manifest.json",
    ]  # fmt: skip
    analyst, public = manifest.files["levelground.duckdb"], manifest.files["levelground_public.duckdb"]
    assert (analyst.schemas, analyst.tables) == (("marts",), {"marts.dim_department": 3})
    assert (public.schemas, public.tables) == (("published",), {"published.release": 1})
    for name, record in manifest.files.items():
        assert (folder / name).stat().st_size == record.size
        assert (folder / name).stat().st_mode & 0o777 == 0o440
    assert set(manifest.exports) == {"release.csv", "SHA256SUMS"}
    for name, exported in manifest.exports.items():
        assert (folder / "exports" / name).stat().st_size == exported.size
        assert (folder / "exports" / name).stat().st_mode & 0o777 == 0o440
    assert manifest.run_id == "run-3"
    assert verify(home, manifest.release_id) == manifest
    assert known_releases(home) == [manifest.release_id]


def test_a_file_that_is_still_attached_is_not_sealed(home: Home) -> None:
    candidate = Candidate.begin(home, "run")
    with duckdb.connect(home.warehouse) as connection:
        attach(connection, candidate.analyst_path, "release")
        with pytest.raises(ReleaseCorrupt, match=r"levelground\.duckdb: this process still has it attached"):
            seal_it(home, candidate)
        connection.execute("create table release.t as select 1 as a")
        with pytest.raises(ReleaseCorrupt, match=r"levelground\.duckdb: a write-ahead log exists"):
            seal_it(home, candidate)
        detach(connection, "release")
    assert known_releases(home) == []
    assert seal_it(home, candidate).files["levelground.duckdb"].tables == {"main.t": 1}


def test_an_unread_result_prevents_the_sealing_of_a_file(home: Home) -> None:
    candidate = Candidate.begin(home, "run")
    with open_working(home) as connection, duckdb.connect(str(home.warehouse)) as another:
        attach(connection, candidate.analyst_path, "release")
        connection.execute("create table release.t as select range as a from range(100000)")
        unread = another.execute("from release.t")
        detach(connection, "release")
        with pytest.raises(ReleaseCorrupt, match="the file is still in use"):
            seal_it(home, candidate)
        unread.fetchall()
        assert seal_it(home, candidate).files["levelground.duckdb"].tables == {"main.t": 100_000}


def test_a_view_is_refused(home: Home) -> None:
    candidate = Candidate.begin(home, "run")
    with duckdb.connect(str(candidate.public_path)) as connection:
        connection.execute("create schema published; create view published.measures as select 1 as a")
    with pytest.raises(ReleaseCorrupt, match=r"levelground_public\.duckdb: published\.measures is a view"):
        seal_it(home, candidate)
    assert candidate.folder.exists()


def test_unchanged_bytes_are_verified_without_reading_tables(
    home: Home, make_release: Callable[[int], Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading 326 tables of ten files took 1.9 s of CPU, their hashes take 0.1 s; sealing has read the tables of these bytes."""
    manifest = make_release(3)
    monkeypatch.setattr(sealing, "read_tables", lambda *_: pytest.fail("a table was read"))
    assert verify(home, manifest.release_id) == manifest
    file = home.release(manifest.release_id) / "levelground_public.duckdb"
    file.chmod(0o640)
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    monkeypatch.undo()
    with pytest.raises(ReleaseCorrupt, match=r"levelground_public\.duckdb"):
        verify(home, manifest.release_id)


def test_an_id_is_used_once(home: Home) -> None:
    seal_it(home, Candidate.begin(home, "one"))
    with pytest.raises(ValueError, match="exists"):
        seal_it(home, Candidate.begin(home, "two"))


def test_a_file_that_changes_while_it_is_sealed_is_noticed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = Candidate.begin(home, "run")

    def write(path: Path, text: str) -> None:
        path.write_text(text)
        with candidate.public_path.open("r+b") as file:
            file.seek(9000)
            file.write(b"x")

    monkeypatch.setattr("warehouse.releases.sealing.write_atomically", write)
    with pytest.raises(ReleaseCorrupt, match=r"levelground_public\.duckdb"):
        seal_it(home, candidate)
    assert known_releases(home) == []


def truncated(path: Path) -> None:
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_bit_off(path: Path) -> None:
    path.chmod(0o640)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.chmod(0o640)
    path.write_bytes(b"")


def with_log(path: Path) -> None:
    path.with_name(f"{path.name}.wal").write_bytes(b"")


@pytest.mark.parametrize("damage", [truncated, one_bit_off, emptied, with_log, Path.unlink])
@pytest.mark.parametrize("name", ["levelground.duckdb", "levelground_public.duckdb"])
def test_damage_is_noticed_and_named(
    home: Home, make_release: Callable[[int], Manifest], damage: Callable[[Path], None], name: str
) -> None:
    release_id = make_release(3).release_id
    damage(home.release(release_id) / name)
    with pytest.raises(ReleaseCorrupt, match=f"{release_id} is not usable: {name}: ") as caught:
        verify(home, release_id)
    assert (caught.value.release_id, caught.value.file) == (release_id, name)


def test_another_database_with_the_same_tables_and_rows_is_noticed(home: Home) -> None:
    paths = []
    for run_id, value in (("one", 1), ("two", 2)):
        candidate = Candidate.begin(home, run_id)
        with duckdb.connect(str(candidate.analyst_path)) as connection:
            connection.execute(f"create table t as select {value} as a from range(10)")
        paths.append(home.release(seal_it(home, candidate, f"{RELEASE_ID[:-1]}{value}").release_id) / "levelground.duckdb")
    assert paths[0].stat().st_size == paths[1].stat().st_size
    paths[0].chmod(0o640)
    paths[0].write_bytes(paths[1].read_bytes())
    with pytest.raises(ReleaseCorrupt, match="its content differs from the sealed file"):
        verify(home, f"{RELEASE_ID[:-1]}1")


def test_a_manifest_without_one_of_the_files_is_noticed(home: Home, make_release: Callable[[int], Manifest]) -> None:
    manifest = make_release(3)
    less = manifest.model_copy(update={"files": {"levelground.duckdb": manifest.files["levelground.duckdb"]}})
    (home.release(manifest.release_id) / "manifest.json").write_text(less.model_dump_json())
    with pytest.raises(ReleaseCorrupt, match="does not list it"):
        verify(home, manifest.release_id)

"""The published release is damaged: readers get the newest whole release, and the next run builds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.connection import open_reader
from warehouse.paths import Home
from warehouse.releases import Manifest, current, known_releases, recover, swap

MakeRelease = Callable[[int], Manifest]


def write_noise(path: Path) -> None:
    """In place, so that the published link has it too."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"noise")


def published(home: Home) -> tuple[str | None, int]:
    released = current(home)
    with open_reader(home.published_analyst) as connection:
        row = connection.execute("select count(*) from marts.dim_department").fetchone()
    return (released.release_id if released else None), (row[0] if row else 0)


@pytest.mark.parametrize("file", ["levelground.duckdb", "exports/release.csv"])
def test_the_newest_whole_release_is_put_out_and_the_damaged_one_kept_aside(
    home: Home, make_release: MakeRelease, file: str
) -> None:
    old, middle, new = make_release(3), make_release(4), make_release(5)
    for release in (old, middle, new):
        swap(home, release.release_id)
    write_noise(home.release(new.release_id) / file)
    (home.release(middle.release_id) / "levelground.duckdb").unlink()
    (message,) = recover(home)
    assert message.startswith(
        f"The published release {new.release_id} was damaged ({file}" if file != "manifest.json" else "The pub"
    )
    assert message.endswith(f"published is now release {old.release_id}.")
    assert published(home) == (old.release_id, 3)
    assert known_releases(home) == [old.release_id, middle.release_id]
    assert [path.name for path in home.releases.glob(".damaged-*")] == [f".damaged-{new.release_id}"]
    assert recover(home) == []


def test_of_damaged_releases_one_stays(home: Home, make_release: MakeRelease) -> None:
    releases = [make_release(rows) for rows in (3, 4, 5)]
    for release in releases[:0:-1]:
        swap(home, release.release_id)
        write_noise(home.release(release.release_id) / "levelground.duckdb")
        recover(home)
    assert [path.name for path in home.releases.glob(".damaged-*")] == [f".damaged-{releases[1].release_id}"]


def test_without_another_one_nothing_is_out_until_the_next_release(home: Home, make_release: MakeRelease) -> None:
    only = make_release(3)
    swap(home, only.release_id)
    write_noise(home.release(only.release_id) / "levelground.duckdb")
    (message,) = recover(home)
    assert "no other valid release" in message
    assert current(home) is None
    assert home.published_analyst.exists()
    new = make_release(4)
    swap(home, new.release_id)
    assert published(home) == (new.release_id, 4)


@pytest.mark.parametrize("content", [b"{", None], ids=["cut off", "gone"])
def test_a_damaged_current_json_is_written_anew_for_what_is_out(
    home: Home, make_release: MakeRelease, content: bytes | None
) -> None:
    """After a rollback that is not the newest."""
    old, new = make_release(3), make_release(4)
    swap(home, new.release_id)
    swap(home, old.release_id)
    if content is None:
        home.current_json.unlink()
    else:
        home.current_json.write_bytes(content)
    assert recover(home)[-1] == f"Restored current.json for release {old.release_id}."
    assert published(home) == (old.release_id, 3)
    assert recover(home) == []

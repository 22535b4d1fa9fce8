"""What a home publishes, compared with a sealed release; and how a test damages a release."""

from __future__ import annotations

from collections.abc import Callable

from warehouse.connection import open_reader
from warehouse.paths import RELEASE_FILES, Home
from warehouse.releases import Manifest, current

MakeRelease = Callable[[int], Manifest]


def published_rows(home: Home) -> int:
    with open_reader(home.published_analyst) as connection:
        row = connection.execute("select count(*) from marts.dim_department").fetchone()
    assert row is not None
    return int(row[0])


def assert_published(home: Home, manifest: Manifest, rows: int) -> None:
    """Both files, `current.json` and what a reader sees are those of one release, and there is no other file."""
    published = current(home)
    assert published is not None
    assert published.release_id == manifest.release_id
    for name in RELEASE_FILES:
        assert (home.published / name).read_bytes() == (home.release(manifest.release_id) / name).read_bytes()
        assert (home.published / name).stat().st_mode & 0o777 == 0o440
    assert published_rows(home) == rows
    assert sorted(path.name for path in home.published.iterdir()) == ["current.json", "exports", *RELEASE_FILES]
    exported = {path.name: path.read_bytes() for path in home.published_exports.iterdir()}
    assert exported == {path.name: path.read_bytes() for path in (home.release(manifest.release_id) / "exports").iterdir()}
    assert set(exported) == set(manifest.exports)
    assert {path.stat().st_mode & 0o777 for path in home.published_exports.iterdir()} <= {0o440}
    assert [path.name for path in home.releases.iterdir() if path.name.startswith(".")] == []
    assert not home.swap_intent.exists()


def damage(home: Home, manifest: Manifest) -> None:
    """Truncates the public file of the release, by name: a published link to it keeps its bytes."""
    path = home.release(manifest.release_id) / "levelground_public.duckdb"
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.unlink()
    path.write_bytes(half)


def with_ledger(home: Home, make_release: MakeRelease, rows: int) -> Manifest:
    """A sealed release, with a ledger that names its release."""
    release = make_release(rows)
    folder = home.release(release.release_id) / home.disclosure.name
    folder.mkdir()
    (folder / home.ledger.name).write_text(str(rows))
    return release

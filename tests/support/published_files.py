"""Small sealed releases, what a home publishes of them, and how a test damages one."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import UTC, datetime

import duckdb

from tests.support.sealing import seal
from warehouse.connection import attach, detach, open_reader
from warehouse.paths import RELEASE_FILES, Home
from warehouse.releases import Candidate, Manifest, content_hash, current, new_release_id

MakeRelease = Callable[[int], Manifest]


def sealed(home: Home, rows: int, also: str = "") -> Manifest:
    """A release whose marts.dim_department has `rows` rows; it is not published. `also`: SQL of more tables."""
    candidate = Candidate.begin(home, f"run-{rows}")
    # without the spatial extension, which DuckDB takes 0.2 seconds of CPU to load
    with duckdb.connect(home.warehouse) as connection:
        home.warehouse.chmod(0o600)
        attach(connection, candidate.analyst_path, "release")
        attach(connection, candidate.public_path, "public")
        connection.execute("create schema release.marts; create schema public.published")
        connection.execute(f"create table release.marts.dim_department as select range as department from range({rows})")
        connection.execute(f"create table public.published.release as select {rows} as release_id")
        connection.execute(also)
        hashed = content_hash(connection, [("release", "marts"), ("public", "published")])
        detach(connection, "release")
        detach(connection, "public")
    exports = candidate.folder / "exports"
    exports.mkdir()
    for name in ("release.csv", "SHA256SUMS"):  # two files are enough: a swap is cut at every step
        (exports / name).write_text(f"{name} {rows}\n")
    created_at = datetime(2025, 12, 1, tzinfo=UTC)
    return seal(
        home,
        candidate,
        release_id=new_release_id(home, created_at, hashed),
        created_at=created_at,
        data_as_of=datetime(2025, 11, 30, 12, 0),
        code_version="0.1.0",
        content_hash=hashed,
        loads={"ucc__service_requests": ["00ff"]},
        versions={"duckdb": "1.5.5"},
        seeds_hash="ab",
    )


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


def refuse_links(*_: object, **__: object) -> None:
    """`os.link` on a file system without hard links."""
    raise OSError(errno.EPERM, "Operation not permitted")


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

"""A home and small releases in it, for the tests of `warehouse`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import attach, detach
from warehouse.paths import Home
from warehouse.releases import Candidate, Manifest, content_hash, new_release_id, seal

MakeRelease = Callable[[int], Manifest]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.ensure()
    return home


def sealed(home: Home, rows: int) -> Manifest:
    """A release whose marts.dim_department has `rows` rows; it is not published."""
    candidate = Candidate.begin(home, f"run-{rows}")
    # without the spatial extension, which DuckDB takes 0.2 seconds of CPU to load
    with duckdb.connect(home.warehouse) as connection:
        home.warehouse.chmod(0o600)
        attach(connection, candidate.analyst_path, "release")
        attach(connection, candidate.public_path, "public")
        connection.execute("create schema release.marts; create schema public.published")
        connection.execute(f"create table release.marts.dim_department as select range as department from range({rows})")
        connection.execute(f"create table public.published.release as select {rows} as release_id")
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


@pytest.fixture
def make_release(home: Home) -> MakeRelease:
    """Builds and seals a release of so many rows."""
    return partial(sealed, home)

"""What people and BI tools open: whether it is the release that it says, whole, and nothing beside it.

Here: comparing `published/` with the sealed release. Not here: putting it right (`warehouse.releases.recover`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestration.doctor.findings import Finding, Installation, ok, warning, wrong
from warehouse.fingerprint import file_sha256
from warehouse.lock import is_held
from warehouse.paths import CURRENT_FILE, EXPORTS, RELEASE_FILES, Home
from warehouse.releases import Manifest, ReleaseCorrupt, UnknownRelease, current, verify

RUN_AGAIN = "start a run, which puts them right (docs/runbook.md); else `levelground releases rollback ID`"


def published(installation: Installation) -> Iterator[Finding]:
    """The published files against the manifest of the release that they are of."""
    home = installation.settings.home
    try:
        out = current(home)
    except ReleaseCorrupt as error:
        yield wrong("published", home.current_json, str(error), "nobody can tell which release is out", RUN_AGAIN)
        return
    if out is None:
        yield ok("published", home.published, "nothing is released yet")
        return
    if home.swap_intent.exists() and is_held(home):
        yield ok("published", home.published, "a run is putting a new release in place; look again when it has ended")
        return
    if home.swap_intent.exists():
        why = "the published files may be of two releases"
        yield wrong("published", home.swap_intent, "a release was being put in place when its run was cut off", why, RUN_AGAIN)
    try:
        manifest = verify(home, out.release_id)
    except (ReleaseCorrupt, UnknownRelease) as error:
        yield wrong("published", home.release(out.release_id), str(error), "it is the release that is out", RUN_AGAIN)
        return
    damaged = list(_differing(home, manifest))
    for path, what in damaged:
        yield wrong("published", path, what, "readers get something else than was released", RUN_AGAIN)
    foreign = list(_foreign(home, manifest))
    for path in foreign:
        if path.suffix == ".wal":
            why = "a client opened the file for writing; DuckDB would replay this into what people read"
            yield wrong("published", path, "a write-ahead log of somebody else", why, f"close that client, then `rm {path}`")
        else:
            why = "people may take it for published data"
            yield warning("published", path, "is not of the release", why, "move it elsewhere")
    if not damaged and not foreign:
        yield ok("published", home.published, f"{out.release_id}, whole: bytes, tables and rows as sealed")


def _differing(home: Home, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    files = {name: manifest.files[name].sha256 for name in RELEASE_FILES}
    files |= {f"{EXPORTS}/{name}": record.sha256 for name, record in manifest.exports.items()}
    for name, sealed in files.items():
        path = home.published / name
        if not path.is_file():
            yield path, "is missing"
        elif not path.samefile(home.release(manifest.release_id) / name) and file_sha256(path) != sealed:
            yield path, f"is not that of {manifest.release_id}"


def _foreign(home: Home, manifest: Manifest) -> Iterator[Path]:
    ours = {*RELEASE_FILES, CURRENT_FILE, EXPORTS} | {f"{EXPORTS}/{name}" for name in manifest.exports}
    for folder in (home.published, home.published_exports):
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if str(path.relative_to(home.published)) not in ours)

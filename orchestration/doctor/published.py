"""Check that `published/` contains the current release, complete and unchanged, and no other file.

See `warehouse.releases.recover` for restoring it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from warehouse.fingerprint import file_sha256
from warehouse.lock import is_held
from warehouse.paths import CURRENT_FILE, EXPORTS, RELEASE_FILES, Home
from warehouse.releases import Manifest, ReleaseCorrupt, UnknownRelease, current, verify

RUN_AGAIN = "start a run, which restores them (docs/runbook.md); else `levelground releases rollback ID`"


def published(installation: Installation) -> Iterator[CheckResult]:
    """Compare the published files with the manifest of the current release."""
    home = installation.settings.home
    try:
        release = current(home)
    except ReleaseCorrupt as corrupt:
        yield error("published", home.current_json, str(corrupt), "the current release is unknown", RUN_AGAIN)
        return
    if release is None:
        yield ok("published", home.published, "no release is published yet")
        return
    if home.swap_intent.exists() and is_held(home):
        yield ok("published", home.published, "a run is publishing a new release; check again when it has ended")
        return
    if home.swap_intent.exists():
        why = "the published files may be from two releases"
        yield error("published", home.swap_intent, "a run was killed while it published a release", why, RUN_AGAIN)
    try:
        manifest = verify(home, release.release_id)
    except (ReleaseCorrupt, UnknownRelease) as corrupt:
        yield error("published", home.release(release.release_id), str(corrupt), "it is the current release", RUN_AGAIN)
        return
    damaged = list(_differing(home, manifest))
    for path, what in damaged:
        yield error("published", path, what, "readers get other data than was released", RUN_AGAIN)
    foreign = list(_foreign(home, manifest))
    for path in foreign:
        if path.suffix == ".wal":
            why = "a client opened the file for writing; DuckDB would replay the log into the published file"
            yield error(
                "published", path, "is the write-ahead log of another program", why, f"close that client, then `rm {path}`"
            )
        else:
            why = "readers may take it for published data"
            yield warning("published", path, "is not part of the release", why, "move it elsewhere")
    if not damaged and not foreign:
        yield ok("published", home.published, f"{release.release_id}, complete: bytes, tables and rows match the manifest")


def _differing(home: Home, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    files = {name: manifest.files[name].sha256 for name in RELEASE_FILES}
    files |= {f"{EXPORTS}/{name}": record.sha256 for name, record in manifest.exports.items()}
    for name, sealed in files.items():
        path = home.published / name
        if not path.is_file():
            yield path, "is missing"
        elif not path.samefile(home.release(manifest.release_id) / name) and file_sha256(path) != sealed:
            yield path, f"differs from {manifest.release_id}"


def _foreign(home: Home, manifest: Manifest) -> Iterator[Path]:
    ours = {*RELEASE_FILES, CURRENT_FILE, EXPORTS, home.published_scorecard.name} | {
        f"{EXPORTS}/{name}" for name in manifest.exports
    }
    for folder in (home.published, home.published_exports):
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if str(path.relative_to(home.published)) not in ours)

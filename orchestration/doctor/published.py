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
from warehouse.paths import CURRENT_FILE, EXPORTS, Home
from warehouse.releases import Manifest, ReleaseCorrupt, UnknownRelease, current, verify


def published(installation: Installation) -> Iterator[CheckResult]:
    """Compare the published files with the manifest of the current release."""
    home = installation.settings.home
    where: Path = home.current_json
    try:
        release = current(home)
        if release is None:
            yield ok(home.published, "no release is published yet")
            return
        if home.swap_intent.exists():
            if is_held(home):
                yield ok(home.published, "a run is publishing a new release; check again when it has ended")
                return
            why = "the published files may be from two releases"
            yield error(home.swap_intent, "a run was killed while it published a release", why=why)
        where = home.release(release.release_id)
        manifest = verify(home, release.release_id)
    except (ReleaseCorrupt, UnknownRelease) as corrupt:
        yield error(where, str(corrupt))
        return
    damaged, foreign = list(_differing(home, manifest)), list(_foreign(home, manifest))
    for path, what in damaged:
        yield error(path, what)
    for path in foreign:
        if path.suffix == ".wal":
            why = "a client opened the file for writing; DuckDB would replay the log into the published file"
            yield error(path, "is the write-ahead log of another program", f"close that client, then `rm {path}`", why)
        else:
            yield warning(path, "is not part of the release", "move it elsewhere", "readers may take it for published data")
    if not damaged and not foreign:
        yield ok(home.published, f"{release.release_id}, complete: bytes, tables and rows match the manifest")


def _differing(home: Home, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    files = {name: manifest.files[name].sha256 for name in manifest.databases}
    files |= {f"{EXPORTS}/{name}": record.sha256 for name, record in manifest.exports.items()}
    for name, sealed in files.items():
        path = home.published / name
        if not path.is_file():
            yield path, "is missing"
        elif not path.samefile(home.release(manifest.release_id) / name) and file_sha256(path) != sealed:
            yield path, f"differs from {manifest.release_id}"


def _foreign(home: Home, manifest: Manifest) -> Iterator[Path]:
    ours = {*manifest.databases, CURRENT_FILE, EXPORTS, home.published_scorecard.name, home.readers.name} | {
        f"{EXPORTS}/{name}" for name in manifest.exports
    }
    for folder in (home.published, home.published_exports):
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if str(path.relative_to(home.published)) not in ours)

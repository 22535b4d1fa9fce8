"""Check that the lake can be used, and that it has the parts of the current release.

See `levelground lake verify` for the content of the parts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from orchestration.doctor.check_result import CheckResult, error, ok
from orchestration.doctor.installation import Installation
from warehouse.connection import WarehouseError, check_extension
from warehouse.lake_files import part_files
from warehouse.lake_files.object_store import StoreUnusable, is_object
from warehouse.paths import Home
from warehouse.releases import ReleaseCorrupt, UnknownRelease, current, missing_part, read_manifest
from warehouse.releases.lake import OWNER

PROBE = "doctor.txt"


def lake(installation: Installation) -> Iterator[CheckResult]:
    """Write and delete a test object, and compare the sizes of the parts of the current release."""
    location, home = installation.settings.lake, installation.settings.home
    if location is None and not home.lakes.exists():
        yield ok("LEVELGROUND_LAKE", "not set: facts are tables of the release")
        return
    try:
        problem = _unusable(location, home) if location else None
        yield from _parts(home) if problem is None else [problem]
    except StoreUnusable as unusable:
        yield error(location or home.lakes, str(unusable))


def _unusable(location: str, home: Home) -> CheckResult | None:
    owner = part_files.read_text(f"{location}/{OWNER}")
    if owner is not None and owner.strip() != str(home.root):
        what = f"is the lake of the home {owner.strip()}"
        return error(location, what, "set LEVELGROUND_LAKE to a folder of its own for each home")
    if is_object(location):
        part_files.write_text(f"{location}/{PROBE}", "levelground doctor writes and deletes this object\n")
        part_files.delete(f"{location}/{PROBE}")
        try:
            check_extension("httpfs")
        except WarehouseError as refused:
            what = f"duckdb-extension-httpfs does not load: {refused}"
            return error(location, what, "install levelground[s3] of this version again")
        return None
    folder = next(path for path in (Path(location), *Path(location).parents) if path.exists())
    if folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return None
    remedy = "mount the disk, or give this user the folder; or change LEVELGROUND_LAKE"
    return error(folder, "this user cannot write to it", remedy)


def _parts(home: Home) -> Iterator[CheckResult]:
    try:
        release = current(home)
        manifest = read_manifest(home, release.release_id) if release else None
    except (ReleaseCorrupt, UnknownRelease):
        return  # the check `published` reports it
    if manifest is None or not manifest.parts:
        yield ok("the current release", "has no parts in a lake")
    elif (what := missing_part(manifest)) is not None:
        remedy = "restore it from a backup, or start a run, which publishes an intact release and builds the part again"
        yield error(manifest.release_id, what, remedy, "queries of this fact fail")
    else:
        size = sum(part.size for part in manifest.all_parts)
        where = ", ".join(sorted({part.file.rpartition("/")[0] for part in manifest.all_parts}))
        yield ok(where, f"the {len(manifest.all_parts)} parts of {manifest.release_id} exist ({size / 1e6:,.1f} MB)")

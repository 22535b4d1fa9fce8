"""Check that the lake can be used, and that it has the parts of the current release.

See `levelground lake verify` for the content of the parts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from orchestration.doctor.check_result import CheckResult, error, ok
from orchestration.doctor.installation import Installation
from warehouse import part_files
from warehouse.connection import WarehouseError, check_extension
from warehouse.object_store import StoreUnusable, is_object
from warehouse.paths import Home
from warehouse.releases import ReleaseCorrupt, UnknownRelease, current, missing_part, read_manifest
from warehouse.releases.lake import OWNER

PROBE = "doctor.txt"


def lake(installation: Installation) -> Iterator[CheckResult]:
    """Write and delete a test object, and compare the sizes of the parts of the current release."""
    location, home = installation.settings.lake, installation.settings.home
    if location is None and not home.lakes.exists():
        yield ok("lake", "LEVELGROUND_LAKE", "not set: facts are tables of the release")
        return
    try:
        problem = _unusable(location, home) if location else None
        if problem is not None:
            yield problem
            return
        yield from _parts(home)
    except StoreUnusable as unusable:
        why = "no run starts, and facts of the release cannot be read"
        yield error("lake", location or home.lakes, str(unusable), why, "do what it names (docs/scale.md)")


def _unusable(location: str, home: Home) -> CheckResult | None:
    owner = part_files.read_text(f"{location}/{OWNER}")
    if owner is not None and owner.strip() != str(home.root):
        what = f"is the lake of the home {owner.strip()}"
        return error("lake", location, what, "no run starts", "set LEVELGROUND_LAKE to a folder of its own for each home")
    if is_object(location):
        part_files.write_text(f"{location}/{PROBE}", "levelground doctor writes and deletes this object\n")
        part_files.delete(f"{location}/{PROBE}")
        try:
            check_extension("httpfs")
        except WarehouseError as refused:
            what = f"duckdb-extension-httpfs does not load: {refused}"
            return error("lake", location, what, "facts cannot be read", "install levelground[s3] of this version again")
        return None
    folder = next(path for path in (Path(location), *Path(location).parents) if path.exists())
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        remedy = "mount the disk, or give this user the folder; or change LEVELGROUND_LAKE"
        return error("lake", folder, "this user cannot write to it", "no run starts", remedy)
    return None


def _parts(home: Home) -> Iterator[CheckResult]:
    try:
        published = current(home)
        manifest = read_manifest(home, published.release_id) if published else None
    except (ReleaseCorrupt, UnknownRelease):
        return  # the check `published` reports it
    if manifest is None or not manifest.parts:
        yield ok("lake", "the current release", "has no parts in a lake")
    elif (why := missing_part(manifest)) is not None:
        remedy = "restore it from a backup, or start a run, which publishes an intact release and builds the part again"
        yield error("lake", manifest.release_id, why, "queries of this fact fail", remedy)
    else:
        size = sum(part.size for part in manifest.all_parts)
        where = ", ".join(sorted({part.file.rpartition("/")[0] for part in manifest.all_parts}))
        yield ok("lake", where, f"the {len(manifest.all_parts)} parts of {manifest.release_id} exist ({size / 1e6:,.1f} MB)")

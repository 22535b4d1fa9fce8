"""Repair releases at start-up: delete leftovers, complete an interrupted swap, and replace a damaged published release.

Call it under the run lock, because it changes files. See `swapping` for the swap, and `warehouse.quarantine` for the working
warehouse.
"""

from __future__ import annotations

import shutil

from warehouse.fingerprint import file_sha256
from warehouse.paths import RELEASE_FILES, Home
from warehouse.releases.manifest import ReleaseCorrupt, UnknownRelease, known_releases, read_intent, read_manifest
from warehouse.releases.sealing import find_damage, remove_leftovers
from warehouse.releases.swapping import REMOVING_PREFIX, Current, current, paired_files, swap

DAMAGED_PREFIX = ".damaged-"


def recover(home: Home) -> list[str]:
    """Repair the releases at start-up, under the run lock; one sentence per repair, none if nothing was wrong."""
    done = [f"Removed the unfinished release {name}." for name in remove_leftovers(home)]
    for folder in sorted(home.releases.glob(f"{REMOVING_PREFIX}*")):
        shutil.rmtree(folder)
        done.append(f"Finished removing the release {folder.name.removeprefix(REMOVING_PREFIX)}.")
    folders = (home.published, home.published_exports, home.releases)
    for path in sorted(path for folder in folders for path in folder.glob(".*.next")):
        path.unlink()
        done.append(f"Removed the leftover {path.name}.")
    try:
        published = current(home)
    except ReleaseCorrupt as error:
        published = None
        done.append(f"{error}.")
    if home.swap_intent.exists():
        done.append(_finish_swap(home, published))
    elif published is None and home.published_analyst.exists():
        done.append(_restore_current_json(home))
    elif published is not None and (why := find_damage(home, published.release_id)):
        done.append(_replace_damaged(home, published.release_id, why))
    elif published is not None and (fault := _fault(home, published.release_id)):
        done.append(_try(home, published.release_id, f"Published files were {fault}: restored"))
    return done


def _restore_current_json(home: Home) -> str:
    """Restore a missing or damaged `current.json`: for the release whose file is published, else the newest valid one."""
    known = known_releases(home)[::-1]
    out = [i for i in known if (home.release(i) / RELEASE_FILES[0]).exists()]
    out = [i for i in out if home.published_analyst.samefile(home.release(i) / RELEASE_FILES[0])]
    return _swap_to_first_good(home, [*out, *(i for i in known if i not in out)], "Restored current.json for")


def _replace_damaged(home: Home, release_id: str, why: str) -> str:
    """Move a damaged published release aside, and publish the newest valid one.

    The next run builds again, because the release of the last build is missing. Only the newest damaged release is kept.
    """
    for older in home.releases.glob(f"{DAMAGED_PREFIX}*"):
        shutil.rmtree(older)
    if home.release(release_id).exists():
        home.release(release_id).rename(home.releases / f"{DAMAGED_PREFIX}{release_id}")
    what = f"The published release {release_id} was damaged ({why}) and moved aside; published is now"
    return _swap_to_first_good(home, known_releases(home)[::-1], what)


def _swap_to_first_good(home: Home, candidates: list[str], what: str) -> str:
    for release_id in candidates:
        try:
            swap(home, release_id)
            return f"{what} release {release_id}."
        except (ReleaseCorrupt, UnknownRelease):
            home.swap_intent.unlink(missing_ok=True)
    home.current_json.unlink(missing_ok=True)
    return f"{what} none: there is no other valid release. The next run that is not blocked creates one."


def _fault(home: Home, release_id: str) -> str:
    """What the published files of an undamaged release are, if they are not those of the release; nothing if they are."""
    manifest = read_manifest(home, release_id)
    for source, target in paired_files(home, manifest):
        if not target.is_file():
            return "missing"
        if not target.samefile(source) and file_sha256(target) != (manifest.files | manifest.exports)[target.name].sha256:
            return "damaged"
    return ""


def _finish_swap(home: Home, published: Current | None) -> str:
    try:
        intent = read_intent(home)
        swap(home, intent.release_id, is_new=intent.is_new)
        return f"Completed the half-done swap to release {intent.release_id}."
    except (ReleaseCorrupt, UnknownRelease, ValueError) as error:
        if published is None:
            home.swap_intent.unlink()
            return f"Gave up a half-done swap ({error}); nothing was published before it."
        return _try(home, published.release_id, f"Gave up a half-done swap ({error}) and went back to")


def _try(home: Home, release_id: str, what: str) -> str:
    try:
        swap(home, release_id)
        return f"{what} release {release_id}."
    except (ReleaseCorrupt, UnknownRelease) as error:
        home.swap_intent.unlink(missing_ok=True)
        return f"{what} release {release_id} failed: {error}."

"""What a kill, a half swap or a bad disk left of releases, put right at start-up.

Belongs here: leftovers, a swap that was cut off, a published release that is damaged. Does not: the swap itself (`swapping`), the
working warehouse (`warehouse.quarantine`). All of it changes files and wants the run lock held.
"""

from __future__ import annotations

import shutil

from warehouse.paths import RELEASE_FILES, Home
from warehouse.releases.candidate import remove_leftovers
from warehouse.releases.manifest import ReleaseCorrupt, UnknownRelease, known_releases, read_manifest
from warehouse.releases.sealing import damage
from warehouse.releases.swap_intent import intended
from warehouse.releases.swapping import REMOVING_PREFIX, Current, current, swap

DAMAGED_PREFIX = ".damaged-"


def recover(home: Home) -> list[str]:
    """Put right what a kill left, at start-up under the run lock; what was done, in sentences, empty if nothing was wrong."""
    done = [f"Removed the unfinished release {name}." for name in remove_leftovers(home)]
    for folder in sorted(home.releases.glob(f"{REMOVING_PREFIX}*")):
        shutil.rmtree(folder)
        done.append(f"Finished removing the release {folder.name.removeprefix(REMOVING_PREFIX)}.")
    for path in sorted(
        path for folder in (home.published, home.published_exports, home.releases) for path in folder.glob(".*.next")
    ):
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
        done.append(_find_out_what_is_published(home))
    elif published is not None and (why := damage(home, published.release_id)):
        done.append(_leave_damaged(home, published.release_id, why))
    elif published is not None and not _is_whole(home, published.release_id):
        done.append(_try(home, published.release_id, "Published files were missing: put back"))
    return done


def _find_out_what_is_published(home: Home) -> str:
    """`current.json` is damaged or gone: the release whose file is out, else the newest that verifies."""
    known = known_releases(home)[::-1]
    out = [i for i in known if (home.release(i) / RELEASE_FILES[0]).exists()]
    out = [i for i in out if home.published_analyst.samefile(home.release(i) / RELEASE_FILES[0])]
    return _swap_to_first_good(home, [*out, *(i for i in known if i not in out)], "Wrote current.json anew for")


def _leave_damaged(home: Home, release_id: str, why: str) -> str:
    """What is out is damaged: publish the newest that is not, and put the damaged one where no list finds it.

    The run that follows builds again, since the release of the last build is gone. Of damaged ones only the last stays.
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
    return f"{what} none: there is no other release that verifies. The next run that is not blocked makes one."


def _is_whole(home: Home, release_id: str) -> bool:
    """Whether every file of the release has its name in `published/`; of one that cannot be read the two that all have."""
    try:
        exports = read_manifest(home, release_id).exports
    except (ReleaseCorrupt, UnknownRelease):
        exports = {}
    return all((home.published / name).exists() for name in RELEASE_FILES) and all(
        (home.published_exports / name).exists() for name in exports
    )


def _finish_swap(home: Home, published: Current | None) -> str:
    try:
        intent = intended(home)
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

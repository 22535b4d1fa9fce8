"""The releases that a home keeps: listing, going back to one, pinning, pruning.

Belongs here: which releases stay and which is chosen. Does not: how one is published (`swapping`).
All but listing change files and want the run lock held.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

from warehouse.files import write_atomically
from warehouse.paths import Home
from warehouse.releases.manifest import Manifest, ReleaseCorrupt, UnknownRelease, known_releases, read_manifest
from warehouse.releases.swapping import REMOVING_PREFIX, Current, current, swap


@dataclass(frozen=True)
class ListedRelease:
    """A release as lists show it. `manifest`: None if it cannot be read. `pin`: its label, '' without one, None unpinned."""

    release_id: str
    manifest: Manifest | None
    is_current: bool
    pin: str | None


def list_releases(home: Home) -> list[ListedRelease]:
    """The releases of the home, newest first. Manifests are read, files are not verified."""
    pinned = pins(home)
    try:
        published = _current_id(home)
    except ReleaseCorrupt:  # the list is what a rollback, the remedy, starts from
        published = None
    return [ListedRelease(i, _manifest(home, i), i == published, pinned.get(i)) for i in reversed(known_releases(home))]


def rollback(home: Home, release_id: str) -> Current:
    """Publish an earlier release again; UnknownRelease names those there are, ReleaseCorrupt leaves what is published."""
    return swap(home, release_id)


def pins(home: Home) -> dict[str, str]:
    """Labels of the pinned releases, by id."""
    if not home.pins.exists():
        return {}
    return {str(release_id): str(label) for release_id, label in json.loads(home.pins.read_bytes()).items()}


def pin(home: Home, release_id: str, label: str = "") -> None:
    """Keep a release for ever; again with another label changes the label."""
    known = known_releases(home)
    if release_id not in known:
        raise UnknownRelease(release_id, known)
    write_atomically(home.pins, json.dumps(pins(home) | {release_id: label}, indent=1) + "\n")


def is_pinned(home: Home, release_id: str) -> bool:
    """Whether the release is kept for ever."""
    return release_id in pins(home)


def prune(home: Home, keep: int) -> list[str]:
    """Remove all releases but the newest `keep`, the pinned ones and the published one; the removed ids, oldest first."""
    if keep < 1:
        raise ValueError(f"keep is {keep}; at least one release must stay")
    known = known_releases(home)
    stay = {*known[-keep:], *pins(home), _current_id(home)}
    removed = [release_id for release_id in known if release_id not in stay]
    for release_id in removed:
        away = home.releases / f"{REMOVING_PREFIX}{release_id}"
        home.release(release_id).rename(away)  # gone from every list before the first file goes
        shutil.rmtree(away)
    return removed


def _manifest(home: Home, release_id: str) -> Manifest | None:
    try:
        return read_manifest(home, release_id)
    except ReleaseCorrupt:
        return None


def _current_id(home: Home) -> str | None:
    published = current(home)
    return published.release_id if published else None

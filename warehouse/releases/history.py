"""List, find, pin, prune and roll back the releases of a home.

Functions that change files must be called under the run lock. See `swapping` for publishing a release, and `differences` for
comparing two.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import WarehouseError, attach, in_memory
from warehouse.files import write_atomically
from warehouse.paths import PUBLIC_FILE, Home
from warehouse.releases.manifest import RELEASE_ID, Manifest, ReleaseCorrupt, UnknownRelease, known_releases, read_manifest
from warehouse.releases.sealing import verify
from warehouse.releases.swapping import REMOVING_PREFIX, Current, current, swap

CURRENT = "current"
LONGEST_LABEL = 60
_POINTS = ("value", "ci_low", "ci_high")  # of a median, which are points of its grid


class PinsDamaged(Exception):
    """The file of pinned releases cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} cannot be read, and no release is deleted until it can. Restore it from a backup, or delete it and pin the "
            "releases again: `levelground releases pin ID --label TEXT`"
        )


class ReleaseDiscloses(ValueError):
    """A release of an earlier version publishes exact medians, which are the amounts of single persons."""

    def __init__(self, release_id: str, measures: list[str]) -> None:
        super().__init__(
            f"release {release_id} cannot be published again: its medians of {', '.join(measures)} are exact amounts of single "
            "persons, which later releases round. `levelground run` makes a new release, and `levelground releases list` names "
            "the others"
        )


class LabelTaken(ValueError):
    """The label belongs to another release, or the release has another label."""


@dataclass(frozen=True)
class ListedRelease:
    """A release in a list. `manifest`: None if it cannot be read. `pin`: its label, '' without one, None if not pinned."""

    release_id: str
    manifest: Manifest | None
    is_current: bool
    pin: str | None


@dataclass(frozen=True)
class UnpinnedQuarter:
    """A quarter without an edition. `releases_left`: the newest release of it is deleted by that many further releases."""

    quarter: str
    release_id: str
    releases_left: int

    @property
    def sentence(self) -> str:
        """What happens, and the command to type."""
        further = "the next release deletes" if self.releases_left == 1 else f"{self.releases_left} further releases delete"
        return (
            f"{self.quarter} has no pinned release, and {further} the last one of it; "
            f"`levelground releases pin {self.release_id} --label {self.quarter}` keeps it"
        )


def list_releases(home: Home) -> list[ListedRelease]:
    """The releases of the home, newest first. Manifests are read, files are not verified."""
    pinned = pins(home)
    try:
        published = _current_id(home)
    except ReleaseCorrupt:  # the fix is a rollback, which needs this list
        published = None
    return [ListedRelease(i, _manifest(home, i), i == published, pinned.get(i)) for i in reversed(known_releases(home))]


def rollback(home: Home, release_id: str) -> Current:
    """Publish an earlier release again.

    UnknownRelease names the known ones; ReleaseDiscloses and ReleaseCorrupt change no published file.
    """
    read_manifest(home, release_id)  # UnknownRelease
    if measures := _exact_medians(home, release_id):
        raise ReleaseDiscloses(release_id, measures)
    return swap(home, release_id)


def _exact_medians(home: Home, release_id: str) -> list[str]:
    """The measures whose medians of persons are on the grid in the current release, and exact in the public file of this one."""
    tables = "('now', 'reference', 'order_statistics'), ('kept', 'published', 'equity_measures')"
    exact = " or ".join(f"figures.{name} / grids.grid <> round(figures.{name} / grids.grid)" for name in _POINTS)
    query = (
        "select distinct measure_id from kept.published.equity_measures as figures "
        f"inner join now.reference.order_statistics as grids using (measure_id) where {exact} order by all"
    )
    with in_memory() as con:
        try:
            attach(con, home.published_analyst, "now", read_only=True)
            attach(con, home.release(release_id) / PUBLIC_FILE, "kept", read_only=True)
        except WarehouseError:
            return []  # what is published is damaged, and a rollback repairs it; `swap` verifies the release
        names = "(database_name, schema_name, table_name)"
        known = con.execute(f"select count(*) from duckdb_tables() where {names} in ({tables})").fetchone()
        return [str(measure) for (measure,) in con.execute(query).fetchall()] if known == (2,) else []


def pins(home: Home) -> dict[str, str]:
    """The labels of pinned releases, by release id. PinsDamaged if the file cannot be read."""
    try:
        return {str(release_id): str(label) for release_id, label in json.loads(home.pins.read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError):
        raise PinsDamaged(home.pins) from None


def find(home: Home, name: str) -> str:
    """The id of the release with this id or label, or of the published one for `current`; else UnknownRelease."""
    known = known_releases(home)
    if name in known:
        return name
    labeled = [release_id for release_id, label in pins(home).items() if label and label.casefold() == name.casefold()]
    published = _current_id(home) if name == CURRENT else None
    found = [release_id for release_id in (*labeled, published) if release_id in known]
    if not found:
        raise UnknownRelease(name, [*known, *(label for label in pins(home).values() if label)])
    return str(found[0])


def pin(home: Home, release_id: str, label: str = "") -> None:
    """Verify a release and keep it for ever, under a unique label. A pin cannot be removed.

    Pinning again changes nothing; a release pinned without a label may get one. LabelTaken if the label belongs to another
    release, or the release has another label; ValueError for an invalid label; UnknownRelease; ReleaseCorrupt if it is damaged.
    """
    label = label.strip()
    if label and (len(label) > LONGEST_LABEL or not label.isprintable() or RELEASE_ID.fullmatch(label) or label == CURRENT):
        raise ValueError(f"{label!r} is no label: use up to {LONGEST_LABEL} printable characters, no release id, not {CURRENT!r}")
    verify(home, release_id)
    pinned = pins(home)
    owner = next((other for other, labels in pinned.items() if label and labels.casefold() == label.casefold()), None)
    if owner not in (None, release_id):
        raise LabelTaken(f"the label {label!r} belongs to release {owner}; choose another")
    if label and pinned.get(release_id, label) not in ("", label):
        raise LabelTaken(f"release {release_id} has the label {pinned[release_id]!r}, which publications may cite, so it stays")
    write_atomically(home.pins, json.dumps(pinned | {release_id: label or pinned.get(release_id, "")}, indent=1) + "\n")


def prune(home: Home, keep: int) -> list[str]:
    """Delete all releases except the newest `keep`, the pinned and the published ones; the deleted ids, oldest first."""
    if keep < 1:
        raise ValueError(f"keep is {keep}; at least one release must stay")
    known = known_releases(home)
    try:
        stay = {*known[-keep:], *pins(home), _current_id(home)}
    except PinsDamaged:
        return []  # the list of releases and `levelground doctor` name the file
    removed = [release_id for release_id in known if release_id not in stay]
    for release_id in removed:
        away = home.releases / f"{REMOVING_PREFIX}{release_id}"
        home.release(release_id).rename(away)  # not listed any more before its first file is deleted
        shutil.rmtree(away)
    return removed


def unpinned_quarters(home: Home, keep: int, now: dt.datetime) -> list[UnpinnedQuarter]:
    """The quarters before this one of which no release is pinned, and the newest release of each that is still there.

    A release belongs to the quarter in which it was built; a label with the quarter in it (`2026Q3`, `Q3 2026`) pins it, too.
    """
    try:
        pinned = pins(home)
    except PinsDamaged:
        return []  # `levelground doctor` names the file
    known = known_releases(home)
    labels = " ".join("".join(character for character in label.casefold() if character.isalnum()) for label in pinned.values())
    newest = {_quarter(dt.date(int(release_id[:4]), int(release_id[4:6]), 1)): release_id for release_id in known}
    done = {_quarter(dt.date(int(release_id[:4]), int(release_id[4:6]), 1)) for release_id in pinned}
    return [
        UnpinnedQuarter(f"{year}Q{quarter}", release_id, max(keep - (len(known) - 1 - known.index(release_id)), 1))
        for (year, quarter), release_id in sorted(newest.items())
        if (year, quarter) < _quarter(now)
        and (year, quarter) not in done
        and not any(name in labels for name in (f"{year}q{quarter}", f"q{quarter}{year}"))
    ]


def _quarter(day: dt.date) -> tuple[int, int]:
    return day.year, (day.month + 2) // 3


def _manifest(home: Home, release_id: str) -> Manifest | None:
    try:
        return read_manifest(home, release_id)
    except ReleaseCorrupt:
        return None


def _current_id(home: Home) -> str | None:
    published = current(home)
    return published.release_id if published else None

"""Releases: immutable pairs of database files, written, verified, swapped in, kept and rolled back to.

candidate → exporting → sealing → swapping is the way of a run, recovery puts right what was cut off or damaged; history is what
people do afterwards, differences and causes what they ask of two; manifest and content are what all rest on.
"""

from warehouse.releases.candidate import STORAGE_VERSION, Candidate
from warehouse.releases.change_attribution import Cause, Explained, causes, explain
from warehouse.releases.content_hash import content_hash
from warehouse.releases.differences import Change, Differences, MeasureDifference, compare
from warehouse.releases.exports import write_exports
from warehouse.releases.history import LabelTaken, ListedRelease, find, is_pinned, list_releases, pin, pins, prune, rollback
from warehouse.releases.manifest import (
    ExportRecord,
    FileRecord,
    MadeOf,
    Manifest,
    NodeFingerprint,
    ReleaseCorrupt,
    UnknownRelease,
    known_releases,
    new_release_id,
    read_manifest,
    release_moment,
)
from warehouse.releases.recovery import recover
from warehouse.releases.sealing import seal, verify
from warehouse.releases.swapping import Current, current, swap

__all__ = [
    "STORAGE_VERSION",
    "Candidate",
    "Cause",
    "Change",
    "Current",
    "Differences",
    "Explained",
    "ExportRecord",
    "FileRecord",
    "LabelTaken",
    "ListedRelease",
    "MadeOf",
    "Manifest",
    "MeasureDifference",
    "NodeFingerprint",
    "ReleaseCorrupt",
    "UnknownRelease",
    "causes",
    "compare",
    "content_hash",
    "current",
    "explain",
    "find",
    "is_pinned",
    "known_releases",
    "list_releases",
    "new_release_id",
    "pin",
    "pins",
    "prune",
    "read_manifest",
    "recover",
    "release_moment",
    "rollback",
    "seal",
    "swap",
    "verify",
    "write_exports",
]

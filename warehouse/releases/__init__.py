"""Releases: immutable pairs of database files, written, verified, swapped in, kept and rolled back to.

candidate → seal → swap is the way of a run; history is what people do afterwards; manifest and content are what both rest on.
"""

from warehouse.releases.candidate import STORAGE_VERSION, Candidate
from warehouse.releases.content import content_hash
from warehouse.releases.history import ListedRelease, is_pinned, list_releases, pin, pins, prune, rollback
from warehouse.releases.manifest import (
    FileRecord,
    Manifest,
    ReleaseCorrupt,
    UnknownRelease,
    known_releases,
    new_release_id,
    read_manifest,
)
from warehouse.releases.sealing import seal, verify
from warehouse.releases.swapping import Current, current, recover, swap

__all__ = [
    "STORAGE_VERSION",
    "Candidate",
    "Current",
    "FileRecord",
    "ListedRelease",
    "Manifest",
    "ReleaseCorrupt",
    "UnknownRelease",
    "content_hash",
    "current",
    "is_pinned",
    "known_releases",
    "list_releases",
    "new_release_id",
    "pin",
    "pins",
    "prune",
    "read_manifest",
    "recover",
    "rollback",
    "seal",
    "swap",
    "verify",
]

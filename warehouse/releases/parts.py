"""Compare the parts of a release, Parquet files in the lake, with its manifest. See `compaction` for merging them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from warehouse import part_files
from warehouse.paths import Home
from warehouse.releases.manifest import Manifest, PartRecord, ReleaseCorrupt, known_releases, read_manifest


def find_damaged_part(manifest: Manifest, *, reread: bool = False) -> str | None:
    """The first part of a release that is missing or differs from its manifest, as a sentence; None if all are as sealed.

    `reread`: compares the bytes of objects in S3 as well, not only the hash that the store recorded.
    """
    for part in manifest.all_parts:
        if (why := _damage(part, reread)) is not None:
            return why
    return None


def missing_part(manifest: Manifest) -> str | None:
    """The first part of a release that is missing or has another size; reads no part."""
    return next((why for part in manifest.all_parts if (why := wrong_size(part)) is not None), None)


def sealed_parts(home: Home) -> dict[str, PartRecord]:
    """The parts of all kept releases that exist with their sealed size, by their file; a damaged manifest has none."""
    found: dict[str, PartRecord] = {}
    for release_id in known_releases(home):
        with suppress(ReleaseCorrupt):
            found |= {part.file: part for part in read_manifest(home, release_id).all_parts}
    return {file: part for file, part in found.items() if wrong_size(part) is None}


def part_record(file: str | Path, rows: int) -> PartRecord:
    """The record of a part as it is stored."""
    size = part_files.size(str(file))
    if size is None:
        raise FileNotFoundError(str(file))
    return PartRecord(file=str(file), rows=rows, sha256=part_files.sha256(str(file)), size=size)


def wrong_size(part: PartRecord) -> str | None:
    """Why a part is not as it was sealed, as far as its size shows."""
    size = part_files.size(part.file)
    if size is None:
        return f"the part {part.file} is missing"
    return f"the part {part.file} has {size} bytes, {part.size} when sealed" if size != part.size else None


def _damage(part: PartRecord, reread: bool) -> str | None:
    changed = f"the part {part.file} differs from the sealed file; delete it, and the next run builds it again"
    return wrong_size(part) or (changed if part_files.sha256(part.file, reread=reread) != part.sha256 else None)

"""Compare the parts of a release, Parquet files in the lake, with its manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from warehouse import part_files
from warehouse.object_store import is_object
from warehouse.paths import Home
from warehouse.releases.manifest import Manifest, PartRecord, ReleaseCorrupt, known_releases, read_manifest

REQUESTS_AT_ONCE = 16


def find_damaged_part(manifest: Manifest, *, reread: bool = False) -> str | None:
    """The first part of a release that is missing or differs from its manifest, as a sentence; None if all are as sealed.

    `reread`: compares the bytes of objects in S3 as well, not only the hash that the store recorded.
    """
    parts = manifest.all_parts
    wrong = next(wrong_sizes(parts), None)
    if wrong is not None or not parts:
        return wrong
    # a store answers many requests at once
    with ThreadPoolExecutor(REQUESTS_AT_ONCE if is_object(parts[0].file) else 1) as pool:
        return next((why for why in pool.map(lambda part: _damage(part, reread), parts) if why is not None), None)


def missing_part(manifest: Manifest) -> str | None:
    """The first part of a release that is missing or has another size; reads no part."""
    return next(wrong_sizes(manifest.all_parts), None)


def sealed_parts(home: Home) -> dict[str, PartRecord]:
    """The parts of all kept releases that exist with their sealed size, by their file; a damaged manifest has none."""
    found: dict[str, PartRecord] = {}
    for release_id in known_releases(home):
        with suppress(ReleaseCorrupt):
            found |= {part.file: part for part in read_manifest(home, release_id).all_parts}
    return as_sealed(found.values())


def part_record(file: str | Path, rows: int) -> PartRecord:
    """The record of a part as it is stored."""
    size = part_files.size(str(file))
    if size is None:
        raise FileNotFoundError(str(file))
    return PartRecord(file=str(file), rows=rows, sha256=part_files.sha256(str(file)), size=size)


def as_sealed(parts: Collection[PartRecord]) -> dict[str, PartRecord]:
    """The parts that exist with their sealed size, by their file."""
    sizes = part_files.sizes(part.file for part in parts)
    return {part.file: part for part in parts if sizes.get(part.file) == part.size}


def wrong_sizes(parts: Collection[PartRecord]) -> Iterator[str]:
    """A sentence per part that is missing or has another size than when it was sealed."""
    sizes = part_files.sizes(part.file for part in parts)
    for part in parts:
        size = sizes.get(part.file)
        if size is None:
            yield f"the part {part.file} is missing"
        elif size != part.size:
            yield f"the part {part.file} has {size} bytes, {part.size} when sealed"


def _damage(part: PartRecord, reread: bool) -> str | None:
    if part_files.sha256(part.file, reread=reread) == part.sha256:
        return None
    return f"the part {part.file} differs from the sealed file; delete it, and the next run builds it again"

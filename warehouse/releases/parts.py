"""Compare the parts of a release, Parquet files in the lake, with its manifest. See `lake` for the folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from warehouse.fingerprint import file_sha256
from warehouse.paths import Home
from warehouse.releases.manifest import Manifest, PartRecord, ReleaseCorrupt, known_releases, read_manifest


def find_damaged_part(manifest: Manifest) -> str | None:
    """The first part of a release that is missing or differs from its manifest, as a sentence; None if all are as sealed."""
    for part in manifest.all_parts:
        if (why := _damage(part)) is not None:
            return why
    return None


def missing_part(manifest: Manifest) -> str | None:
    """The first part of a release that is missing or has another size; reads no part."""
    return next((why for part in manifest.all_parts if (why := _wrong_size(part)) is not None), None)


def sealed_parts(home: Home) -> dict[str, PartRecord]:
    """The parts of all kept releases that exist with their sealed size, by their file; a damaged manifest has none."""
    found: dict[str, PartRecord] = {}
    for release_id in known_releases(home):
        with suppress(ReleaseCorrupt):
            found |= {part.file: part for part in read_manifest(home, release_id).all_parts if _wrong_size(part) is None}
    return found


def part_record(path: Path, rows: int) -> PartRecord:
    """The record of a part as it is on disk."""
    return PartRecord(file=str(path), rows=rows, sha256=file_sha256(path), size=path.stat().st_size)


def _wrong_size(part: PartRecord) -> str | None:
    path = Path(part.file)
    if not path.is_file():
        return f"the part {path} is missing"
    size = path.stat().st_size
    return f"the part {path} has {size} bytes, {part.size} when sealed" if size != part.size else None


def _damage(part: PartRecord) -> str | None:
    changed = f"the part {part.file} differs from the sealed file; delete it, and the next run builds it again"
    return _wrong_size(part) or (changed if file_sha256(Path(part.file)) != part.sha256 else None)

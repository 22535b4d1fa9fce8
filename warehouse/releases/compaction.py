"""Merge the parts of the current release that no longer change into larger ones, which the next release reads in their place.

A merged part contains the rows of its parts in their order, so that no row and no hash of a release changes. Releases keep the
parts that they list. A run uses a merged part as long as it needs all that it contains. See `lake` for deleting parts.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse import part_files
from warehouse.connection import in_memory, read_objects
from warehouse.files import write_atomically
from warehouse.fingerprint import text_sha256
from warehouse.object_store import is_object
from warehouse.paths import Home
from warehouse.releases.manifest import Manifest, PartRecord, ReleaseCorrupt, known_releases, read_manifest
from warehouse.releases.parts import as_sealed, missing_part, part_record
from warehouse.releases.swapping import current
from warehouse.sql import literal

# one request can write five gigabytes to S3
BYTES_AT_MOST = 4 * 1024**3


class NoRoom(Exception):
    """The disk has less room than the merged parts need."""

    def __init__(self, folder: Path, needed: int, free: int) -> None:
        super().__init__(
            f"the merged parts need about {needed / 1e6:,.1f} MB, and {folder} has {free / 1e6:,.1f} MB free; nothing was "
            "written. `levelground lake prune` deletes what no kept release needs; --rows merges fewer parts at once"
        )


@dataclass(frozen=True)
class Merge:
    """Parts of a view that become one. `view`: its `schema.name`. `file`: the merged part."""

    view: str
    parts: tuple[PartRecord, ...]
    file: str

    @property
    def rows(self) -> int:
        """The rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def size(self) -> int:
        """The bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def contains(self) -> tuple[str, ...]:
        """The files of parts as tasks have built them."""
        return tuple(file for part in self.parts for file in part.contains or (part.file,))


def plan_compaction(home: Home, rows_at_most: int) -> list[Merge]:
    """The merges of neighbouring parts of the current release. A part is left alone until a later release has kept it.

    ReleaseCorrupt if a part of the current release is missing.
    """
    manifest = _current_manifest(home)
    if manifest is None:
        return []
    if (why := missing_part(manifest)) is not None:
        raise ReleaseCorrupt(manifest.release_id, "lake", why)
    earlier = {part.file for other in _earlier(home, manifest) for part in other.all_parts}
    waiting = {file for merged in compacted_parts(home).values() for file in merged.contains}
    return [
        Merge(view, tuple(group), _merged_file(group))
        for view, parts in manifest.parts.items()
        for group in _groups(parts, earlier, waiting, rows_at_most)
    ]


def compact(home: Home, merges: Sequence[Merge], *, memory_limit: str | None = None, threads: int | None = None) -> None:
    """Write the merged parts, and record them for the next run; call it under the run lock.

    NoRoom before anything is written; ReleaseCorrupt if a merged part has other rows than its parts.
    """
    _check_room(home, merges)
    for merge in merges:
        record = _write(home, merge, {"memory_limit": memory_limit, "threads": threads})
        _record(home, {**compacted_parts(home), record.file: record})


def compacted_parts(home: Home) -> dict[str, PartRecord]:
    """The merged parts that the next release may use, by their file: the current release lists all that each contains."""
    try:
        found = [PartRecord.model_validate(fields) for fields in json.loads(home.compacted_parts.read_bytes())]
    except FileNotFoundError:
        return {}
    manifest = _current_manifest(home)
    listed = {file for part in manifest.all_parts for file in part.contains or (part.file,)} if manifest else set()
    return as_sealed([part for part in found if listed.issuperset(part.contains)])


def forget_compacted(home: Home) -> None:
    """Forget the merged parts that no release lists, for example because records were removed from what they contain."""
    home.compacted_parts.unlink(missing_ok=True)


def with_merged_parts(parts: Mapping[int, str], kept: Mapping[str, PartRecord]) -> dict[int, str]:
    """Partition → the file to read: a kept merged part wherever all that it contains is needed, the largest first."""
    numbers = {file: number for number, file in parts.items()}
    found = dict(parts)
    for merged in sorted(kept.values(), key=lambda part: len(part.contains), reverse=True):
        if merged.contains and all(file in numbers for file in merged.contains):
            found |= {numbers.pop(file): merged.file for file in merged.contains}
    return found


def changed_by_compaction(home: Home, manifest: Manifest) -> set[str]:
    """The views of the release, as `schema.name`, of which merged parts are ready."""
    files = {file for merged in compacted_parts(home).values() for file in merged.contains}
    return {view for view, parts in manifest.parts.items() if not files.isdisjoint(part.file for part in parts)}


def _current_manifest(home: Home) -> Manifest | None:
    try:
        published = current(home)
        return read_manifest(home, published.release_id) if published else None
    except ReleaseCorrupt:
        return None


def _earlier(home: Home, manifest: Manifest) -> Iterator[Manifest]:
    for release_id in known_releases(home):
        if release_id < manifest.release_id:
            yield read_manifest(home, release_id)


def _groups(parts: Sequence[PartRecord], earlier: set[str], waiting: set[str], rows_at_most: int) -> Iterator[list[PartRecord]]:
    """Runs of two or more neighbouring parts that fit into one."""
    group: list[PartRecord] = []
    for part in parts:
        stays = part.file in earlier and part.file not in waiting
        fits = sum(p.rows for p in group) + part.rows <= rows_at_most and sum(p.size for p in group) + part.size <= BYTES_AT_MOST
        if group and not (stays and fits):
            if len(group) > 1:
                yield group
            group = []
        if stays:
            group.append(part)
    if len(group) > 1:
        yield group


def _merged_file(group: Sequence[PartRecord]) -> str:
    folder = group[0].file.rpartition("/")[0]
    return f"{folder}/merged-{text_sha256(chr(0).join(part.file for part in group))[:25]}.parquet"


def _check_room(home: Home, merges: Sequence[Merge]) -> None:
    """Files in a folder stay there together; those of a store are on this disk one at a time."""
    needed: dict[Path, int] = {}
    for merge in merges:
        if is_object(merge.file):
            needed[home.temporary] = max(needed.get(home.temporary, 0), merge.size)
        else:
            folder = Path(merge.file).parent
            needed[folder] = needed.get(folder, 0) + merge.size
    for folder in needed:
        free = shutil.disk_usage(folder).free
        total = sum(size for other, size in needed.items() if other.stat().st_dev == folder.stat().st_dev)
        if free < total:
            raise NoRoom(folder, total, free)


def _write(home: Home, merge: Merge, settings: Mapping[str, object]) -> PartRecord:
    with in_memory() as con:
        for name, value in {**settings, "temp_directory": home.temporary}.items():
            if value is not None:
                con.execute(f"set {name} = {literal(str(value))}")
        read_objects(con, [part.file for part in merge.parts])
        before = _rows_of(part.file for part in merge.parts)
        with part_files.written(merge.file, home.temporary) as path:
            con.execute(f"copy (from {before}) to {literal(str(path))} (format parquet, compression zstd)")
            content = "select count(*), sum(hash(merged)) from {} as merged"
            if len({con.execute(content.format(rows)).fetchone() for rows in (before, _rows_of([str(path)]))}) > 1:
                why = f"a part of {merge.view} could not be merged without changing its rows; nothing was replaced"
                raise ReleaseCorrupt(f"that reads {merge.view}", "lake", why)
    return part_record(merge.file, merge.rows).model_copy(update={"contains": merge.contains})


def _rows_of(files: Iterator[str] | Sequence[str]) -> str:
    return f"read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false)"


def _record(home: Home, parts: Mapping[str, PartRecord]) -> None:
    text = json.dumps([part.model_dump(mode="json") for part in parts.values()], indent=1)
    write_atomically(home.compacted_parts, f"{text}\n")

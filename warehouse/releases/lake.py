"""Keep the parts of facts as Parquet files outside the home, in a folder or in S3, and find those that no release needs.

A release that was built with a lake contains a view per fact over its parts; its manifest lists each part with its SHA-256. Parts
never change, except when records are removed (`rewriting`). Parts that no release lists are deleted by `levelground lake prune`,
and when records are removed. See `warehouse.lake_files` for reading and writing the files.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from warehouse.files import write_atomically
from warehouse.lake_files import part_files
from warehouse.lake_files.object_store import is_object
from warehouse.paths import SHARED, Home
from warehouse.releases.manifest import Manifest, PartRecord, ReleaseCorrupt, known_releases, read_manifest

OWNER = "home.txt"
REQUESTS_AT_ONCE = 16


class LakeOfAnotherHome(Exception):
    """The lake belongs to another home, whose parts `prune` would delete."""

    def __init__(self, location: str, owner: str) -> None:
        super().__init__(f"{location} is the lake of the home {owner}; set LEVELGROUND_LAKE to a folder of its own for each home")


@dataclass(frozen=True)
class Lake:
    """The place of the parts of one home: an absolute path, or `s3://bucket/prefix`."""

    location: str

    def claim(self, home: Home) -> None:
        """Create the lake for this home, which remembers it. LakeOfAnotherHome if it belongs to another one."""
        if not is_object(self.location):
            Path(self.location).mkdir(mode=SHARED, parents=True, exist_ok=True)
        owner = f"{self.location}/{OWNER}"
        found = part_files.read_text(owner)
        if found is None:
            part_files.write_text(owner, f"{home.root}\n")
        elif found.strip() != str(home.root):
            raise LakeOfAnotherHome(self.location, found.strip())
        known = lakes(home)
        if self not in known:
            write_atomically(home.lakes, json.dumps([lake.location for lake in (*known, self)], indent=1) + "\n")

    def part(self, fact: str, fingerprint: str) -> str:
        """The file of a part: equal inputs give the same name."""
        if not is_object(self.location):
            part_files.make_folder(Path(self.location) / fact)
        return f"{self.location}/{fact}/{fingerprint}.parquet"


def remove_unneeded(home: Home) -> list[str]:
    """Delete the parts that no release of the home lists: of deleted releases, failed runs and killed workers.

    Call it under the run lock. ReleaseCorrupt if a manifest cannot be read.
    """
    needed = {part.file for release_id in known_releases(home) for part in read_manifest(home, release_id).all_parts}
    files = [file for lake in lakes(home) for file in part_files.files_below(lake.location) if file not in needed]
    for file in files:
        part_files.delete(file)
    return files


def lakes(home: Home) -> list[Lake]:
    """The lakes that this home has used; none without an engine."""
    try:
        return [Lake(location) for location in json.loads(home.lakes.read_bytes())]
    except FileNotFoundError:
        return []


def damaged_parts(parts: Collection[PartRecord], *, reread: bool = False) -> Iterator[tuple[str, str]]:
    """The file of each part that is missing or differs from its manifest, and a sentence; other sizes first.

    `reread`: compares the bytes of objects in S3 as well, not only the hash that the store recorded.
    """
    wrong = dict(_wrong_sizes(parts))
    yield from wrong.items()
    whole = [part for part in parts if part.file not in wrong]
    # a store answers many requests at once
    with ThreadPoolExecutor(REQUESTS_AT_ONCE if whole and is_object(whole[0].file) else 1) as pool:
        for part, found in zip(whole, pool.map(lambda part: part_files.sha256(part.file, reread=reread), whole), strict=True):
            if found != part.sha256:
                yield part.file, f"the part {part.file} differs from the sealed file"


def missing_part(manifest: Manifest) -> str | None:
    """The first part of a release that is missing or has another size; reads no part."""
    return next((why for _, why in _wrong_sizes(manifest.all_parts)), None)


def sealed_parts(home: Home, *, reread: bool = False) -> dict[str, PartRecord]:
    """The parts of all kept releases that exist as sealed, by their file: with that size, or with `reread` those bytes.

    A damaged manifest has none.
    """
    found: dict[str, PartRecord] = {}
    for release_id in known_releases(home):
        with suppress(ReleaseCorrupt):
            found |= {part.file: part for part in read_manifest(home, release_id).all_parts}
    damaged = dict((damaged_parts if reread else _wrong_sizes)(found.values()))
    return {file: part for file, part in found.items() if file not in damaged}


def part_record(file: str | Path, rows: int) -> PartRecord:
    """The record of a part as it is stored."""
    size = part_files.size(str(file))
    if size is None:
        raise FileNotFoundError(str(file))
    return PartRecord(file=str(file), rows=rows, sha256=part_files.sha256(str(file)), size=size)


def _wrong_sizes(parts: Collection[PartRecord]) -> Iterator[tuple[str, str]]:
    """The file of each part that is missing or has another size than when it was sealed, and a sentence."""
    sizes = part_files.sizes(part.file for part in parts)
    for part in parts:
        size = sizes.get(part.file)
        if size is None:
            yield part.file, f"the part {part.file} is missing"
        elif size != part.size:
            yield part.file, f"the part {part.file} has {size} bytes, {part.size} when sealed"

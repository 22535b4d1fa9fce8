"""Keep the parts of facts as Parquet files outside the home, in a folder or in S3, and find those that no release needs.

A release that was built with a lake contains a view per fact over its parts; its manifest lists each part with its SHA-256. Parts
never change, except when records are removed (`rewriting`). Parts that no release lists are deleted by `levelground lake prune`,
and when records are removed. `part_files` reads and writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from warehouse import part_files
from warehouse.files import write_atomically
from warehouse.object_store import is_object
from warehouse.paths import SHARED, Home
from warehouse.releases.manifest import Manifest, known_releases, read_manifest

OWNER = "home.txt"


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

    def unneeded(self, needed: Collection[str]) -> list[str]:
        """The files of the lake that are not needed: of deleted releases, failed runs and killed workers."""
        return [file for file in part_files.files_below(self.location) if file not in needed]


def needed_parts(manifests: Iterable[Manifest]) -> set[str]:
    """The files that the releases list."""
    return {part.file for manifest in manifests for part in manifest.all_parts}


def remove_unneeded(home: Home) -> list[str]:
    """Delete the parts that no release of the home lists; call it under the run lock. ReleaseCorrupt if one cannot be read."""
    needed = needed_parts(read_manifest(home, release_id) for release_id in known_releases(home))
    files = [file for lake in lakes(home) for file in lake.unneeded(needed)]
    for file in files:
        part_files.delete(file)
    return files


def lakes(home: Home) -> list[Lake]:
    """The lakes that this home has used; none without an engine."""
    try:
        return [Lake(location) for location in json.loads(home.lakes.read_bytes())]
    except FileNotFoundError:
        return []

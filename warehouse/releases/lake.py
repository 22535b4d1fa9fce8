"""Keep the parts of facts as Parquet files in a folder outside the home, and find those that no release needs.

A release that was built with a lake contains a view per fact over its parts; its manifest lists each part with its SHA-256. Parts
never change, except when records are removed (`rewriting`). Parts that no release lists are deleted by `levelground lake prune`,
and when records are removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from warehouse.files import write_atomically
from warehouse.paths import SHARED, Home
from warehouse.releases.manifest import Manifest, known_releases, read_manifest

OWNER = "home.txt"


class LakeOfAnotherHome(Exception):
    """The folder belongs to another home, whose parts `prune` would delete."""

    def __init__(self, folder: Path, owner: str) -> None:
        super().__init__(f"{folder} is the lake of the home {owner}; set LEVELGROUND_LAKE to a folder of its own for each home")


@dataclass(frozen=True)
class Lake:
    """The folder of the parts of one home."""

    folder: Path

    def claim(self, home: Home) -> None:
        """Create the folder for this home, which remembers it. LakeOfAnotherHome if it belongs to another one."""
        self.folder.mkdir(mode=SHARED, parents=True, exist_ok=True)
        owner = self.folder / OWNER
        if not owner.exists():
            write_atomically(owner, f"{home.root}\n")
        found = owner.read_text(encoding="utf-8").strip()
        if found != str(home.root):
            raise LakeOfAnotherHome(self.folder, found)
        known = lakes(home)
        if self not in known:
            write_atomically(home.lakes, json.dumps([str(lake.folder) for lake in (*known, self)], indent=1) + "\n")

    def part(self, fact: str, fingerprint: str) -> Path:
        """The file of a part, in a folder that exists: equal inputs give the same name."""
        folder = self.folder / fact
        if not folder.is_dir():
            folder.mkdir()
            folder.chmod(SHARED)  # the umask of a run is for private files
        return folder / f"{fingerprint}.parquet"

    def unneeded(self, manifests: Iterable[Manifest]) -> list[Path]:
        """The files of the lake that none of the releases lists: of deleted releases, failed runs and killed workers."""
        needed = {part.file for manifest in manifests for part in manifest.all_parts}
        files = sorted(path for path in self.folder.glob("*/*") if path.is_file())
        return [path for path in files if str(path) not in needed]


def remove_unneeded(home: Home) -> list[Path]:
    """Delete the parts that no release of the home lists; call it under the run lock. ReleaseCorrupt if one cannot be read."""
    manifests = [read_manifest(home, release_id) for release_id in known_releases(home)]
    files = [path for lake in lakes(home) for path in lake.unneeded(manifests)]
    for path in files:
        path.unlink()
    return files


def lakes(home: Home) -> list[Lake]:
    """The lakes that this home has used; none without an engine."""
    try:
        return [Lake(Path(folder)) for folder in json.loads(home.lakes.read_bytes())]
    except FileNotFoundError:
        return []

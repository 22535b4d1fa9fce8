"""Create and discard a candidate release: two database files in a temporary folder, into which a run builds.

See `sealing` for turning a candidate into a release.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import BLOCK_SIZE, create_empty
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, RELEASE_FILES, Home

PREFIX = ".candidate-"
# The format of the oldest DuckDB that docs/connect names. v1.0.0 stores 1.4 kB of statistics for each column of an empty table.
# Tested in 2026-12: DuckDB 1.1.3 reads every cell.
STORAGE_VERSION = "v1.1.0"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Candidate:
    """The candidate release of a run."""

    folder: Path
    run_id: str

    @classmethod
    def begin(cls, home: Home, run_id: str, base: Path | None = None, block_size: int = BLOCK_SIZE) -> Candidate:
        """Create a candidate with two databases: the analyst file as a copy of `base`, if given; else empty.

        Call it under the run lock: it deletes the candidates of killed runs.
        """
        if _RUN_ID.fullmatch(run_id) is None:
            raise ValueError(f"{run_id!r} is not a run id: letters, digits, - and _ only")
        remove_leftovers(home)
        candidate = cls(home.releases / f"{PREFIX}{run_id}", run_id)
        candidate.folder.mkdir(mode=0o700)
        for name in RELEASE_FILES:
            if name == ANALYST_FILE and base is not None:
                # a copy, because a link would let dbt write into the release
                shutil.copyfile(base, candidate.folder / name)
                candidate.analyst_path.chmod(0o600)
            else:
                create_empty(candidate.folder / name, STORAGE_VERSION, block_size)
        return candidate

    @property
    def analyst_path(self) -> Path:
        """The database for `marts`, `reference`, `quality` and `stats`."""
        return self.folder / ANALYST_FILE

    @property
    def public_path(self) -> Path:
        """The database for `published` and `stats`."""
        return self.folder / PUBLIC_FILE

    def discard(self) -> None:
        """Delete the candidate, if it still exists."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


def remove_leftovers(home: Home) -> list[str]:
    """Delete every candidate in the home, under the run lock; return their names."""
    leftovers = sorted(home.releases.glob(f"{PREFIX}*"))
    for folder in leftovers:
        shutil.rmtree(folder)
    return [folder.name for folder in leftovers]

"""A release in the making: two database files under a temporary name, which a run attaches and builds into.

Belongs here: making and discarding it. Does not: what is built (dbt), or turning it into a release (`sealing`).
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import create_empty
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, RELEASE_FILES, Home

PREFIX = ".candidate-"
# The oldest format that DuckDB 1.5 writes, no larger than the newer ones, so that BI tools with an older DuckDB in them open a
# release. Tried 2026-11: DuckDB 1.1.3 and 1.2.2 read all of it; 1.0.0 does unless a table has a primary key, unique or index.
STORAGE_VERSION = "v1.0.0"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Candidate:
    """The candidate release of a run."""

    folder: Path
    run_id: str

    @classmethod
    def begin(cls, home: Home, run_id: str, after: str | None = None) -> Candidate:
        """A candidate with two databases, the analyst's a copy of the one in the release `after`, else both empty.

        Under the run lock: what killed runs left behind is removed.
        """
        if _RUN_ID.fullmatch(run_id) is None:
            raise ValueError(f"{run_id!r} is not a run id: letters, digits, - and _ only")
        remove_leftovers(home)
        candidate = cls(home.releases / f"{PREFIX}{run_id}", run_id)
        candidate.folder.mkdir(mode=0o700)
        for name in RELEASE_FILES:
            if name == ANALYST_FILE and after is not None:
                # a copy: no file that is written to is ever linked
                shutil.copyfile(home.release(after) / name, candidate.folder / name)
                candidate.analyst_path.chmod(0o600)
            else:
                create_empty(candidate.folder / name, STORAGE_VERSION)
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
        """Remove it, if it is still there."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


def remove_leftovers(home: Home) -> list[str]:
    """Remove every candidate in the home, under the run lock; the names of those there were."""
    leftovers = sorted(home.releases.glob(f"{PREFIX}*"))
    for folder in leftovers:
        shutil.rmtree(folder)
    return [folder.name for folder in leftovers]

"""The folders of a benchmark: cities, nightly deliveries, homes of full runs, and the home of each measured run.

This module also decides how long a folder may be reused.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.settings import DBT_PROJECT
from orchestration.transform.dbt_project import files_fingerprint
from orchestration.transform.release_inputs import code_version
from tests.bench.city.making import Nightly, make_city, make_nightly
from tests.support.released_content import released_content

# Settings of measured runs; no other LEVELGROUND_… variable reaches them.
KEPT_SETTINGS = ("LEVELGROUND_MEMORY_LIMIT", "LEVELGROUND_THREADS", "LEVELGROUND_HASH_KEY")


@dataclass
class Bench:
    """The folders of a benchmark, all below one."""

    folder: Path
    nightlies: dict[int, Nightly] = field(default_factory=dict)

    def city(self, rows: int) -> Path:
        return self.folder / f"city-{rows}"

    def night(self, rows: int) -> Path:
        return self.folder / f"nightly-{rows}"

    def kept(self, rows: int) -> Path:
        """The home of a full run, unchanged."""
        return self.folder / f"home-{rows}"

    def pasted(self, rows: int) -> Path:
        return self.folder / f"pasted-{rows}"

    @property
    def home(self) -> Path:
        """The home of every measured run."""
        return self.folder / "home"

    def prepare(self, rows: int) -> None:
        """Make the inputs of all contenders, outside all timing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        make_city(self.city(rows), rows)
        self.nightlies[rows] = make_nightly(self.city(rows), self.night(rows))
        mark = self._mark(rows)
        if not mark.is_file() or mark.read_text() != _code():
            for outdated in (self.kept(rows), self.pasted(rows)):
                shutil.rmtree(outdated, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """The machine's environment, with only the home and the measured settings of Levelground."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("LEVELGROUND_", "DAGSTER_"))}
        settings = {name: os.environ[name] for name in KEPT_SETTINGS if name in os.environ}
        return own | settings | {"LEVELGROUND_HOME": str(self.home)}

    def content_hash(self, rows: int) -> str:
        """The content of the release of the city."""
        return released_content(self.kept(rows))

    def keep_home(self, rows: int) -> None:
        """Keep the home of a full run, with the hash of its code: other code cannot use it."""
        shutil.rmtree(self.kept(rows), ignore_errors=True)
        shutil.copytree(self.home, self.kept(rows), symlinks=True)
        self._mark(rows).write_text(_code())

    def _mark(self, rows: int) -> Path:
        return self.folder / f"home-{rows}.code"

    def copy_home(self, rows: int) -> None:
        """Copy the kept home to the path of the measured runs."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.kept(rows), self.home, symlinks=True)


def _code() -> str:
    return f"{code_version()} {files_fingerprint(DBT_PROJECT)}"
